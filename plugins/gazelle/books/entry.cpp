#include "plugins/gazelle/books/entry.hpp"

#include <algorithm>
#include <limits>

namespace chihaya::gazelle {
namespace {

std::uint32_t seconds_of(std::chrono::seconds duration) noexcept {
    constexpr std::int64_t most = std::numeric_limits<std::uint32_t>::max();
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(duration.count(), 0, most));
}

}  // namespace

Entry entry_of(const AnnounceDelta& delta) noexcept {
    Entry entry;
    entry.user = static_cast<std::uint64_t>(delta.user);
    entry.torrent = static_cast<std::uint64_t>(delta.torrent);
    entry.uploaded = delta.uploaded;
    entry.downloaded = delta.downloaded;
    entry.left = delta.left;
    entry.corrupt = delta.corrupt;
    entry.corrupt_raw = delta.corrupt_raw;
    entry.uploaded_raw = delta.uploaded_raw;
    entry.downloaded_raw = delta.downloaded_raw;
    entry.uploaded_credited = delta.uploaded_credited;
    entry.downloaded_credited = delta.downloaded_credited;
    entry.at = delta.at.time_since_epoch().count();
    entry.active_for = seconds_of(delta.active_for);
    entry.stay = seconds_of(delta.stay);
    entry.announces = delta.announces;
    entry.seeders = delta.counts.seeders;
    entry.leechers = delta.counts.leechers;
    entry.flags = static_cast<std::uint32_t>(delta.flags);
    entry.event = static_cast<std::uint32_t>(delta.event);
    entry.peer_id = delta.peer_id.bytes;
    if (delta.ipv4.present()) {
        std::copy_n(delta.ipv4.wire.begin(), entry.ipv4.size(), entry.ipv4.begin());
    }
    if (delta.ipv6.present()) {
        std::copy_n(delta.ipv6.wire.begin(), entry.ipv6.size(), entry.ipv6.begin());
    }
    const std::size_t size = std::min(delta.user_agent.size(), entry.user_agent.size());
    std::copy_n(delta.user_agent.begin(), size, entry.user_agent.begin());
    entry.user_agent_size = static_cast<std::uint8_t>(size);
    return entry;
}

}  // namespace chihaya::gazelle
