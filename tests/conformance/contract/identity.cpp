#include "tests/conformance/contract/parts.hpp"
#include "tests/conformance/contract/world.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace chihaya::test::contract {
namespace {

void without_account(Tracker& tracker) {
    SUBCASE("without an account a peer is its address and port, whatever it calls itself") {
        AnnounceRequest request = from(ipv4(1), some_left);
        tracker.announce(request);
        request.peer_id = {{'?'}};
        request.key = 7;
        CHECK(tracker.announce(request).counts.leechers == 1);
        request.ipv4.wire[5] ^= 1;
        CHECK(tracker.announce(request).counts.leechers == 2);
        request.ipv4.wire[0] = 11;
        CHECK(tracker.announce(request).counts.leechers == 3);
    }

    SUBCASE("two ports of one address are two peers, and meet") {
        AnnounceRequest other = from(ipv4(1), some_left);
        other.ipv4.wire[4] ^= 1;
        tracker.announce(other);
        CHECK(tracker.announce(from(ipv4(1), some_left)).ipv4 == std::vector{other.ipv4});
    }

    SUBCASE("nobody can end another's stay with a copied peer id") {
        const AnnounceRequest victim = from(ipv4(1), some_left);
        tracker.announce(victim);
        AnnounceRequest attack = from(ipv4(2), some_left, Event::stopped);
        attack.peer_id = victim.peer_id;
        CHECK(tracker.announce(attack).counts.leechers == 1);
    }

    SUBCASE("a peer that gave both addresses is known by its IPv4 address") {
        tracker.announce(from(ipv4(1), ipv6(1), some_left));
        const Reply reply = tracker.announce(from(ipv4(1), some_left));
        CHECK(reply.history.known);
        CHECK(reply.counts.leechers == 1);
        const AnnounceRequest other = from(ipv4(2), ipv6(1), some_left);
        CHECK(tracker.announce(wanting(other, 0, 0)).counts.leechers == 2);
    }

    SUBCASE("the two families are two peers to one who names them one at a time") {
        tracker.announce(from(ipv4(1), some_left));
        CHECK(tracker.announce(from(ipv6(1), some_left)).counts.leechers == 2);
    }
}

void with_an_account(Tracker& tracker) {
    SUBCASE("with an account a peer is user and peer id, wherever it is") {
        tracker.announce(with_account(from(ipv4(1), some_left), 7));
        CHECK(tracker.announce(with_account(from(ipv4(2), some_left), 7)).counts.leechers == 1);
        CHECK(tracker.announce(with_account(from(ipv4(3), some_left), 8)).counts.leechers == 2);
        CHECK(tracker.announce(with_account(from(ipv4(4), some_left), 8, 'B')).counts.leechers ==
              3);
        CHECK(tracker.announce(with_account(from(ipv6(4), some_left), 8, 'B')).counts.leechers ==
              3);
    }

    SUBCASE("a moved peer is handed out at its new address only") {
        tracker.announce(with_account(from(ipv4(1), some_left), 7));
        tracker.announce(with_account(from(ipv4(2), some_left), 7));
        CHECK(tracker.announce(from(ipv4(3), some_left)).ipv4 == std::vector{ipv4(2)});
    }

    SUBCASE("a peer that comes home is handed out once") {
        tracker.announce(with_account(from(ipv4(1), some_left), 7));
        tracker.announce(with_account(from(ipv4(2), some_left), 7));
        tracker.announce(with_account(from(ipv4(1), some_left), 7));
        CHECK(tracker.announce(from(ipv4(3), some_left)).ipv4 == std::vector{ipv4(1)});
    }

    SUBCASE("stopped ends the stay from any address, and both families with it") {
        tracker.announce(with_account(from(ipv4(1), ipv6(1), some_left), 7));
        CHECK(tracker.announce(with_account(from(ipv4(2), some_left, Event::stopped), 7)).counts ==
              SwarmCounts{});
        const Reply reply = tracker.visit();
        CHECK(reply.ipv4.empty());
        CHECK(reply.ipv6.empty());
    }

    SUBCASE("after stopped an account's peer is new") {
        tracker.announce(with_account(from(ipv4(1), some_left), 7));
        tracker.announce(with_account(from(ipv4(1), some_left, Event::stopped), 7));
        CHECK_FALSE(tracker.announce(with_account(from(ipv4(1), some_left), 7)).history.known);
    }

    SUBCASE("an account's history is its own in every swarm") {
        tracker.announce(with_account(from(ipv4(1), some_left), 7));
        CHECK_FALSE(tracker.announce(in_swarm(with_account(from(ipv4(1), some_left), 7), debian))
                        .history.known);
    }

    SUBCASE("large account numbers are told apart") {
        constexpr std::uint64_t large = std::uint64_t{1} << 63U;
        tracker.announce(with_account(from(ipv4(1), some_left), large + 1));
        tracker.announce(with_account(from(ipv4(2), some_left), 1));
        CHECK(tracker.announce(with_account(from(ipv4(3), some_left), large + 2)).counts.leechers ==
              3);
    }
}

void one_family_after_the_other(Tracker& tracker, const AnnounceRequest& over_ipv4,
                                const AnnounceRequest& then) {
    tracker.announce(over_ipv4);
    tracker.let_pass(lifetime / 2);
    CHECK(tracker.announce(then).counts.leechers == 1);
    CHECK(contains(tracker.visit().ipv6, ipv6(1)));
    CHECK(contains(tracker.visit().ipv4, ipv4(1)));

    // From now on one family alone is announced; the other's time runs out.
    const bool keeps_ipv4 = then.ipv4.present();
    for (int i = 0; i < 5; ++i) {
        tracker.announce(then);
        tracker.let_pass(lifetime / 4);
    }
    tracker.announce(then);
    const Reply reply = tracker.visit();
    CHECK(contains(reply.ipv4, ipv4(1)) == keeps_ipv4);
    CHECK(contains(reply.ipv6, ipv6(1)) != keeps_ipv4);
    CHECK(tracker.scrape().leechers == 1);
}

}  // namespace

void identity(const MakeTrackerDriver& make) {
    Tracker tracker(make);
    without_account(tracker);
    with_an_account(tracker);

    SUBCASE("a peer with an account and one without are two, even at one address") {
        tracker.announce(from(ipv4(1), some_left));
        const AnnounceRequest other = with_account(from(ipv4(1), some_left), 7);
        const Reply reply = tracker.announce(wanting(other, 0, 0));
        CHECK_FALSE(reply.history.known);
        CHECK(reply.counts.leechers == 2);
    }
}

void families(const MakeTrackerDriver& make) {
    Tracker tracker(make);

    SUBCASE("peers of both families are one swarm, counted together") {
        tracker.announce(from(ipv4(1), nothing_left));
        CHECK(tracker.announce(from(ipv6(2), some_left)).counts ==
              SwarmCounts{.seeders = 1, .leechers = 1});
    }

    SUBCASE("a dual-stacked client is one peer and is handed out in both families") {
        CHECK(tracker.announce(from(ipv4(1), ipv6(1), some_left)).counts.leechers == 1);
        const Reply reply = tracker.announce(from(ipv4(2), some_left));
        CHECK(reply.counts.leechers == 2);
        CHECK(reply.ipv4 == std::vector{ipv4(1)});
        CHECK(reply.ipv6 == std::vector{ipv6(1)});
    }

    SUBCASE("a dual-stacked client is handed itself in neither family") {
        tracker.announce(from(ipv4(1), ipv6(1), some_left));
        const Reply reply = tracker.announce(from(ipv4(1), some_left));
        CHECK(reply.ipv4.empty());
        CHECK(reply.ipv6.empty());
    }

    SUBCASE("an account's other family, announced before, is not handed to itself") {
        tracker.announce(with_account(from(ipv6(1), some_left), 7));
        CHECK(tracker.announce(with_account(from(ipv4(1), some_left), 7)).ipv6.empty());
    }

    SUBCASE("an account that announces over one family and then the other keeps both, for a time") {
        one_family_after_the_other(tracker, with_account(from(ipv4(1), some_left), 7),
                                   with_account(from(ipv6(1), some_left), 7));
    }

    SUBCASE("a peer that named both families and then one keeps the other for a time") {
        one_family_after_the_other(tracker, from(ipv4(1), ipv6(1), some_left),
                                   from(ipv4(1), some_left));
    }

    SUBCASE("a new endpoint replaces the old one of its family") {
        tracker.announce(from(ipv4(1), ipv6(1), some_left));
        tracker.announce(from(ipv4(1), ipv6(2), some_left));
        CHECK(tracker.visit().ipv6 == std::vector{ipv6(2)});
    }

    SUBCASE("num_want bounds each family by itself") {
        for (unsigned last = 1; last <= 9; ++last) {
            tracker.announce(from(ipv4(last), ipv6(last), some_left));
        }
        const Reply reply = tracker.announce(wanting(from(ipv4(10), some_left), 3, 5));
        CHECK(reply.ipv4.size() == 3);
        CHECK(reply.ipv6.size() == 5);
    }

    SUBCASE("who asks for its own families only is handed no other") {
        tracker.announce(from(ipv4(1), ipv6(1), some_left));
        const auto own = AnnounceFlags::own_families_only;
        const Reply over_ipv4 = tracker.announce(with_flags(from(ipv4(2), some_left), own));
        CHECK(over_ipv4.ipv4 == std::vector{ipv4(1)});
        CHECK(over_ipv4.ipv6.empty());
        const Reply over_ipv6 = tracker.announce(with_flags(from(ipv6(2), some_left), own));
        CHECK(over_ipv6.ipv4.empty());
        CHECK(over_ipv6.ipv6 == std::vector{ipv6(1)});
        const Reply both = tracker.announce(with_flags(from(ipv4(3), ipv6(3), some_left), own));
        CHECK(same_set(both.ipv4, {ipv4(1), ipv4(2)}));
        CHECK(same_set(both.ipv6, {ipv6(1), ipv6(2)}));
    }

    SUBCASE("a family announced before is one's own as long as it is kept") {
        tracker.announce(from(ipv4(1), ipv6(1), some_left));
        const auto own = AnnounceFlags::own_families_only;
        tracker.announce(with_account(from(ipv6(2), some_left), 7));
        const Reply reply =
            tracker.announce(with_flags(with_account(from(ipv4(2), some_left), 7), own));
        CHECK(reply.ipv4 == std::vector{ipv4(1)});
        CHECK(reply.ipv6 == std::vector{ipv6(1)});
    }
}

}  // namespace chihaya::test::contract
