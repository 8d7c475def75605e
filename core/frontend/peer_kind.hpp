#pragma once

/// @file peer_kind.hpp
/// What a driver must know about an announcing client beyond its numbers, whichever protocol it
/// speaks.

#include "chihaya/announce.hpp"

#include <cstdint>

namespace chihaya::frontend {

/// A client without a listening port announces 1, because some trackers reject 0 (libtorrent).
inline constexpr std::uint16_t no_listening_port = 1;

/// A seeder has no use for other seeders; who cannot be reached is handed to nobody.
[[nodiscard]] constexpr AnnounceFlags flags_of(std::uint64_t left, std::uint16_t port) noexcept {
    return (left == 0 ? AnnounceFlags::only_leechers : AnnounceFlags::none) |
           (port == no_listening_port ? AnnounceFlags::hidden : AnnounceFlags::none);
}

}  // namespace chihaya::frontend
