#include "tests/conformance/contract/parts.hpp"
#include "tests/conformance/contract/world.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace chihaya::test::contract {
namespace {

constexpr seconds slack = expiry_slack + seconds(1);
constexpr seconds memory{3 * lifetime};

TrackerSetup long_memory(ExpirySink* sink = nullptr) {
    TrackerSetup setup = plain_setup();
    setup.history_lifetime = memory;
    setup.expiry = sink;
    return setup;
}

AnnounceRequest member(std::uint64_t left, Event event = Event::none) {
    AnnounceRequest request = with_account(from(ipv4(1), ipv6(1), left, event), 7);
    request.uploaded = 70;
    request.downloaded = 80;
    return request;
}

void silence(const MakeTrackerDriver& make, const AnnounceRequest& request) {
    Tracker tracker(make);

    SUBCASE("a peer is kept for its lifetime and forgotten soon after it") {
        tracker.announce(request);
        tracker.let_pass(lifetime);
        CHECK(tracker.scrape().seeders == 1);
        CHECK(tracker.visit().ipv4.size() == 1);
        tracker.let_pass(slack);
        CHECK(tracker.scrape() == SwarmCounts{});
        CHECK(tracker.visit().ipv4.empty());
        CHECK_FALSE(tracker.announce(request).history.known);
    }

    SUBCASE("announcing again starts a new lifetime") {
        tracker.announce(request);
        for (int i = 0; i < 4; ++i) {
            tracker.let_pass(lifetime - seconds(10));
            CHECK(tracker.announce(request).history.known);
        }
        CHECK(tracker.scrape().seeders == 1);
    }

    SUBCASE("scraping keeps nobody alive") {
        tracker.announce(request);
        for (int i = 0; i < 7; ++i) {
            tracker.let_pass(seconds(100));
            tracker.scrape();
        }
        CHECK(tracker.scrape() == SwarmCounts{});
    }
}

void crowd(const MakeTrackerDriver& make) {
    Tracker tracker(make);

    SUBCASE("of many peers in many swarms, those go that fell silent, and no others") {
        const auto announce_some = [&](unsigned step) {
            for (unsigned i = 0; i < 200; i += step) {
                tracker.announce(in_swarm(from(ipv4(i), i % 3 == 0 ? nothing_left : some_left),
                                          InfoHash{{static_cast<std::uint8_t>(i % 7)}}));
            }
        };
        announce_some(1);
        tracker.let_pass(lifetime / 2);
        announce_some(2);
        tracker.let_pass(lifetime / 2 + slack);
        std::uint32_t seeders = 0;
        std::uint32_t leechers = 0;
        for (unsigned number = 0; number < 7; ++number) {
            const SwarmCounts counts =
                tracker.scrape(InfoHash{{static_cast<std::uint8_t>(number)}});
            seeders += counts.seeders;
            leechers += counts.leechers;
        }
        CHECK(seeders == 34);
        CHECK(leechers == 66);
    }

    SUBCASE("a partial seed that falls silent is not counted as one any more") {
        tracker.announce(from(ipv4(1), some_left, Event::paused));
        tracker.let_pass(lifetime + slack);
        CHECK(tracker.scrape() == SwarmCounts{});
    }
}

void mourning(const MakeTrackerDriver& make) {
    Mourner mourner;
    TrackerSetup setup = plain_setup();
    setup.expiry = &mourner;
    Tracker tracker(make, setup);

    SUBCASE("a peer with an account that falls silent is reported once, as it last was") {
        const auto at = std::chrono::floor<seconds>(tracker.clock().now());
        tracker.announce(member(some_left));
        tracker.announce(from(ipv4(2), nothing_left));
        tracker.let_pass(lifetime);
        CHECK(mourner.gone().empty());
        tracker.announce(from(ipv4(2), nothing_left));
        tracker.let_pass(slack);
        const std::vector<ExpiredPeer> gone = mourner.gone();
        REQUIRE(gone.size() == 1);
        CHECK(gone[0].info_hash == ubuntu);
        CHECK(gone[0].peer.user == UserId{7});
        CHECK(gone[0].peer.peer_id == member(0).peer_id);
        CHECK(gone[0].peer.ipv4 == ipv4(1));
        CHECK(gone[0].peer.ipv6 == ipv6(1));
        CHECK(gone[0].peer.uploaded == 70);
        CHECK(gone[0].peer.downloaded == 80);
        CHECK(gone[0].peer.left == some_left);
        CHECK(gone[0].peer.first_announce == at);
        CHECK(gone[0].peer.last_announce == at);
        CHECK(gone[0].peer.announces == 1);
        CHECK(gone[0].counts == SwarmCounts{.seeders = 1});
    }

    SUBCASE("a peer without an account is not reported") {
        tracker.announce(from(ipv4(1), some_left));
        tracker.let_pass(lifetime + slack);
        CHECK(mourner.gone().empty());
    }

    SUBCASE("who says goodbye, and who is erased, is not reported") {
        tracker.announce(member(some_left));
        tracker.announce(member(some_left, Event::stopped));
        tracker.announce(with_account(from(ipv4(2), some_left), 8));
        const UserId erased{8};
        CHECK(tracker.driver().erase_users({&erased, 1}).ok());
        tracker.let_pass(lifetime + slack);
        CHECK(mourner.gone().empty());
    }

    SUBCASE("each of those who go together is reported, the last with an empty swarm") {
        tracker.announce(with_account(from(ipv4(1), some_left), 1));
        tracker.announce(with_account(from(ipv4(2), some_left), 2));
        tracker.announce(with_account(from(ipv4(3), nothing_left), 3));
        tracker.let_pass(lifetime + slack);
        const std::vector<ExpiredPeer> gone = mourner.gone();
        REQUIRE(gone.size() == 3);
        CHECK(gone[0].peer.user != gone[1].peer.user);
        CHECK(gone[1].peer.user != gone[2].peer.user);
        CHECK(gone[2].counts == SwarmCounts{});
    }
}

void sleeping(const MakeTrackerDriver& make) {
    Mourner mourner;
    Tracker tracker(make, long_memory(&mourner));
    const auto at = std::chrono::floor<seconds>(tracker.clock().now());
    tracker.announce(member(nothing_left));
    tracker.let_pass(lifetime + slack);

    SUBCASE("a dormant peer is neither counted nor handed out, and was reported") {
        CHECK(tracker.scrape() == SwarmCounts{});
        const Reply reply = tracker.visit();
        CHECK(reply.ipv4.empty());
        CHECK(reply.ipv6.empty());
        CHECK(mourner.gone().size() == 1);
    }

    SUBCASE("a dormant peer that comes back has its whole history") {
        const Reply reply = tracker.announce(member(some_left));
        CHECK(reply.counts == SwarmCounts{.leechers = 1});
        CHECK(reply.history == PeerHistory{.uploaded = 70,
                                           .downloaded = 80,
                                           .left = 0,
                                           .corrupt = 0,
                                           .first_announce = at,
                                           .last_announce = at,
                                           .announces = 1,
                                           .known = true,
                                           .was_seeder = true,
                                           .was_dormant = true});
        CHECK_FALSE(tracker.announce(member(some_left)).history.was_dormant);
        CHECK(tracker.visit().ipv4 == std::vector{ipv4(1)});
    }

    SUBCASE("a dormant seeder that completes again counts no snatch") {
        CHECK(tracker.announce(member(nothing_left, Event::completed)).counts ==
              SwarmCounts{.seeders = 1});
    }

    SUBCASE("a dormant peer that stops is gone, and nothing is counted below zero") {
        const Reply reply = tracker.announce(member(nothing_left, Event::stopped));
        CHECK(reply.history.was_dormant);
        CHECK(reply.counts == SwarmCounts{});
        CHECK_FALSE(tracker.announce(member(nothing_left)).history.known);
    }

    SUBCASE("a dormant peer is forgotten at the end of its history's lifetime, without a report") {
        tracker.let_pass(memory - lifetime - slack);
        CHECK(tracker.read().has_value());
        tracker.let_pass(slack);
        CHECK_FALSE(tracker.announce(member(nothing_left)).history.known);
        CHECK(mourner.gone().size() == 1);
    }

    SUBCASE("erasing a user forgets its dormant peers") {
        const UserId erased{7};
        CHECK(tracker.driver().erase_users({&erased, 1}).ok());
        tracker.let_pass(slack);
        CHECK_FALSE(tracker.announce(member(nothing_left)).history.known);
    }
}

}  // namespace

void expiry(const MakeTrackerDriver& make) {
    SUBCASE("without an account") {
        silence(make, from(ipv4(1), nothing_left));
    }
    SUBCASE("with an account") {
        silence(make, with_account(from(ipv4(1), ipv6(1), nothing_left), 7));
    }
    crowd(make);
    mourning(make);
}

void dormancy(const MakeTrackerDriver& make) {
    sleeping(make);

    SUBCASE("without an account nobody becomes dormant") {
        Tracker tracker(make, long_memory());
        tracker.announce(from(ipv4(1), nothing_left));
        tracker.let_pass(lifetime + slack);
        CHECK_FALSE(tracker.announce(from(ipv4(1), nothing_left)).history.known);
    }
}

void empty_swarms(const MakeTrackerDriver& make) {
    SUBCASE("a swarm that nobody is in is forgotten, its snatches with it") {
        Tracker tracker(make);
        tracker.announce(from(ipv4(1), nothing_left, Event::completed));
        tracker.announce(from(ipv4(1), nothing_left, Event::stopped));
        tracker.let_pass(slack);
        CHECK(tracker.scrape() == SwarmCounts{});
        CHECK_FALSE(tracker.read().has_value());
    }

    SUBCASE("a swarm whose peers fell silent is forgotten as well") {
        Tracker tracker(make);
        tracker.announce(from(ipv4(1), nothing_left, Event::completed));
        tracker.let_pass(lifetime + 2 * slack);
        CHECK_FALSE(tracker.read().has_value());
    }

    TrackerSetup keeping = plain_setup();
    keeping.purge_empty_swarms = false;

    SUBCASE("where empty swarms are kept, their snatches are") {
        Tracker tracker(make, keeping);
        tracker.announce(from(ipv4(1), nothing_left, Event::completed));
        tracker.announce(in_swarm(from(ipv4(1), nothing_left, Event::completed), debian));
        tracker.announce(from(ipv4(1), nothing_left, Event::stopped));
        tracker.let_pass(lifetime + 2 * slack);
        CHECK(tracker.scrape(ubuntu) == SwarmCounts{.snatches = 1});
        CHECK(tracker.scrape(debian) == SwarmCounts{.snatches = 1});
        const auto view = tracker.read();
        REQUIRE(view.has_value());
        CHECK(view->peers.empty());
        CHECK(view->record.counts == SwarmCounts{.snatches = 1});
        CHECK_FALSE(view->record.registered);
    }

    SUBCASE("where empty swarms are kept, stopped still creates none") {
        Tracker tracker(make, keeping);
        tracker.announce(from(ipv4(1), some_left, Event::stopped));
        CHECK_FALSE(tracker.read().has_value());
    }

    SUBCASE("a registered swarm is kept while empty") {
        Tracker tracker(make);
        const TorrentRecord record{.id = TorrentId{5}, .info_hash = ubuntu, .snatches = 3};
        REQUIRE(tracker.driver().put_torrents({&record, 1}).ok());
        tracker.announce(from(ipv4(1), nothing_left, Event::completed));
        tracker.announce(from(ipv4(1), nothing_left, Event::stopped));
        tracker.let_pass(lifetime + 2 * slack);
        CHECK(tracker.scrape() == SwarmCounts{.snatches = 4});
        const auto view = tracker.read();
        REQUIRE(view.has_value());
        CHECK(view->record.registered);
    }
}

}  // namespace chihaya::test::contract
