#pragma once

/// @file udp_packets.hpp
/// Requests as libtorrent writes them over UDP (BEP 15, and BEP 41 for the path), and the numbers
/// that they and their answers are made of.

#include "tests/bench/load/population.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace chihaya::bench {

inline constexpr std::uint64_t protocol_id = 0x0000'0417'2710'1980;
inline constexpr std::size_t connect_size = 16;

/// The longest datagram that is sent here, and room for the longest that a tracker may answer.
inline constexpr std::size_t request_datagram_max = 160;
inline constexpr std::size_t answer_datagram_max = 2048;

/// Values of the second (in answers the first) field.
enum class Action : std::uint32_t { connect = 0, announce = 1, scrape = 2, error = 3 };

/// Reads and writes numbers in network order.
template <class T>
T load(const char* bytes) noexcept {
    T value{};
    for (std::size_t i = 0; i < sizeof(T); ++i)
        value = static_cast<T>(value << 8U) | static_cast<std::uint8_t>(bytes[i]);
    return value;
}

template <class T>
void store(char* bytes, T value) noexcept {
    for (std::size_t i = sizeof(T); i-- > 0; value = static_cast<T>(value >> 8U))
        bytes[i] = static_cast<char>(value & 255U);
}

/// Writes a request to `out`, which has room for request_datagram_max; returns its length.
std::size_t write_connect(char* out, std::uint32_t transaction) noexcept;
std::size_t write_announce(char* out, std::uint64_t connection, std::uint32_t transaction,
                           const Asked& asked) noexcept;

/// The connection id of a right answer to a connect request; 0 of everything else.
[[nodiscard]] std::uint64_t read_connection(std::string_view datagram) noexcept;

}  // namespace chihaya::bench
