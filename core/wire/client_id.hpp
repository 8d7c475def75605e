#pragma once

/// @file client_id.hpp
/// Which program a peer id claims to come from. Anybody can claim anything: good for statistics and
/// politeness, not for security.

#include "chihaya/types.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace chihaya::wire {

/// The six bytes by which the 2014 program told clients apart: those behind a leading '-', or the
/// first six. Empty when there are not so many.
/// Lifetime: a part of `peer_id`
[[nodiscard]] std::string_view client_id(std::string_view peer_id) noexcept;
[[nodiscard]] std::string_view client_id(const PeerId& peer_id) noexcept;

/// How a peer id is laid out.
enum class ClientStyle : std::uint8_t {
    azureus,   // -qB4650-
    mainline,  // M7-10-5--
    shadow,    // S58B-----
    bitcomet,  // exbc and two version bytes
    bitlord,   // likewise, with LORD behind them
    other,     // a known beginning of its own
    unknown,
};

/// What a peer id says about its program.
/// Lifetime: `code` lies in the peer id
struct ClientName {
    ClientStyle style = ClientStyle::unknown;
    std::string_view
        code{};  // "qB", "M", "A2", "S", "exbc", "XBT"; unknown: the first 8 bytes, any value
    std::array<char, 14> version_room{};
    std::uint8_t version_size = 0;

    /// "4650" as it stands (azureus), or numbers joined by dots; empty when unknown.
    [[nodiscard]] std::string_view version() const noexcept {
        return {version_room.data(), version_size};
    }
};

/// Source: BEP 20, and what programs really send
[[nodiscard]] ClientName classify_client(const PeerId& peer_id) noexcept;

/// "azureus", "mainline", … : a label for metrics.
[[nodiscard]] std::string_view style_name(ClientStyle style) noexcept;

}  // namespace chihaya::wire
