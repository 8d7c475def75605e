#pragma once

/// @file swarm_page.hpp
/// One torrent as `GET /torrents/…` shows it.

#include "chihaya/tracker_driver.hpp"
#include "core/management/reply.hpp"

#include <array>
#include <optional>
#include <string_view>

namespace chihaya::management {

/// The words for `Freeleech`, in the order of its enumerators.
inline constexpr std::array<std::string_view, 3> freeleech_names{"none", "free", "neutral"};

/// The record, if there is one, and the swarm, if `tracker` shows one: see torrents.hpp.
/// Cost: with `show_peers` up to limits::listed_peers_max peers are copied
[[nodiscard]] Reply swarm_page(const InfoHash& info_hash,
                               const std::optional<TorrentRecord>& torrent, TrackerDriver& tracker,
                               bool show_peers);

}  // namespace chihaya::management
