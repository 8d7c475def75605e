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

TEST_SUITE_END();

}  // namespace chihaya::logic
