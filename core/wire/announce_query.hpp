#pragma once

/// @file announce_query.hpp
/// The parameters of an HTTP announce, as far as they can be judged without knowing who asks.

#include "chihaya/announce.hpp"
#include "chihaya/types.hpp"
#include "core/base/ip_address.hpp"

#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace chihaya::wire {

/// `AnnounceQuery::num_want` of a client that did not say, or said nonsense.
inline constexpr std::uint32_t num_want_absent = ~std::uint32_t{0};

/// What an announce says. A parameter that occurs twice counts as it was said last, but for
/// `info_hash` (an error) and the addresses (the first that is one).
/// Source: BEP 3, BEP 7, BEP 21, BEP 23
struct AnnounceQuery {
    InfoHash info_hash{};
    PeerId peer_id{};
    std::uint64_t uploaded = 0;  // bytes; 0 when absent or nonsense; at most 2^63 - 1
    std::uint64_t downloaded = 0;
    std::uint64_t left = unknown_left;  // unknown when nonsense; otherwise at most 2^63 - 1
    std::uint64_t corrupt = 0;
    std::uint16_t port = 0;     // never 0 in a result
    bool has_uploaded = false;  // was it there, sensible or not?
    bool has_downloaded = false;
    bool compact = true;      // false only for "0"
    bool no_peer_id = false;  // true only for "1"
    Event event = Event::none;
    /// 1 to 8 hexadecimal digits are that number, which is what libtorrent and Transmission send
    /// over UDP too; of anything else the FNV-1a hash of its first 64 bytes; 0 when absent.
    std::uint32_t key = 0;
    std::uint32_t num_want = num_want_absent;  // otherwise saturates below that
    // Where the client claims to be. Not to be believed without a reason. Host names are not taken.
    std::optional<IpAddress> ip{};
    std::optional<IpAddress> ipv4{};  // is IPv4
    std::optional<IpAddress> ipv6{};  // is not IPv4
};

/// Why a query is no announce.
struct AnnounceError {
    enum class Code : std::uint8_t {
        too_many_items,
        broken_escape,
        info_hash_missing,
        info_hash_repeated,
        info_hash_size,  // `number` is the size in bytes
        peer_id_missing,
        peer_id_size,  // likewise
        port_missing,
        port_invalid,
        left_missing,
    };
    Code code = Code::too_many_items;
    std::uint32_t number = 0;

    friend bool operator==(const AnnounceError&, const AnnounceError&) = default;
};

using AnnounceResult = boost::system::result<AnnounceQuery, AnnounceError>;

/// Reads everything behind the first '?' of an announce. Keys are case-sensitive and may be
/// escaped; unknown ones are passed over, whatever their values look like.
/// Cost: one pass, no allocation: less than 2 ns for each byte of a usual announce
[[nodiscard]] AnnounceResult parse_announce(std::string_view query) noexcept;

/// Room for every text of `reason`.
inline constexpr std::size_t reason_max = 80;

/// What the client is told: "malformed request: info_hash must be 20 bytes, got 19". Says nothing
/// that the client sent but sizes.
/// Lifetime: the text lies in `room`
[[nodiscard]] std::string_view reason(AnnounceError error,
                                      std::span<char, reason_max> room) noexcept;

}  // namespace chihaya::wire
