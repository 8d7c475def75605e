#include "tests/conformance/contract/parts.hpp"
#include "tests/conformance/contract/world.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace chihaya::test::contract {
namespace {

constexpr seconds since{100};

/// Client 'A' of account 7, as a site remembers it: hidden, from nowhere.
PeerRecord remembered(Tracker& tracker, PeerFlags flags = PeerFlags::none, std::uint64_t user = 7) {
    const auto at = std::chrono::floor<seconds>(tracker.clock().now()) - since;
    return {.user = UserId{user},
            .peer_id = {{'-', 'A'}},
            .uploaded = 70,
            .downloaded = 80,
            .left = has(flags, PeerFlags::seeder) ? nothing_left : some_left,
            .corrupt = 3,
            .first_announce = at - seconds(50),
            .last_announce = at,
            .announces = 9,
            .flags = flags | PeerFlags::hidden};
}

void add(Tracker& tracker, const std::vector<PeerRecord>& peers) {
    REQUIRE(tracker.driver().add_peers({.info_hash = ubuntu}, peers).ok());
}

AnnounceRequest back(Ipv4Endpoint endpoint, std::uint64_t left, Event event = Event::none) {
    return with_account(from(endpoint, left, event), 7);
}

}  // namespace

void remembering(const MakeTrackerDriver& make) {
    Mourner mourner;
    TrackerSetup setup = plain_setup();
    setup.expiry = &mourner;
    Tracker tracker(make, setup);

    SUBCASE("peers without an address are counted and handed to nobody") {
        add(tracker, {remembered(tracker, PeerFlags::seeder), remembered(tracker, {}, 8),
                      remembered(tracker, PeerFlags::paused, 9)});
        CHECK(tracker.scrape() == SwarmCounts{.seeders = 1, .leechers = 2, .partial_seeds = 1});
        const Reply reply = tracker.visit();
        CHECK(reply.ipv4.empty());
        CHECK(reply.ipv6.empty());
    }

    SUBCASE("the counters of an unsure peer are nothing to reckon from") {
        PeerRecord unsure = remembered(tracker);
        unsure.flags = PeerFlags::unsure;
        unsure.ipv4 = ipv4(1);
        add(tracker, {unsure});
        CHECK(tracker.announce(back(ipv4(1), some_left)).history == PeerHistory{});
        const Reply reply = tracker.announce(back(ipv4(1), some_left));
        CHECK(reply.history.known);
        CHECK(tracker.scrape().leechers == 1);
    }

    SUBCASE("an unsure peer reckons from what the site remembers of it") {
        PeerRecord unsure = remembered(tracker);
        unsure.flags = PeerFlags::unsure;
        unsure.ipv4 = ipv4(1);
        unsure.last_announce += since / 2;
        add(tracker, {unsure});
        PeerRecord record = remembered(tracker);
        record.uploaded = 75;
        add(tracker, {record});
        CHECK(tracker.scrape().leechers == 1);
        const Reply reply = tracker.announce(back(ipv4(1), some_left));
        CHECK(reply.history.known);
        CHECK(reply.history.uploaded == 75);
    }

    SUBCASE("an unsure peer that leaves is gone") {
        PeerRecord unsure = remembered(tracker);
        unsure.flags = PeerFlags::unsure;
        unsure.ipv4 = ipv4(1);
        add(tracker, {unsure});
        tracker.announce(back(ipv4(1), some_left, Event::stopped));
        CHECK(tracker.scrape() == SwarmCounts{});
    }

    SUBCASE("a peer without account and address is nobody") {
        PeerRecord nobody = remembered(tracker);
        nobody.user = UserId::none;
        add(tracker, {nobody});
        CHECK(tracker.scrape() == SwarmCounts{});
    }

    SUBCASE("one is shown as it was given") {
        add(tracker, {remembered(tracker)});
        const auto view = tracker.read();
        REQUIRE(view.has_value());
        REQUIRE(view->peers.size() == 1);
        CHECK(view->peers[0].user == UserId{7});
        CHECK(view->peers[0].flags == PeerFlags::hidden);
        CHECK(view->peers[0].uploaded == 70);
        CHECK_FALSE(view->peers[0].ipv4.present());
        CHECK_FALSE(view->peers[0].ipv6.present());
    }

    SUBCASE("its first announce is told its history, and makes it a peer like any other") {
        const PeerRecord peer = remembered(tracker);
        add(tracker, {peer});
        const Reply reply = tracker.announce(back(ipv4(1), nothing_left));
        CHECK(reply.history == PeerHistory{.uploaded = 70,
                                           .downloaded = 80,
                                           .left = some_left,
                                           .corrupt = 3,
                                           .first_announce = peer.first_announce,
                                           .last_announce = peer.last_announce,
                                           .announces = 9,
                                           .known = true});
        CHECK(reply.counts == SwarmCounts{.seeders = 1});
        CHECK(same_set(tracker.visit().ipv4, {ipv4(1)}));
    }

    SUBCASE("it may come back over IPv6") {
        add(tracker, {remembered(tracker, PeerFlags::seeder)});
        const Reply reply = tracker.announce(with_account(from(ipv6(1), nothing_left), 7));
        CHECK(reply.history.was_seeder);
        CHECK(tracker.scrape() == SwarmCounts{.seeders = 1});
        CHECK(same_set(tracker.visit().ipv6, {ipv6(1)}));
        CHECK(tracker.visit().ipv4.empty());
    }

    SUBCASE("stopped removes it") {
        add(tracker, {remembered(tracker)});
        CHECK(tracker.announce(back(ipv4(1), some_left, Event::stopped)).history.uploaded == 70);
        CHECK(tracker.scrape() == SwarmCounts{});
        CHECK_FALSE(tracker.announce(back(ipv4(1), some_left)).history.known);
    }

    SUBCASE("it lives as long as its last announce lets it, and is reported") {
        add(tracker, {remembered(tracker, PeerFlags::seeder)});
        tracker.let_pass(lifetime - since - seconds(5));
        CHECK(tracker.scrape().seeders == 1);
        CHECK(mourner.gone().empty());
        tracker.let_pass(expiry_slack + seconds(10));
        CHECK(tracker.scrape() == SwarmCounts{});
        REQUIRE(mourner.gone().size() == 1);
        CHECK(mourner.gone()[0].info_hash == ubuntu);
        CHECK(mourner.gone()[0].peer.user == UserId{7});
        CHECK(mourner.gone()[0].peer.uploaded == 70);
        CHECK(mourner.gone()[0].counts == SwarmCounts{});
    }

    SUBCASE("erasing its user removes it without a report") {
        add(tracker, {remembered(tracker)});
        const UserId user{7};
        REQUIRE(tracker.driver().erase_users({&user, 1}).ok());
        tracker.let_pass(expiry_slack + seconds(1));
        CHECK(tracker.scrape() == SwarmCounts{});
        CHECK(mourner.gone().empty());
    }

    SUBCASE("a hundred of them come back one after the other") {
        constexpr unsigned count = 100;
        std::vector<PeerRecord> peers;
        for (unsigned user = 1; user <= count; ++user) {
            peers.push_back(remembered(tracker, PeerFlags::seeder, user));
        }
        add(tracker, peers);
        CHECK(tracker.scrape() == SwarmCounts{.seeders = count});
        for (unsigned user = 1; user <= count; ++user) {
            const Reply reply = tracker.announce(with_account(from(ipv4(user), some_left), user));
            REQUIRE(reply.history.uploaded == 70);
            REQUIRE(reply.counts == SwarmCounts{.seeders = count - user, .leechers = user});
        }
        CHECK(tracker.visit().ipv4.size() == count);
    }
}

}  // namespace chihaya::test::contract
