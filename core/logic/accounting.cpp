#include "core/logic/accounting.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace chihaya::logic {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

/// Never negative: the other moment may be of a clock that runs ahead of ours.
constexpr seconds passed(sys_seconds since, sys_seconds now) noexcept {
    return std::max(now - since, seconds(0));
}

constexpr std::uint64_t growth(std::uint64_t before, std::uint64_t after) noexcept {
    return after > before ? after - before : 0;
}

/// Rounded down; a multiplier that is no sensible number counts as zero.
std::uint64_t scaled(std::uint64_t raw, double multiplier) noexcept {
    constexpr double top = 18446744073709549568.0;  // the largest double below 2^64
    if (multiplier == 1.0) {
        return raw;  // exact, whatever its size
    }
    const double product = std::floor(static_cast<double>(raw) * multiplier);
    if (!(product > 0)) {
        return 0;
    }
    return product >= top ? std::numeric_limits<std::uint64_t>::max()
                          : static_cast<std::uint64_t>(product);
}

void add_traffic(AnnounceDelta& delta, const Announcement& announcement, const Policy& policy) {
    const AnnounceRequest& request = announcement.request;
    const PeerHistory& history = announcement.reply.history;
    const bool new_base = !history.known || (policy.site.started_restarts_counters &&
                                             request.event == Event::started);
    const bool went_back =
        request.uploaded < history.uploaded || request.downloaded < history.downloaded;
    if (new_base) {
        return;
    }
    // Nobody is charged for it, so it is counted even where the others are void.
    delta.corrupt_raw = growth(history.corrupt, request.corrupt);
    if (policy.site.backward_voids_both && went_back) {
        return;
    }
    const Admitted& admitted = announcement.admitted;
    delta.uploaded_raw = growth(history.uploaded, request.uploaded);
    delta.downloaded_raw = growth(history.downloaded, request.downloaded);
    const bool neutral = admitted.freeleech == Freeleech::neutral;
    const bool free = policy.freeleech || admitted.freeleech != Freeleech::none;
    delta.uploaded_credited = neutral ? 0 : scaled(delta.uploaded_raw, admitted.up_multiplier);
    delta.downloaded_credited =
        free || admitted.has_token ? 0 : scaled(delta.downloaded_raw, admitted.down_multiplier);
}

DeltaFlags flags_of(const Announcement& announcement) {
    const AnnounceRequest& request = announcement.request;
    const PeerHistory& history = announcement.reply.history;
    const bool seeds = request.left == 0;
    auto flags = DeltaFlags::none;
    const auto set = [&](bool condition, DeltaFlags flag) {
        flags = condition ? flags | flag : flags;
    };
    set(seeds, DeltaFlags::is_seeder);
    set(!history.known, DeltaFlags::is_new);
    set(request.event == Event::stopped, DeltaFlags::is_gone);
    set(request.event == Event::completed && seeds && !history.was_seeder, DeltaFlags::snatched);
    set(announcement.admitted.hide_address, DeltaFlags::hidden);
    set(request.event == Event::paused && !seeds, DeltaFlags::is_paused);
    set(announcement.admitted.has_token && announcement.admitted.freeleech != Freeleech::neutral,
        DeltaFlags::used_token);
    return flags;
}

}  // namespace

AnnounceDelta account(const Announcement& announcement, const Policy& policy, Time now) noexcept {
    const AnnounceRequest& request = announcement.request;
    const PeerHistory& history = announcement.reply.history;
    AnnounceDelta delta;
    delta.user = request.user;
    delta.torrent = announcement.admitted.torrent;
    delta.info_hash = request.info_hash;
    delta.peer_id = request.peer_id;
    delta.ipv4 = request.ipv4;
    delta.ipv6 = request.ipv6;
    delta.uploaded = request.uploaded;
    delta.downloaded = request.downloaded;
    delta.left = request.left;
    delta.corrupt = request.corrupt;
    delta.at = now;
    delta.event = request.event;
    delta.counts = announcement.reply.counts;
    delta.user_agent = announcement.user_agent();
    delta.flags = flags_of(announcement);
    delta.announces = 1;
    if (history.known) {
        const auto second = std::chrono::floor<seconds>(now);
        const bool new_stay = request.event == Event::started;
        delta.active_for = passed(history.last_announce, second);
        delta.stay = new_stay ? seconds(0) : passed(history.first_announce, second);
        delta.announces =
            new_stay ? 1 : std::max(history.announces, history.announces + 1);  // stays at its top
    }
    add_traffic(delta, announcement, policy);
    return delta;
}

}  // namespace chihaya::logic
