#include "core/wire/address_text.hpp"

#include "core/base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

namespace chihaya::wire {
namespace {

bool is_port(std::string_view text) noexcept {
    return !text.empty() && text.size() <= 5 &&
           std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; });
}

/// Of "[address]" and "[address]:port".
std::optional<IpAddress> bracketed(std::string_view text) noexcept {
    const auto closing = text.find(']');
    if (closing == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view address = text.substr(1, closing - 1);
    const std::string_view rest = text.substr(closing + 1);
    const bool has_port = !rest.empty() && rest.front() == ':' && is_port(rest.substr(1));
    if (address.find(':') == std::string_view::npos || (!rest.empty() && !has_port)) {
        return std::nullopt;
    }
    return IpAddress::parse(address);
}

using Groups = std::array<unsigned, 8>;

/// A run of zero groups, which "::" stands for.
struct ZeroRun {
    std::size_t begin = 8;
    std::size_t size = 1;  // a single group is not worth it
};

ZeroRun longest_zeros(const Groups& groups) noexcept {
    ZeroRun best;
    for (std::size_t i = 0; i < groups.size(); ++i) {
        std::size_t end = i;
        while (end < groups.size() && groups[end] == 0) {
            ++end;
        }
        if (end - i > best.size) {
            best = {.begin = i, .size = end - i};
        }
        i = std::max(i, end);
    }
    return best;
}

}  // namespace

std::optional<IpAddress> address_of(std::string_view text) noexcept {
    if (text.empty()) {
        return std::nullopt;
    }
    if (text.front() == '[') {
        return bracketed(text);
    }
    const auto colon = text.find(':');
    if (colon != std::string_view::npos && text.find(':', colon + 1) == std::string_view::npos) {
        return is_port(text.substr(colon + 1)) ? IpAddress::parse(text.substr(0, colon))
                                               : std::nullopt;
    }
    return IpAddress::parse(text);
}

std::string_view address_text(std::span<const std::uint8_t, 4> ipv4,
                              std::span<char, address_text_max> room) noexcept {
    char* at = room.data();
    char* const end = at + room.size();
    for (std::size_t i = 0; i < ipv4.size(); ++i) {
        if (i != 0) {
            *at++ = '.';
        }
        at = std::to_chars(at, end, unsigned{ipv4[i]}).ptr;
    }
    return {room.data(), static_cast<std::size_t>(at - room.data())};
}

std::string_view address_text(std::span<const std::uint8_t, 16> ipv6,
                              std::span<char, address_text_max> room) noexcept {
    Groups groups{};
    for (std::size_t i = 0; i < groups.size(); ++i) {
        groups[i] = unsigned{ipv6[2 * i]} << 8U | unsigned{ipv6[2 * i + 1]};
    }
    const ZeroRun zeros = longest_zeros(groups);
    char* at = room.data();
    char* const end = at + room.size();
    for (std::size_t i = 0; i < groups.size();) {
        if (i == zeros.begin) {
            *at++ = ':';
            *at++ = ':';
            i += zeros.size;
            continue;
        }
        if (i != 0 && i != zeros.begin + zeros.size) {
            *at++ = ':';
        }
        at = std::to_chars(at, end, groups[i], 16).ptr;
        ++i;
    }
    return {room.data(), static_cast<std::size_t>(at - room.data())};
}

}  // namespace chihaya::wire
