#pragma once

/// @file announce.hpp
/// Requests as clients write them, and the bytes they are made of.

#include <cstdint>
#include <string>
#include <string_view>

namespace chihaya::test {

using namespace std::string_literals;
using namespace std::string_view_literals;

/// Sample info-hashes: letters, signs and bytes above 0x7f; every byte that escaping can get wrong;
/// control characters with NUL first; 0xff only.
inline constexpr std::string_view hash_a =
    "\xa2\xa1U7T+\"\x92Z\xd1\x04\x86\xbfz\x8b*\x9c\x42\xf0\xd1"sv;
inline constexpr std::string_view hash_b = " &=%;+.-_~*'()!\0/?:@"sv;
inline constexpr std::string_view hash_c =
    "\0\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13"sv;

/// Sample clients.
inline constexpr std::string_view qbittorrent = "-qB4650-AbCdEfGhIjKl";
inline constexpr std::string_view transmission = "-TR4060-0123456789ah";

/// Every byte as %HH.
[[nodiscard]] std::string escaped(std::string_view bytes);

/// 40 hexadecimal digits.
[[nodiscard]] std::string hex(std::string_view info_hash);

/// An info-hash nobody else uses: `number`, then zeros.
[[nodiscard]] std::string numbered_hash(std::uint32_t number);

/// An endpoint in compact form, of 6 or 18 bytes.
[[nodiscard]] std::string compact(const std::string& address, std::uint32_t port);

/// One announce. What is not said is that of a leecher that has just begun.
/// Lifetime: of the two views, the caller's
struct Announce {
    std::string_view info_hash = hash_a;
    std::string_view peer_id = qbittorrent;
    std::uint32_t port = 6881;
    std::uint64_t left = 65'536;
    std::string event{};
    std::string more{};  // further parameters, each with its '&'
    std::string from{};  // whom a trusted proxy names as the client; empty: nobody
};

/// Path and query.
[[nodiscard]] std::string target(const Announce& announce);

/// A whole request on a connection that stays open.
[[nodiscard]] std::string request(const Announce& announce);

/// A request without headers but Host. Shape: `headers` are complete lines
[[nodiscard]] std::string get(std::string_view target, std::string_view headers = "");

/// "/scrape?info_hash=…", every byte escaped.
[[nodiscard]] std::string scrape_target(std::string_view info_hash);

/// What a client was recorded to send, byte for byte; `name` is a file of tests/fuzz/corpus.
[[nodiscard]] std::string recorded(std::string_view name);

}  // namespace chihaya::test
