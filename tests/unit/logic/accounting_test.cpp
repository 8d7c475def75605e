#include "core/logic/accounting.hpp"

#include <doctest/doctest.h>

#include <limits>

namespace chihaya::logic {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr Time now{std::chrono::milliseconds(1'700'000'600'500)};

struct Announced final : Announcement {
    Announced() {
        request.user = UserId{7};
        request.uploaded = 1'000;
        request.downloaded = 500;
        request.corrupt = 30;
        request.left = 1;
        admitted.torrent = TorrentId{9};
    }
    void answered() noexcept override {}

    /// What the driver knew before.
    Announced& before(std::uint64_t uploaded, std::uint64_t downloaded) {
        reply.history.known = true;
        reply.history.uploaded = uploaded;
        reply.history.downloaded = downloaded;
        reply.history.corrupt = 10;
        reply.history.announces = 4;
        reply.history.first_announce = sys_seconds(seconds(1'700'000'000));
        reply.history.last_announce = sys_seconds(seconds(1'700'000'300));
        return *this;
    }
};

}  // namespace

TEST_SUITE_BEGIN("accounting");

TEST_CASE("a first announce sets the base and credits nothing") {
    const Announced first;
    const AnnounceDelta delta = account(first, {}, now);
    CHECK(delta.uploaded == 1'000);
    CHECK(delta.uploaded_raw == 0);
    CHECK(delta.downloaded_credited == 0);
    CHECK(delta.announces == 1);
    CHECK(delta.active_for == seconds(0));
    CHECK(has(delta.flags, DeltaFlags::is_new));
}

TEST_CASE("a later one credits what the counters grew by") {
    Announced later;
    const AnnounceDelta delta = account(later.before(400, 100), {}, now);
    CHECK(delta.user == UserId{7});
    CHECK(delta.torrent == TorrentId{9});
    CHECK(delta.uploaded_raw == 600);
    CHECK(delta.uploaded_credited == 600);
    CHECK(delta.downloaded_raw == 400);
    CHECK(delta.downloaded_credited == 400);
    CHECK(delta.corrupt_raw == 20);
    CHECK(delta.active_for == seconds(300));
    CHECK(delta.stay == seconds(600));
    CHECK(delta.announces == 5);
    CHECK_FALSE(has(delta.flags, DeltaFlags::is_new));
}

TEST_CASE("a counter that went back credits nothing, and the other one is not touched by it") {
    Announced restarted;
    const AnnounceDelta delta = account(restarted.before(5'000, 100), {}, now);
    CHECK(delta.uploaded_raw == 0);
    CHECK(delta.downloaded_raw == 400);
}

TEST_CASE("a site may want both voided when one went back, and started to be a new base") {
    Policy policy;
    policy.site.backward_voids_both = true;
    policy.site.started_restarts_counters = true;
    Announced restarted;
    CHECK(account(restarted.before(5'000, 100), policy, now).downloaded_raw == 0);
    Announced started;
    started.before(400, 100).request.event = Event::started;
    const AnnounceDelta delta = account(started, policy, now);
    CHECK(delta.uploaded_raw == 0);
    CHECK(delta.announces == 1);
    CHECK(delta.stay == seconds(0));
}

TEST_CASE("multipliers scale what is credited, rounded down, and leave what is raw") {
    Announced scaled;
    scaled.before(400, 100).admitted.up_multiplier = 2.5;
    scaled.admitted.down_multiplier = 0.333;
    const AnnounceDelta delta = account(scaled, {}, now);
    CHECK(delta.uploaded_credited == 1'500);
    CHECK(delta.downloaded_credited == 133);
    CHECK(delta.downloaded_raw == 400);
}

TEST_CASE("freeleech, global or the torrent's, and a token make downloads free, not uploads") {
    Policy global;
    global.freeleech = true;
    Announced one;
    CHECK(account(one.before(400, 100), global, now).downloaded_credited == 0);
    CHECK(account(one, global, now).uploaded_credited == 600);

    Announced torrent;
    torrent.before(400, 100).admitted.freeleech = Freeleech::free;
    CHECK(account(torrent, {}, now).downloaded_credited == 0);

    Announced token;
    token.before(400, 100).admitted.has_token = true;
    CHECK(account(token, {}, now).downloaded_credited == 0);
    CHECK(has(account(token, {}, now).flags, DeltaFlags::used_token));
}

TEST_CASE("on a neutral torrent neither counts, and a token is not used up") {
    Announced neutral;
    neutral.before(400, 100).admitted.freeleech = Freeleech::neutral;
    neutral.admitted.has_token = true;
    const AnnounceDelta delta = account(neutral, {}, now);
    CHECK(delta.uploaded_credited == 0);
    CHECK(delta.downloaded_credited == 0);
    CHECK(delta.uploaded_raw == 600);
    CHECK_FALSE(has(delta.flags, DeltaFlags::used_token));
}

TEST_CASE("no multiplier, however odd, overflows") {
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    Announced odd;
    odd.before(0, 0).request.uploaded = most;
    CHECK(account(odd, {}, now).uploaded_credited == most);
    odd.admitted.up_multiplier = 1e300;
    CHECK(account(odd, {}, now).uploaded_credited == most);
    odd.admitted.up_multiplier = -1;
    CHECK(account(odd, {}, now).uploaded_credited == 0);
    odd.admitted.up_multiplier = std::numeric_limits<double>::quiet_NaN();
    CHECK(account(odd, {}, now).uploaded_credited == 0);
}

TEST_CASE("a snatch is a completed download of who did not seed before") {
    Announced completing;
    completing.before(400, 100).request.left = 0;
    completing.request.event = Event::completed;
    CHECK(has(account(completing, {}, now).flags, DeltaFlags::snatched | DeltaFlags::is_seeder));
    completing.reply.history.was_seeder = true;
    CHECK_FALSE(has(account(completing, {}, now).flags, DeltaFlags::snatched));
}

TEST_CASE(
    "completed counts a snatch of who is new, none with something left, and so does no silence") {
    Announced unknown;
    unknown.request.left = 0;
    unknown.request.event = Event::completed;
    CHECK(has(account(unknown, {}, now).flags, DeltaFlags::snatched | DeltaFlags::is_new));
    for (const std::uint64_t left : {std::uint64_t{1}, unknown_left}) {
        Announced unfinished;
        unfinished.before(400, 100).request.left = left;
        unfinished.request.event = Event::completed;
        CHECK_FALSE(has(account(unfinished, {}, now).flags, DeltaFlags::snatched));
        CHECK_FALSE(has(account(unfinished, {}, now).flags, DeltaFlags::is_seeder));
    }
    for (const Event event : {Event::none, Event::started, Event::stopped, Event::paused}) {
        Announced silent;
        silent.before(400, 100).request.left = 0;
        silent.request.event = event;
        CHECK(has(account(silent, {}, now).flags, DeltaFlags::is_seeder));
        CHECK_FALSE(has(account(silent, {}, now).flags, DeltaFlags::snatched));
    }
}

TEST_CASE("a seeder that becomes a leecher again is the same stay, and is credited") {
    Announced back;
    back.before(400, 100).reply.history.was_seeder = true;
    const AnnounceDelta delta = account(back, {}, now);
    CHECK(delta.uploaded_credited == 600);
    CHECK(delta.announces == 5);
    CHECK(delta.stay == seconds(600));
    CHECK_FALSE(has(delta.flags, DeltaFlags::is_seeder | DeltaFlags::is_new));
    CHECK_FALSE(has(delta.flags, DeltaFlags::is_seeder));
}

TEST_CASE("a goodbye is credited, but not one from nobody known") {
    Announced leaving;
    leaving.before(400, 100).request.event = Event::stopped;
    CHECK(account(leaving, {}, now).uploaded_credited == 600);
    CHECK(has(account(leaving, {}, now).flags, DeltaFlags::is_gone));
    Announced stranger;
    stranger.request.event = Event::stopped;
    CHECK(account(stranger, {}, now).uploaded_raw == 0);
    CHECK(has(account(stranger, {}, now).flags, DeltaFlags::is_gone | DeltaFlags::is_new));
}

TEST_CASE("started that is a new base says what the client said, and gains nothing at all") {
    Policy policy;
    policy.site.started_restarts_counters = true;
    Announced started;
    started.before(400, 100).request.event = Event::started;
    const AnnounceDelta delta = account(started, policy, now);
    CHECK(delta.uploaded == 1'000);
    CHECK(delta.corrupt == 30);
    CHECK(delta.corrupt_raw == 0);
    CHECK(delta.downloaded_credited == 0);
    CHECK_FALSE(has(delta.flags, DeltaFlags::is_new));
    CHECK(account(started, {}, now).uploaded_credited == 600);  // elsewhere it is like any other
}

TEST_CASE(
    "where a counter that went back voids both, what came in corrupt is counted all the same") {
    Policy policy;
    policy.site.backward_voids_both = true;
    Announced one_back;
    const AnnounceDelta delta = account(one_back.before(400, 5'000), policy, now);
    CHECK(delta.uploaded_raw == 0);
    CHECK(delta.uploaded_credited == 0);
    CHECK(delta.downloaded_raw == 0);
    CHECK(delta.corrupt_raw == 20);
    CHECK(delta.announces == 5);
    one_back.reply.history.corrupt = 31;
    CHECK(account(one_back, policy, now).corrupt_raw == 0);
}

TEST_CASE("what is announced again is not credited again, whichever address it comes from") {
    Announced again;
    again.before(1'000, 500);
    again.request.ipv4 = {};
    again.request.ipv6.wire = {0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1};
    const AnnounceDelta delta = account(again, {}, now);
    CHECK(delta.uploaded_raw == 0);
    CHECK(delta.downloaded_raw == 0);
}

TEST_CASE("a token is used on a free torrent, too, and what it made free can be counted") {
    Announced free_already;
    free_already.before(400, 100).admitted.freeleech = Freeleech::free;
    free_already.admitted.has_token = true;
    AnnounceDelta delta = account(free_already, {}, now);
    CHECK(has(delta.flags, DeltaFlags::used_token));
    CHECK(delta.downloaded_raw == 400);
    CHECK(delta.downloaded_credited == 0);
    CHECK(delta.uploaded_credited == 600);
    // The download may complete without another byte: the site hears of the token then as well.
    Announced complete;
    complete.before(1'000, 500).request.left = 0;
    complete.request.event = Event::completed;
    complete.admitted.has_token = true;
    delta = account(complete, {}, now);
    CHECK(delta.downloaded_raw == 0);
    CHECK(has(delta.flags, DeltaFlags::used_token | DeltaFlags::snatched));
}

TEST_CASE("global freeleech leaves a neutral torrent neutral") {
    Policy policy;
    policy.freeleech = true;
    Announced neutral;
    neutral.before(400, 100).admitted.freeleech = Freeleech::neutral;
    CHECK(account(neutral, policy, now).uploaded_credited == 0);
    CHECK(account(neutral, policy, now).downloaded_credited == 0);
}

TEST_CASE("no time is negative though another clock runs ahead, and announces stay at their top") {
    Announced ahead;
    ahead.before(400, 100).reply.history.first_announce = sys_seconds(seconds(1'800'000'000));
    ahead.reply.history.last_announce = sys_seconds(seconds(1'800'000'000));
    ahead.reply.history.announces = std::numeric_limits<std::uint32_t>::max();
    const AnnounceDelta delta = account(ahead, {}, now);
    CHECK(delta.stay == seconds(0));
    CHECK(delta.active_for == seconds(0));
    CHECK(delta.announces == std::numeric_limits<std::uint32_t>::max());
}

TEST_SUITE_END();

}  // namespace chihaya::logic
