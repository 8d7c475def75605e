#include "core/logic/tracker.hpp"

#include "tests/support/scripted_drivers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <deque>
#include <string_view>

namespace chihaya::logic {
namespace {

constexpr Time now{std::chrono::milliseconds(1'700'000'600'500)};

struct Asked final : Announcement {
    Asked(std::uint64_t left, Event event) {
        request.left = left;
        request.event = event;
        request.uploaded = 1'000;
        request.num_want_ipv4 = 50;
        request.num_want_ipv6 = 50;
        request.ipv4.wire = {1, 2, 3, 4, 5, 6};
    }
    void answered() noexcept override { ++answers; }
    int answers = 0;
};

Policy private_policy() {
    Policy policy;
    policy.private_mode = true;
    policy.site.may_not_leech = "Access denied, leeching forbidden";
    return policy;
}

/// A tracker with two users, "may" and "may_not" download, and one torrent.
struct World {
    World() {
        UserRecord may{.id = UserId{1}};
        UserRecord may_not{.id = UserId{2}, .flags = UserFlags::none};
        std::ranges::copy(std::string_view("may"), may.passkey.text.begin());
        std::ranges::copy(std::string_view("may_not"), may_not.passkey.text.begin());
        REQUIRE(roster.put_users(std::array{may, may_not}).ok());
        REQUIRE(roster.put_torrents(std::array{TorrentRecord{.id = TorrentId{9}}}).ok());
    }
    /// Announces, and answers as a driver does that knows this peer.
    void announce(Asked& asked, std::string_view passkey) {
        REQUIRE(tracker.submit(asked, passkey));
        static_cast<void>(tracker.end_turn(now));
        AnnounceReply reply;
        reply.history.known = true;
        reply.history.uploaded = 400;
        session.answer(reply);
        static_cast<void>(tracker.end_turn(now));
        CHECK(asked.answers == 1);
    }

    /// How many announces ended so.
    [[nodiscard]] std::uint64_t ended(metrics::Ending ending) const {
        return counters.requests.at({.action = metrics::Action::announce}, ending).read();
    }

    test::ScriptedTracker driver;
    test::ScriptedBackend backend;
    test::ScriptedSession session;
    const Policy policy = private_policy();
    Roster roster{driver};
    metrics::WorkerCounters counters;
    Tracker tracker{policy, roster, session, backend, counters};
};

}  // namespace

TEST_SUITE_BEGIN("tracker");

TEST_CASE("who may not download is refused after it was counted, whatever the event") {
    for (const Event event : {Event::none, Event::started, Event::completed, Event::stopped}) {
        World world;
        Asked asked(5, event);
        world.announce(asked, "may_not");
        CHECK(asked.refusal.text == "Access denied, leeching forbidden");
        CHECK(has(asked.request.flags, AnnounceFlags::hidden));
        CHECK(asked.request.num_want_ipv4 == 0);
        CHECK(asked.request.num_want_ipv6 == 0);
        REQUIRE(world.backend.recorded.size() == 1);
        CHECK(world.backend.recorded[0][0].user == UserId{2});
        CHECK(world.backend.recorded[0][0].uploaded_credited == 600);
        CHECK(world.ended(metrics::Ending::may_not_leech) == 1);
    }
}

TEST_CASE("another policy counts for what is asked from then on") {
    World world;
    CHECK(world.tracker.num_want(0, false) == 50);
    Policy policy = private_policy();
    policy.default_num_want = 7;
    policy.max_num_want = 9;
    policy.interval = std::chrono::seconds(600);
    policy.freeleech = true;
    policy.site.unknown_user = "who?";
    world.tracker.adopt(policy);
    CHECK(world.tracker.num_want(0, false) == 7);
    CHECK(world.tracker.num_want(100, true) == 9);
    CHECK(world.tracker.intervals().interval() == 600);
    CHECK(world.tracker.admission().admit_scrape("nobody").text == "who?");
    CHECK(world.tracker.admission().admit_scrape("nobody").interval == 600);
}

TEST_CASE("who may not download may seed") {
    World world;
    Asked asked(0, Event::none);
    world.announce(asked, "may_not");
    CHECK_FALSE(asked.refusal);
    CHECK_FALSE(has(asked.request.flags, AnnounceFlags::hidden));
    CHECK(asked.request.num_want_ipv4 == 50);
    CHECK(world.ended(metrics::Ending::ok) == 1);
}

TEST_CASE("who is refused at once is recorded nowhere and counted as refused") {
    World world;
    Asked asked(5, Event::none);
    CHECK_FALSE(world.tracker.submit(asked, "nobody"));
    CHECK(asked.refusal);
    CHECK(world.session.announces.empty());
    CHECK(world.backend.recorded.empty());
    CHECK(world.ended(metrics::Ending::unknown_user) == 1);
}

TEST_CASE("what the driver failed is recorded nowhere and counted as refused") {
    World world;
    Asked asked(5, Event::none);
    REQUIRE(world.tracker.submit(asked, "may"));
    static_cast<void>(world.tracker.end_turn(now));
    world.session.fail({StatusCode::unavailable, "away"});
    static_cast<void>(world.tracker.end_turn(now));
    CHECK(asked.refusal.retry_minutes == 1);
    CHECK(world.backend.recorded.empty());
    CHECK(world.ended(metrics::Ending::store_away) == 1);
}

TEST_CASE("a token and the torrent's kind are looked up for each announce") {
    World world;
    const TokenRecord token{.user = UserId{1}};
    REQUIRE(world.roster.put_tokens(std::array{token}).ok());
    Asked with_token(5, Event::none);
    world.announce(with_token, "may");
    CHECK(has(world.backend.recorded[0][0].flags, DeltaFlags::used_token));
    REQUIRE(world.roster.erase_tokens(std::array{token}).ok());
    Asked without(5, Event::none);
    world.announce(without, "may");
    CHECK_FALSE(has(world.backend.recorded[1][0].flags, DeltaFlags::used_token));
    REQUIRE(world.roster
                .put_torrents(
                    std::array{TorrentRecord{.id = TorrentId{9}, .freeleech = Freeleech::neutral}})
                .ok());
    Asked neutral(5, Event::none);
    world.announce(neutral, "may");
    CHECK(world.backend.recorded[2][0].uploaded_credited == 0);
    CHECK(world.backend.recorded[2][0].uploaded_raw == 600);
}

TEST_CASE("while it is held, what is submitted is kept, and goes to the next session") {
    World world;
    Asked before(5, Event::none);
    REQUIRE(world.tracker.submit(before, "may"));
    static_cast<void>(world.tracker.end_turn(now));
    CHECK(world.tracker.in_flight() == 1);

    world.tracker.hold();
    constexpr std::size_t many = 2 * limits::batch_max + 3;  // more than goes out at once
    std::deque<Asked> during;
    for (std::size_t i = 0; i < many; ++i) {
        REQUIRE(world.tracker.submit(during.emplace_back(5, Event::none), "may"));
    }
    CHECK_FALSE(world.tracker.end_turn(now));
    CHECK(world.session.announces.size() == 1);
    world.session.answer(AnnounceReply{});
    CHECK_FALSE(world.tracker.end_turn(now));
    CHECK(before.answers == 1);
    CHECK(world.tracker.in_flight() == 0);

    test::ScriptedSession next;
    world.tracker.use(next);
    world.tracker.resume();
    static_cast<void>(world.tracker.end_turn(now));
    CHECK(world.session.announces.empty());
    CHECK(next.announces.size() == many);
    next.answer(AnnounceReply{});
    static_cast<void>(world.tracker.end_turn(now));
    CHECK(std::ranges::all_of(during, [](const Asked& one) { return one.answers == 1; }));
    CHECK(world.tracker.in_flight() == 0);
}

TEST_CASE("who waited because the tracker was held does not make it shed") {
    World world;
    Policy policy = private_policy();
    policy.protection.shed_after = std::chrono::milliseconds(1);
    world.tracker.adopt(policy);
    Shedding& shedding = world.tracker.protection().shedding(metrics::FrontEnd::http);
    const auto answered_late = [&](bool is_held) {
        Asked asked(5, Event::none);
        if (is_held) {
            world.tracker.hold();
        }
        REQUIRE(world.tracker.submit(asked, "may"));
        static_cast<void>(world.tracker.end_turn(now));
        const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
        while (std::chrono::steady_clock::now() < end) {
        }
        if (is_held) {
            world.tracker.resume();
            static_cast<void>(world.tracker.end_turn(now));
        }
        world.session.answer(AnnounceReply{});
        static_cast<void>(world.tracker.end_turn(now));
        CHECK(asked.answers == 1);
        world.tracker.protection().step_shedding();
    };
    answered_late(true);
    CHECK(shedding.share() == 0);
    answered_late(false);  // nor whose driver was slow
    CHECK(shedding.share() == 0);
}

TEST_CASE("whom an announce has changed is noted when the driver has answered") {
    World world;
    ChangedSwarms changes;
    world.tracker.note_changes(&changes);
    Asked asked(5, Event::none);
    REQUIRE(world.tracker.submit(asked, "may"));
    static_cast<void>(world.tracker.end_turn(now));
    CHECK(changes.take().peers.empty());
    world.session.answer(AnnounceReply{});
    static_cast<void>(world.tracker.end_turn(now));
    const auto noted = changes.take();
    REQUIRE(noted.peers.size() == 1);
    CHECK(noted.peers[0].info_hash == asked.request.info_hash);
    CHECK(noted.stops.empty());

    Asked failed(5, Event::stopped);  // it may have been applied
    REQUIRE(world.tracker.submit(failed, "may"));
    static_cast<void>(world.tracker.end_turn(now));
    world.session.fail({StatusCode::unavailable, "away"});
    static_cast<void>(world.tracker.end_turn(now));
    CHECK(changes.take().stops.size() == 1);

    world.tracker.note_changes(nullptr);
    Asked unnoted(5, Event::none);
    world.announce(unnoted, "may");
    CHECK(changes.take().peers.empty());
}

TEST_SUITE_END();

}  // namespace chihaya::logic
