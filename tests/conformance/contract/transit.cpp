#include "tests/conformance/contract/parts.hpp"
#include "tests/conformance/contract/world.hpp"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

namespace chihaya::test::contract {
namespace {

/// Two swarms with peers of every sort.
void inhabit(Tracker& tracker) {
    tracker.announce(from(ipv4(1), nothing_left, Event::completed));
    tracker.announce(from(ipv4(2), some_left, Event::paused));
    tracker.announce(with_flags(from(ipv6(3), some_left), AnnounceFlags::hidden));
    tracker.announce(from(ipv4(4), ipv6(4), some_left));
    AnnounceRequest member = with_account(from(ipv4(5), ipv6(5), some_left, Event::started), 7);
    member.uploaded = 70;
    member.downloaded = 80;
    member.corrupt = 90;
    member.key = 0xfeed;
    tracker.announce(member);
    tracker.let_pass(seconds(5));
    member.event = Event::none;
    member.uploaded = 71;
    tracker.announce(member);
    tracker.announce(in_swarm(with_account(from(ipv4(6), nothing_left), 8), debian));
}

const SwarmCounts ubuntus{.seeders = 1, .leechers = 4, .partial_seeds = 1, .snatches = 1};

std::vector<SwarmView> read_all(Tracker& tracker) {
    SwarmCollector found;
    CHECK(tracker.driver().read_swarms(found).ok());
    CHECK_FALSE(found.is_interleaved);
    CHECK_FALSE(found.is_spare_used);
    std::ranges::sort(found.swarms, {},
                      [](const SwarmView& view) { return view.record.info_hash.bytes; });
    return found.swarms;
}

/// What of a peer travels, whether it has an account or not.
void check_same(const PeerRecord& left, const PeerRecord& right) {
    CHECK(left.user == right.user);
    CHECK(left.ipv4 == right.ipv4);
    CHECK(left.ipv6 == right.ipv6);
    CHECK(left.flags == right.flags);
    if (left.user == UserId::none) {
        return;
    }
    CHECK(left.peer_id == right.peer_id);
    CHECK(left.key == right.key);
    CHECK(left.uploaded == right.uploaded);
    CHECK(left.downloaded == right.downloaded);
    CHECK(left.left == right.left);
    CHECK(left.corrupt == right.corrupt);
    CHECK(left.first_announce == right.first_announce);
    CHECK(left.last_announce == right.last_announce);
    CHECK(left.announces == right.announces);
}

void check_same(const SwarmView& left, const SwarmView& right) {
    CHECK(left.record.info_hash == right.record.info_hash);
    CHECK(left.record.counts == right.record.counts);
    REQUIRE(left.peers.size() == right.peers.size());
    for (std::size_t i = 0; i < left.peers.size(); ++i) {
        check_same(left.peers[i], right.peers[i]);
    }
}

Status add(Tracker& tracker, const PeerRecord& peer, const SwarmCounts& counts = {}) {
    const SwarmRecord swarm{.info_hash = ubuntu, .counts = counts};
    return tracker.driver().add_peers(swarm, {&peer, 1});
}

InfoHash numbered(unsigned number) {
    return {{7, static_cast<std::uint8_t>(number / 256), static_cast<std::uint8_t>(number)}};
}

std::chrono::sys_seconds ago(Tracker& tracker, seconds time) {
    return std::chrono::floor<seconds>(tracker.clock().now()) - time;
}

/// A peer record without an account, and one of account 7.
PeerRecord stranger(std::chrono::sys_seconds at, PeerFlags flags) {
    return {
        .ipv4 = ipv4(1), .first_announce = at, .last_announce = at, .announces = 1, .flags = flags};
}
PeerRecord member(std::chrono::sys_seconds at, PeerFlags flags) {
    PeerRecord peer = stranger(at, flags);
    peer.user = UserId{7};
    peer.peer_id = {{'-', 'A'}};
    peer.uploaded = 70;
    peer.downloaded = 80;
    peer.left = has(flags, PeerFlags::seeder) ? 0 : some_left;
    peer.corrupt = 3;
    peer.announces = 9;
    return peer;
}

}  // namespace

void reading(const MakeTrackerDriver& make) {
    Tracker tracker(make);

    SUBCASE("a swarm that nobody knows is not shown") {
        CHECK_FALSE(tracker.read().has_value());
    }

    SUBCASE("a swarm is shown with its counts and each of its peers once") {
        inhabit(tracker);
        const auto view = tracker.read();
        REQUIRE(view.has_value());
        CHECK(view->record.counts == ubuntus);
        CHECK(view->record.counts == tracker.scrape());
        CHECK_FALSE(view->record.registered);
        REQUIRE(view->peers.size() == 5);
        REQUIRE(view->at(ipv4(1)) != nullptr);
        CHECK(view->at(ipv4(1))->flags == PeerFlags::seeder);
        REQUIRE(view->at(ipv4(2)) != nullptr);
        CHECK(view->at(ipv4(2))->flags == PeerFlags::paused);
        REQUIRE(view->at(ipv4(4)) != nullptr);
        CHECK(view->at(ipv4(4))->flags == PeerFlags::none);
        CHECK(view->at(ipv4(4))->ipv6 == ipv6(4));
        REQUIRE(view->at(Ipv4Endpoint{}) != nullptr);
        CHECK(view->at(Ipv4Endpoint{})->flags == PeerFlags::hidden);
        CHECK(view->at(Ipv4Endpoint{})->ipv6 == ipv6(3));
    }

    SUBCASE("a peer with an account is shown with all that is known about it") {
        inhabit(tracker);
        const auto view = tracker.read();
        REQUIRE(view.has_value());
        const PeerRecord* const peer = view->of(UserId{7});
        REQUIRE(peer != nullptr);
        check_same(*peer, PeerRecord{.user = UserId{7},
                                     .peer_id = {{'-', 'A'}},
                                     .ipv4 = ipv4(5),
                                     .ipv6 = ipv6(5),
                                     .key = 0xfeed,
                                     .uploaded = 71,
                                     .downloaded = 80,
                                     .left = some_left,
                                     .corrupt = 90,
                                     .first_announce = ago(tracker, seconds(5)),
                                     .last_announce = ago(tracker, seconds(0)),
                                     .announces = 2,
                                     .flags = PeerFlags::none});
    }

    SUBCASE("a dormant peer is shown as such") {
        TrackerSetup setup = plain_setup();
        setup.history_lifetime = 3 * lifetime;
        Tracker other(make, setup);
        inhabit(other);
        other.let_pass(lifetime + expiry_slack + seconds(1));
        const auto view = other.read();
        REQUIRE(view.has_value());
        CHECK(view->record.counts.leechers == 0);
        REQUIRE(view->peers.size() == 1);
        CHECK(view->peers[0].user == UserId{7});
        CHECK(has(view->peers[0].flags, PeerFlags::dormant));
    }

    SUBCASE("all swarms are shown, each once, as each is shown by itself") {
        inhabit(tracker);
        const auto all = read_all(tracker);
        REQUIRE(all.size() == 2);
        check_same(all[0], tracker.read(ubuntu).value());
        check_same(all[1], tracker.read(debian).value());
    }

    SUBCASE("thousands of peers are shown once each, and who says enough is shown no more") {
        for (unsigned i = 0; i < 3000; ++i) {
            tracker.announce(from(ipv4(i % 256, i / 256), some_left));
        }
        const auto view = tracker.read();
        REQUIRE(view.has_value());
        CHECK(view->peers.size() == 3000);
        const auto same = [](const PeerRecord& left, const PeerRecord& right) {
            return left.ipv4 == right.ipv4;
        };
        CHECK(std::ranges::adjacent_find(view->peers, same) == view->peers.end());
        SwarmCollector impatient(1);
        CHECK(tracker.driver().read_swarm(ubuntu, impatient).ok());
        CHECK(impatient.calls == 1);
    }

    SUBCASE("those that are asked for are shown in that order, and others are not") {
        for (unsigned i = 1; i <= 200; ++i) {
            tracker.announce(in_swarm(from(ipv4(i), some_left), numbered(i)));
        }
        std::vector<InfoHash> names;
        for (unsigned i = 201; i > 20; --i) {
            names.push_back(numbered(i));  // the first is nobody's
        }
        SwarmCollector found;
        CHECK(tracker.driver().read_some(names, found).ok());
        REQUIRE(found.swarms.size() == 180);
        for (unsigned i = 0; i < 180; ++i) {
            CHECK(found.swarms[i].record.info_hash == names[i + 1]);
            REQUIRE(found.swarms[i].peers.size() == 1);
            CHECK(found.swarms[i].peers[0].ipv4 == ipv4(200 - i));
        }
        SwarmCollector impatient(7);
        CHECK(tracker.driver().read_some(names, impatient).ok());
        CHECK(impatient.calls == 7);
        SwarmCollector nothing;
        CHECK(tracker.driver().read_some({}, nothing).ok());
        CHECK(nothing.calls == 0);
    }

    SUBCASE("of many swarms, who says enough is shown no more") {
        for (unsigned i = 1; i <= 50; ++i) {
            tracker.announce(
                in_swarm(from(ipv4(1), some_left), InfoHash{{static_cast<std::uint8_t>(i)}}));
        }
        CHECK(read_all(tracker).size() == 50);
        SwarmCollector impatient(7);
        CHECK(tracker.driver().read_swarms(impatient).ok());
        CHECK(impatient.calls == 7);
    }
}

void adding(const MakeTrackerDriver& make) {
    Tracker tracker(make);

    SUBCASE("what one driver shows, another takes in, and nothing is lost on the way") {
        inhabit(tracker);
        tracker.let_pass(lifetime / 2);
        const auto before = read_all(tracker);
        Tracker heir(make);
        heir.let_pass(lifetime / 2 + seconds(5));
        std::vector<SwarmInTransit> all;
        for (const SwarmView& view : before) {
            all.push_back({view.record, view.peers});
        }
        CHECK(heir.driver().add_swarms(all).ok());
        const auto after = read_all(heir);
        REQUIRE(after.size() == before.size());
        for (std::size_t i = 0; i < after.size(); ++i) {
            check_same(before[i], after[i]);
        }
        CHECK(heir.scrape() == ubuntus);
        CHECK(same_set(heir.visit().ipv4, {ipv4(1), ipv4(2), ipv4(4), ipv4(5)}));

        // The peers' ages came along: they die when they would have died at home.
        heir.let_pass(lifetime / 2 - seconds(100));
        CHECK(heir.scrape() == ubuntus);
        heir.let_pass(seconds(100) + 2 * expiry_slack + seconds(1));
        CHECK(heir.scrape().seeders == 0);
        CHECK(heir.scrape().leechers == 0);
    }

    SUBCASE("a peer that is known with a later announce stays as it is") {
        tracker.announce(from(ipv4(1), nothing_left));
        tracker.announce(with_account(from(ipv4(2), nothing_left), 7));
        tracker.let_pass(seconds(200));
        tracker.announce(from(ipv4(1), nothing_left));
        tracker.announce(with_account(from(ipv4(2), nothing_left), 7));
        CHECK(add(tracker, stranger(ago(tracker, seconds(150)), PeerFlags::none)).ok());
        CHECK(add(tracker, member(ago(tracker, seconds(150)), PeerFlags::none)).ok());
        CHECK(tracker.scrape() == SwarmCounts{.seeders = 2});
        CHECK(tracker.announce(with_account(from(ipv4(2), nothing_left), 7)).history.uploaded == 0);
    }

    SUBCASE("a peer that is known with an earlier announce is replaced") {
        tracker.announce(from(ipv4(1), nothing_left));
        tracker.announce(with_account(from(ipv4(2), nothing_left), 7));
        tracker.let_pass(seconds(200));
        CHECK(add(tracker, stranger(ago(tracker, seconds(0)), PeerFlags::none)).ok());
        CHECK(add(tracker, member(ago(tracker, seconds(0)), PeerFlags::paused)).ok());
        CHECK(tracker.scrape() == SwarmCounts{.leechers = 2, .partial_seeds = 1});
        CHECK(tracker.announce(with_account(from(ipv4(2), some_left), 7)).history.uploaded == 70);
    }

    SUBCASE("of two that tell of the same moment, the one that is known stays") {
        for (const PeerFlags flags : {PeerFlags::seeder, PeerFlags::none}) {
            PeerRecord peer = member(ago(tracker, seconds(0)), flags);
            peer.ipv4 = ipv4(2);
            CHECK(add(tracker, peer).ok());
            CHECK(add(tracker, stranger(ago(tracker, seconds(0)), flags)).ok());
        }
        CHECK(tracker.scrape() == SwarmCounts{.seeders = 2});
    }

    SUBCASE("of two that tell of the same moment, the one that is current is believed") {
        constexpr auto current = PeerFlags::current;
        tracker.announce(from(ipv4(1), some_left));
        tracker.announce(with_account(from(ipv4(2), some_left), 7));
        PeerRecord peer = stranger(ago(tracker, seconds(0)), PeerFlags::seeder | current);
        CHECK(add(tracker, peer).ok());
        peer = member(ago(tracker, seconds(0)), PeerFlags::seeder | current);
        peer.ipv4 = ipv4(2);
        CHECK(add(tracker, peer).ok());
        CHECK(tracker.scrape() == SwarmCounts{.seeders = 2});
        CHECK(tracker.announce(with_account(from(ipv4(2), nothing_left), 7)).history.uploaded ==
              70);
        const auto view = tracker.read();
        REQUIRE(view.has_value());
        for (const PeerRecord& shown : view->peers) {
            CHECK(!has(shown.flags, current));
        }
        // It is the later moment that counts, all the same.
        tracker.let_pass(seconds(200));
        tracker.announce(from(ipv4(1), nothing_left));
        CHECK(add(tracker, stranger(ago(tracker, seconds(150)), current)).ok());
        CHECK(tracker.scrape().seeders == 2);
    }

    SUBCASE("thousands of swarms are taken in at once, each with its own peers and snatches") {
        constexpr unsigned many = 3000;
        std::vector<PeerRecord> peers;
        for (unsigned i = 0; i < many; ++i) {
            peers.push_back(stranger(ago(tracker, seconds(0)), PeerFlags::none));
            peers.back().ipv4 = ipv4(i % 256, i / 256);
        }
        std::vector<SwarmInTransit> all;
        for (unsigned i = 0; i < many; ++i) {
            const SwarmRecord swarm{.info_hash = numbered(i), .counts = {.snatches = i}};
            // Every third has two, one after the other; every seventh has none.
            all.push_back({swarm, std::span(peers).subspan(i, i % 7 == 0 ? 0 : 1)});
            if (i % 3 == 0) {
                all.push_back({swarm, std::span(peers).subspan((i + 1) % many, 1)});
            }
        }
        CHECK(tracker.driver().add_swarms(all).ok());
        CHECK(tracker.driver().add_swarms({}).ok());
        for (unsigned i = 0; i < many; i += 37) {
            CAPTURE(i);
            const unsigned count = (i % 7 == 0 ? 0U : 1U) + (i % 3 == 0 ? 1U : 0U);
            const auto view = tracker.read(numbered(i));
            if (count == 0) {
                CHECK((!view || view->peers.empty()));
                continue;
            }
            REQUIRE(view.has_value());
            CHECK(view->record.counts == SwarmCounts{.leechers = count, .snatches = i});
            CHECK(view->peers.size() == count);
            CHECK((view->at(ipv4(i % 256, i / 256)) != nullptr) == (i % 7 != 0));
        }
    }

    SUBCASE("a peer that is given twice is one peer") {
        const PeerRecord peer = stranger(ago(tracker, seconds(0)), PeerFlags::seeder);
        const std::vector<PeerRecord> twice{peer, peer};
        CHECK(tracker.driver().add_peers({.info_hash = ubuntu}, twice).ok());
        CHECK(tracker.scrape() == SwarmCounts{.seeders = 1});
    }

    SUBCASE("of a swarm's counts, its snatches are believed, where they are more") {
        const SwarmCounts boast{.seeders = 9, .leechers = 8, .partial_seeds = 7, .snatches = 6};
        CHECK(add(tracker, stranger(ago(tracker, seconds(0)), PeerFlags::seeder), boast).ok());
        CHECK(tracker.scrape() == SwarmCounts{.seeders = 1, .snatches = 6});
        CHECK(add(tracker, stranger(ago(tracker, seconds(0)), PeerFlags::seeder), {.snatches = 5})
                  .ok());
        CHECK(tracker.scrape().snatches == 6);
    }

    SUBCASE("who has been silent for longer than its lifetime is left out") {
        CHECK(add(tracker,
                  stranger(ago(tracker, lifetime + expiry_slack + seconds(60)), PeerFlags::seeder))
                  .ok());
        CHECK(tracker.scrape() == SwarmCounts{});
    }

    SUBCASE("added peers announce, complete and leave like any other") {
        CHECK(add(tracker, stranger(ago(tracker, seconds(0)), PeerFlags::none)).ok());
        const Reply reply = tracker.announce(from(ipv4(1), nothing_left, Event::completed));
        CHECK(reply.history.known);
        CHECK(reply.counts == SwarmCounts{.seeders = 1, .snatches = 1});
        CHECK(tracker.announce(from(ipv4(1), nothing_left, Event::stopped)).counts.seeders == 0);
    }

    SUBCASE("a hidden peer stays hidden on the way") {
        CHECK(add(tracker, stranger(ago(tracker, seconds(0)), PeerFlags::hidden)).ok());
        CHECK(tracker.scrape() == SwarmCounts{.leechers = 1});
        CHECK(tracker.visit().ipv4.empty());
    }

    SUBCASE("a dormant peer is added for its history: not counted, not handed out") {
        const auto at = ago(tracker, seconds(100));
        CHECK(add(tracker, member(at, PeerFlags::seeder | PeerFlags::dormant)).ok());
        CHECK(tracker.scrape() == SwarmCounts{});
        CHECK(tracker.visit().ipv4.empty());
        const PeerHistory history =
            tracker.announce(with_account(from(ipv4(1), some_left), 7)).history;
        CHECK(history == PeerHistory{.uploaded = 70,
                                     .downloaded = 80,
                                     .left = 0,
                                     .corrupt = 3,
                                     .first_announce = at,
                                     .last_announce = at,
                                     .announces = 9,
                                     .known = true,
                                     .was_seeder = true,
                                     .was_dormant = true});
        CHECK(tracker.scrape() == SwarmCounts{.leechers = 1});
    }

    SUBCASE("a dormant peer without an address is added as well") {
        PeerRecord peer = member(ago(tracker, seconds(100)), PeerFlags::dormant);
        peer.ipv4 = {};
        CHECK(add(tracker, peer).ok());
        CHECK(tracker.announce(with_account(from(ipv4(1), some_left), 7)).history.uploaded == 70);
    }
}

}  // namespace chihaya::test::contract
