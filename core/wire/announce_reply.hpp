#pragma once

/// @file announce_reply.hpp
/// The bencoded answer to an announce: canonical, that is, with ascending keys.

#include "chihaya/types.hpp"
#include "core/base/ip_address.hpp"
#include "core/wire/byte_writer.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace chihaya::wire {

/// Lifetime: views are borrowed until the answer is written
struct AnnounceAnswer {
    SwarmCounts counts{};
    std::uint32_t interval = 0;  // seconds
    std::uint32_t min_interval = 0;
    std::span<const std::uint8_t> ipv4{};  // 6 bytes a peer, as in Ipv4Endpoint
    std::span<const std::uint8_t> ipv6{};  // 18 bytes a peer, as in Ipv6Endpoint
    std::span<const PeerId> ipv4_ids{};    // one for each peer, or empty: no ids in the long form
    std::span<const PeerId> ipv6_ids{};
    std::optional<IpAddress> external_ip{};  // where the client was seen
    std::string_view warning{};              // to the user; empty is none
    bool with_ipv6_key = false;              // `peers6` even when it is empty
};

/// The short form: peers as one string a family.
/// Source: BEP 3, BEP 7, BEP 23, BEP 24
void write_announce(ByteWriter& out, const AnnounceAnswer& answer) noexcept;

/// The long form, for `compact=0`: peers as dictionaries, IPv4 first.
void write_announce_dictionary(ByteWriter& out, const AnnounceAnswer& answer) noexcept;

}  // namespace chihaya::wire
