#pragma once

/// @file control_query.hpp
/// What a call of the site says. The site pastes its values raw, but for info-hashes: nothing else
/// is decoded, '+' and '#' stand for themselves.

#include "chihaya/registry.hpp"
#include "chihaya/types.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chihaya::gazelle {

/// The parameters of one call. Lifetime: views borrow from the text it was made of
class ControlQuery {
public:
    explicit ControlQuery(std::string_view text) noexcept : text_(text) {}

    /// The value of the last parameter of this name; nothing when there is none.
    /// Cost: linear in the query
    [[nodiscard]] std::optional<std::string_view> find(std::string_view name) const noexcept;

    /// As `find`; empty when there is none.
    [[nodiscard]] std::string_view value(std::string_view name) const noexcept {
        return find(name).value_or(std::string_view{});
    }

    /// A whole decimal number; nothing for anything else.
    [[nodiscard]] std::optional<std::int64_t> number(std::string_view name) const noexcept;

    /// A number that can be that of a user or a torrent: above zero.
    [[nodiscard]] std::optional<std::uint64_t> id(std::string_view name) const noexcept;

    /// The parameter `info_hash`: 20 bytes after decoding, or nothing.
    [[nodiscard]] std::optional<InfoHash> info_hash() const noexcept;

    /// The parameter `info_hashes`: 20 bytes each, one behind the other. A rest is left out, and so
    /// is what follows a broken escape.
    [[nodiscard]] std::vector<InfoHash> info_hashes() const;

    /// The parameter of this name as a passkey: 1 to 32 printable bytes, or nothing.
    [[nodiscard]] std::optional<Passkey> passkey(std::string_view name) const noexcept;

    /// "0", "1" and "2" of `freetorrent`; nothing for anything else.
    [[nodiscard]] std::optional<Freeleech> freeleech() const noexcept;

    /// "0" and "1"; nothing for anything else.
    [[nodiscard]] std::optional<bool> flag(std::string_view name) const noexcept;

    /// The raw bytes that a peer id begins with: 1 to 20, or nothing.
    [[nodiscard]] std::optional<PeerIdPrefix> prefix(std::string_view name) const noexcept;

private:
    std::string_view text_;
};

/// The passkey that these bytes are, when they can be one.
[[nodiscard]] std::optional<Passkey> passkey_of(std::string_view text) noexcept;

/// Shape: 40 lower-case hexadecimal digits
[[nodiscard]] std::string hex(const InfoHash& info_hash);

}  // namespace chihaya::gazelle
