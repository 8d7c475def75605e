#pragma once

/// @file population.hpp
/// The swarms and peers that a load consists of, all derived from their indices, and their requests
/// as libtorrent writes them.

#include <array>
#include <cstddef>
#include <cstdint>

namespace chihaya::bench {

/// Peers announce from 127.0.0.1 and differ in their ports, which start here; over UDP, peers of
/// large swarms also announce from 127.0.0.2 and so on.
inline constexpr std::uint32_t first_address = 0x7F00'0001;
inline constexpr std::uint16_t first_port = 1024;
inline constexpr std::uint32_t ports_per_address = 60'000;
inline constexpr std::uint32_t addresses_max = 4;
inline constexpr std::uint32_t peers_per_swarm_max = ports_per_address * addresses_max;

/// Accounts of a private tracker have these numbers; their passkeys are them, in 32 digits.
inline constexpr std::uint32_t first_account = 1'001;
inline constexpr std::size_t passkey_size = 32;

/// Requests in flight on one connection, at most: they fit into a socket's buffer.
inline constexpr std::uint32_t pipeline_max = 32;

/// The longest request: every byte of the info-hash escaped.
inline constexpr std::size_t request_size_max = 512;

using Hash = std::array<std::uint8_t, 20>;

/// One announce: who asks for how much.
struct Asked {
    std::uint32_t swarm = 0;
    std::uint32_t peer = 0;
    std::uint32_t num_want = 0;
    bool started = false;        // the peer's first announce
    std::uint32_t account = 0;   // whose it is; 0: a public tracker is asked
    std::uint64_t uploaded = 0;  // by the peer, so far
};

[[nodiscard]] constexpr std::uint32_t address_index(std::uint32_t peer) noexcept {
    return peer / ports_per_address;
}

[[nodiscard]] constexpr std::uint16_t port_of(std::uint32_t peer) noexcept {
    return static_cast<std::uint16_t>(first_port + peer % ports_per_address);
}

/// What tells the peers of all swarms apart: the source of peer ids and keys.
[[nodiscard]] std::uint64_t identity(const Asked& asked) noexcept;

/// A bijection that looks random; the step of a splitmix64 generator.
[[nodiscard]] std::uint64_t mix(std::uint64_t value) noexcept;

[[nodiscard]] Hash info_hash(std::uint32_t swarm) noexcept;

/// Peers of one swarm are of different accounts when it has no more of them than there are
/// accounts.
[[nodiscard]] constexpr std::uint32_t account_of(std::uint32_t swarm, std::uint32_t peer,
                                                 std::uint32_t accounts) noexcept {
    return first_account +
           static_cast<std::uint32_t>((std::uint64_t{swarm} * 7'919 + peer) % accounts);
}

/// Writes passkey_size digits to `out`.
void write_passkey(char* out, std::uint32_t account) noexcept;

/// Writes the request to `out`, which has room for request_size_max; returns its length.
std::size_t write_request(char* out, const Asked& asked, bool close) noexcept;

}  // namespace chihaya::bench
