#pragma once

/// @file address_text.hpp
/// Addresses as text, on the path of a request: read where a port may follow, written without
/// allocating.

#include "core/base/ip_address.hpp"
#include "core/wire/byte_writer.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace chihaya::wire {

/// An address that may carry a port: `1.2.3.4`, `1.2.3.4:80`, `2001:db8::1`, `[2001:db8::1]`,
/// `[2001:db8::1]:80`. The port is dropped.
/// Errors: empty for anything else, host names and zones included
[[nodiscard]] std::optional<IpAddress> address_of(std::string_view text) noexcept;

/// Longest text of an address.
inline constexpr std::size_t address_text_max = 39;

/// Puts the text of an address into `room`, without brackets or port.
/// Lifetime: the result lies in `room`
/// Source:   RFC 5952
[[nodiscard]] std::string_view address_text(std::span<const std::uint8_t, 4> ipv4,
                                            std::span<char, address_text_max> room) noexcept;
[[nodiscard]] std::string_view address_text(std::span<const std::uint8_t, 16> ipv6,
                                            std::span<char, address_text_max> room) noexcept;

}  // namespace chihaya::wire
