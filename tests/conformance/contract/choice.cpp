#include "tests/conformance/contract/parts.hpp"
#include "tests/conformance/contract/world.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace chihaya::test::contract {

void choice(const MakeTrackerDriver& make) {
    Tracker tracker(make);

    SUBCASE("a leecher is handed seeders and leechers, never itself") {
        tracker.announce(from(ipv4(1), nothing_left));
        tracker.announce(from(ipv4(2), some_left));
        for (int i = 0; i < 20; ++i) {
            CHECK(same_set(tracker.announce(from(ipv4(3), some_left)).ipv4, {ipv4(1), ipv4(2)}));
        }
    }

    SUBCASE("who asks for leechers is handed no seeder, but partial seeds") {
        tracker.announce(from(ipv4(1), nothing_left));
        tracker.announce(from(ipv4(2), some_left, Event::paused));
        tracker.announce(from(ipv4(3), some_left));
        tracker.announce(from(ipv4(4), some_left));
        tracker.announce(from(ipv4(4), nothing_left, Event::completed));
        tracker.announce(from(ipv4(6), nothing_left));
        tracker.announce(from(ipv4(6), some_left));
        const Reply reply =
            tracker.announce(with_flags(from(ipv4(5), nothing_left), AnnounceFlags::only_leechers));
        CHECK(same_set(reply.ipv4, {ipv4(2), ipv4(3), ipv4(6)}));
    }

    SUBCASE("who asks for leechers is handed those of both families") {
        tracker.announce(from(ipv4(1), ipv6(1), some_left));
        tracker.announce(from(ipv6(2), nothing_left));
        const Reply reply =
            tracker.announce(with_flags(from(ipv4(3), nothing_left), AnnounceFlags::only_leechers));
        CHECK(reply.ipv4 == std::vector{ipv4(1)});
        CHECK(reply.ipv6 == std::vector{ipv6(1)});
    }

    SUBCASE("num_want is an upper bound, and zero means none") {
        for (unsigned last = 1; last <= 9; ++last) {
            tracker.announce(from(ipv4(last), some_left));
            tracker.announce(from(ipv6(last), some_left));
        }
        const Reply reply = tracker.announce(wanting(from(ipv4(10), some_left), 4, 0));
        CHECK(reply.ipv4.size() == 4);
        CHECK(reply.ipv6.empty());
        const Reply nobody = tracker.announce(wanting(from(ipv4(10), some_left), 0, 0));
        CHECK(nobody.ipv4.empty());
        CHECK(nobody.ipv6.empty());
        CHECK(nobody.counts.leechers == 19);
    }

    SUBCASE("who wants more than there are is handed everybody else") {
        for (unsigned last = 1; last <= 100; ++last) {
            tracker.announce(from(ipv4(last), last % 2 == 0 ? nothing_left : some_left));
        }
        CHECK(tracker.announce(wanting(from(ipv4(1), some_left), 200, 200)).ipv4.size() == 99);
    }

    SUBCASE("a hidden peer is counted and handed to nobody, until it shows itself") {
        const AnnounceRequest shy =
            with_flags(from(ipv4(1), ipv6(1), some_left), AnnounceFlags::hidden);
        tracker.announce(shy);
        const Reply reply = tracker.announce(from(ipv4(2), some_left));
        CHECK(reply.counts.leechers == 2);
        CHECK(reply.ipv4.empty());
        CHECK(reply.ipv6.empty());
        tracker.announce(from(ipv4(1), ipv6(1), some_left));
        CHECK(tracker.announce(from(ipv4(2), some_left)).ipv4 == std::vector{ipv4(1)});
        tracker.announce(shy);
        CHECK(tracker.announce(from(ipv4(2), some_left)).ipv4.empty());
    }

    SUBCASE("a hidden peer is handed others") {
        tracker.announce(from(ipv4(1), some_left));
        CHECK(tracker.announce(with_flags(from(ipv4(2), some_left), AnnounceFlags::hidden)).ipv4 ==
              std::vector{ipv4(1)});
    }

    SUBCASE("clients of one account are handed to others, not to each other") {
        tracker.announce(with_account(from(ipv4(1), ipv6(1), nothing_left), 7, 'A'));
        tracker.announce(with_account(from(ipv4(2), some_left), 7, 'B'));
        tracker.announce(with_account(from(ipv4(3), some_left), 8));
        const Reply own = tracker.announce(with_account(from(ipv4(4), some_left), 7, 'C'));
        CHECK(own.counts == SwarmCounts{.seeders = 1, .leechers = 3});
        CHECK(own.ipv4 == std::vector{ipv4(3)});
        CHECK(own.ipv6.empty());
        CHECK(same_set(tracker.announce(with_account(from(ipv4(3), some_left), 8)).ipv4,
                       {ipv4(1), ipv4(2), ipv4(4)}));
    }

    SUBCASE("a peer that left is handed to nobody") {
        for (unsigned last = 1; last <= 9; ++last) {
            tracker.announce(from(ipv4(last), some_left));
        }
        tracker.announce(from(ipv4(4), some_left, Event::stopped));
        tracker.announce(from(ipv4(9), some_left, Event::stopped));
        const auto found = tracker.announce(from(ipv4(1), some_left)).ipv4;
        CHECK(found.size() == 6);
        CHECK_FALSE(contains(found, ipv4(4)));
        CHECK_FALSE(contains(found, ipv4(9)));
    }

    SUBCASE("a swarm's peers are handed out in that swarm only") {
        tracker.announce(from(ipv4(1), some_left));
        CHECK(tracker.announce(in_swarm(from(ipv4(2), some_left), debian)).ipv4.empty());
    }
}

void peer_ids(const MakeTrackerDriver& make) {
    TrackerSetup setup = plain_setup();
    setup.keep_peer_ids = true;
    Tracker tracker(make, setup);
    const auto wanted = AnnounceFlags::want_peer_ids;

    SUBCASE("peer ids come in the order of the endpoints, and only when asked for") {
        for (unsigned last = 1; last <= 9; ++last) {
            tracker.announce(from(ipv4(last), last % 2 == 0 ? nothing_left : some_left));
            tracker.announce(from(ipv6(last), some_left));
        }
        // Some come, some go, some finish: the order gets a chance to break.
        tracker.announce(from(ipv4(1), some_left, Event::stopped));
        tracker.announce(from(ipv4(3), nothing_left, Event::completed));
        tracker.announce(from(ipv4(4), some_left));
        tracker.announce(from(ipv6(2), some_left, Event::stopped));

        const AnnounceRequest request = from(ipv4(10), some_left);
        CHECK_FALSE(tracker.announce(request).has_peer_ids);
        for (int i = 0; i < 20; ++i) {
            const Reply reply = tracker.announce(with_flags(request, wanted));
            REQUIRE(reply.has_peer_ids);
            REQUIRE(reply.ipv4.size() == 8);
            REQUIRE(reply.ipv6.size() == 8);
            for (std::size_t k = 0; k < 8; ++k) {
                CHECK(reply.ipv4_ids[k] == from(reply.ipv4[k], 0).peer_id);
                CHECK(reply.ipv6_ids[k] == from(reply.ipv6[k], 0).peer_id);
            }
        }
    }

    SUBCASE("a dual-stacked peer has one id in both families") {
        tracker.announce(from(ipv4(1), ipv6(1), some_left));
        const Reply reply = tracker.announce(with_flags(from(ipv4(2), some_left), wanted));
        REQUIRE(reply.has_peer_ids);
        CHECK(reply.ipv4_ids == std::vector{from(ipv4(1), 0).peer_id});
        CHECK(reply.ipv6_ids == std::vector{from(ipv4(1), 0).peer_id});
    }

    SUBCASE("a peer that calls itself something new is handed out under its new id") {
        AnnounceRequest request = from(ipv4(1), some_left);
        tracker.announce(request);
        request.peer_id = {{'n', 'e', 'w'}};
        tracker.announce(request);
        const Reply reply = tracker.announce(with_flags(from(ipv4(2), some_left), wanted));
        CHECK(reply.ipv4_ids == std::vector{request.peer_id});
    }

    SUBCASE("an account's client is handed out under its id") {
        tracker.announce(with_account(from(ipv4(1), some_left), 7, 'Q'));
        const Reply reply = tracker.announce(with_flags(from(ipv4(2), some_left), wanted));
        CHECK(reply.ipv4_ids == std::vector{PeerId{{'-', 'Q'}}});
    }
}

}  // namespace chihaya::test::contract
