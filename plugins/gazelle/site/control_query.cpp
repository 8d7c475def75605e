#include "plugins/gazelle/site/control_query.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace chihaya::gazelle {
namespace {

int digit_of(char c) noexcept {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/// Takes one byte from the front of `text`, which is not empty. Nothing: a broken escape.
std::optional<std::uint8_t> take_byte(std::string_view& text) noexcept {
    if (text.front() != '%') {
        const auto byte = static_cast<std::uint8_t>(text.front());
        text.remove_prefix(1);
        return byte;
    }
    const int high = text.size() < 3 ? -1 : digit_of(text[1]);
    const int low = text.size() < 3 ? -1 : digit_of(text[2]);
    if (high < 0 || low < 0) {
        return std::nullopt;
    }
    text.remove_prefix(3);
    return static_cast<std::uint8_t>(high * 16 + low);
}

/// Takes 20 bytes from the front of `text`. Nothing: there are not so many.
std::optional<InfoHash> take_info_hash(std::string_view& text) noexcept {
    InfoHash info_hash;
    for (std::uint8_t& byte : info_hash.bytes) {
        const auto taken = text.empty() ? std::nullopt : take_byte(text);
        if (!taken) {
            return std::nullopt;
        }
        byte = *taken;
    }
    return info_hash;
}

}  // namespace

std::optional<std::string_view> ControlQuery::find(std::string_view name) const noexcept {
    std::string_view rest = text_;
    for (;;) {
        const std::size_t before = rest.rfind('&');
        const std::string_view field =
            before == std::string_view::npos ? rest : rest.substr(before + 1);
        if (field.size() > name.size() && field.starts_with(name) && field[name.size()] == '=') {
            return field.substr(name.size() + 1);
        }
        if (before == std::string_view::npos) {
            return std::nullopt;
        }
        rest = rest.substr(0, before);
    }
}

std::optional<std::int64_t> ControlQuery::number(std::string_view name) const noexcept {
    const std::string_view text = value(name);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    const bool is_whole = error == std::errc{} && end == text.data() + text.size();
    return is_whole ? std::optional(number) : std::nullopt;
}

std::optional<std::uint64_t> ControlQuery::id(std::string_view name) const noexcept {
    const auto found = number(name);
    return found && *found > 0 ? std::optional(static_cast<std::uint64_t>(*found)) : std::nullopt;
}

std::optional<InfoHash> ControlQuery::info_hash() const noexcept {
    std::string_view text = value("info_hash");
    const auto found = take_info_hash(text);
    return text.empty() ? found : std::nullopt;
}

std::vector<InfoHash> ControlQuery::info_hashes() const {
    std::string_view text = value("info_hashes");
    std::vector<InfoHash> all;
    while (const auto found = take_info_hash(text)) {
        all.push_back(*found);
    }
    return all;
}

std::optional<Passkey> ControlQuery::passkey(std::string_view name) const noexcept {
    return passkey_of(value(name));
}

std::optional<Freeleech> ControlQuery::freeleech() const noexcept {
    const std::string_view text = value("freetorrent");
    if (text == "0") {
        return Freeleech::none;
    }
    if (text == "1") {
        return Freeleech::free;
    }
    return text == "2" ? std::optional(Freeleech::neutral) : std::nullopt;
}

std::optional<bool> ControlQuery::flag(std::string_view name) const noexcept {
    const std::string_view text = value(name);
    return text == "0" || text == "1" ? std::optional(text == "1") : std::nullopt;
}

std::optional<PeerIdPrefix> ControlQuery::prefix(std::string_view name) const noexcept {
    const std::string_view text = value(name);
    PeerIdPrefix prefix;
    if (text.empty() || text.size() > prefix.bytes.size()) {
        return std::nullopt;
    }
    std::transform(text.begin(), text.end(), prefix.bytes.begin(),
                   [](char c) { return static_cast<std::uint8_t>(c); });
    prefix.size = static_cast<std::uint8_t>(text.size());
    return prefix;
}

std::optional<Passkey> passkey_of(std::string_view text) noexcept {
    Passkey passkey;
    const auto is_printable = [](char c) {
        return c > ' ' && c < 0x7f;
    };
    if (text.empty() || text.size() > passkey.text.size() ||
        !std::all_of(text.begin(), text.end(), is_printable)) {
        return std::nullopt;
    }
    std::copy(text.begin(), text.end(), passkey.text.begin());
    return passkey;
}

std::string hex(const InfoHash& info_hash) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    text.reserve(2 * info_hash.bytes.size());
    for (const std::uint8_t byte : info_hash.bytes) {
        text += digits[byte >> 4U];
        text += digits[byte & 15U];
    }
    return text;
}

}  // namespace chihaya::gazelle
