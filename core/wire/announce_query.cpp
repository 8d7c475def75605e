#include "core/wire/announce_query.hpp"

#include "core/wire/address_text.hpp"
#include "core/wire/byte_class.hpp"
#include "core/wire/byte_writer.hpp"
#include "core/wire/query.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace chihaya::wire {
namespace {

using Code = AnnounceError::Code;
using Refusal = std::optional<AnnounceError>;

enum class Key : std::uint8_t {
    unknown,
    info_hash,
    peer_id,
    port,
    uploaded,
    downloaded,
    left,
    corrupt,
    event,
    key,
    num_want,
    compact,
    no_peer_id,
    ip,
    ipv4,
    ipv6,
};

constexpr std::size_t key_size_max = 10;  // no_peer_id, downloaded
constexpr std::size_t value_head_max = 64;

Key recognise(std::string_view key) noexcept {
    switch (key.size()) {
        case 2:
            return key == "ip" ? Key::ip : Key::unknown;
        case 3:
            return key == "key" ? Key::key : Key::unknown;
        case 4:
            return key == "port"   ? Key::port
                   : key == "left" ? Key::left
                   : key == "ipv4" ? Key::ipv4
                   : key == "ipv6" ? Key::ipv6
                                   : Key::unknown;
        case 5:
            return key == "event" ? Key::event : Key::unknown;
        case 7:
            return key == "peer_id"   ? Key::peer_id
                   : key == "compact" ? Key::compact
                   : key == "numwant" ? Key::num_want
                   : key == "corrupt" ? Key::corrupt
                                      : Key::unknown;
        case 8:
            return key == "uploaded"   ? Key::uploaded
                   : key == "num_want" ? Key::num_want
                                       : Key::unknown;
        case 9:
            return key == "info_hash" ? Key::info_hash : Key::unknown;
        case 10:
            return key == "downloaded"   ? Key::downloaded
                   : key == "no_peer_id" ? Key::no_peer_id
                                         : Key::unknown;
        default:
            return Key::unknown;
    }
}

/// Of a key that is not known as it stands: it may be escaped.
Key recognise_escaped(std::string_view raw) noexcept {
    if (raw.find('%') == std::string_view::npos) {
        return Key::unknown;
    }
    std::array<std::uint8_t, key_size_max> room{};
    const auto size = decode(raw, room);
    if (!size || *size > room.size()) {
        return Key::unknown;
    }
    std::array<char, key_size_max> text{};
    std::copy_n(room.begin(), *size, text.begin());
    return recognise({text.data(), *size});
}

/// The beginning of a value, decoded; without a copy where nothing is escaped.
class ValueText final {
public:
    /// False when an escape is broken.
    [[nodiscard]] bool read(std::string_view raw) noexcept {
        text_ = raw;
        if (!is_escaped(raw)) {
            return true;
        }
        const auto size = decode(raw, room_);
        if (!size) {
            return false;
        }
        whole_ = *size <= room_.size();
        std::memcpy(chars_.data(), room_.data(), room_.size());
        text_ = {chars_.data(), std::min(*size, chars_.size())};
        return true;
    }

    [[nodiscard]] std::string_view head() const noexcept { return text_.substr(0, value_head_max); }

    /// Empty, which no parameter takes for a value, when the value is longer than any sensible one.
    [[nodiscard]] std::string_view all() const noexcept {
        return whole_ ? text_ : std::string_view{};
    }

private:
    std::array<std::uint8_t, value_head_max> room_{};
    std::array<char, value_head_max> chars_{};
    std::string_view text_{};
    bool whole_ = true;
};

std::uint64_t count_of(std::string_view text, std::uint64_t otherwise) noexcept {
    const auto value = read_integer(text);
    return value && *value >= 0 ? static_cast<std::uint64_t>(*value) : otherwise;
}

Event event_of(std::string_view text) noexcept {
    return text == "started"     ? Event::started
           : text == "stopped"   ? Event::stopped
           : text == "completed" ? Event::completed
           : text == "paused"    ? Event::paused
                                 : Event::none;
}

std::uint32_t num_want_of(std::string_view text) noexcept {
    const std::uint64_t wanted = count_of(text, num_want_absent);
    return text.empty() || wanted == num_want_absent
               ? num_want_absent
               : static_cast<std::uint32_t>(std::min<std::uint64_t>(wanted, num_want_absent - 1));
}

std::uint32_t key_of(std::string_view text) noexcept {
    std::uint32_t number = 0;
    bool is_hex = !text.empty() && text.size() <= 8;
    std::uint32_t hash = 0x811c9dc5;  // FNV-1a
    for (const char c : text) {
        const int digit = hex_value(c);
        is_hex = is_hex && digit >= 0;
        number = number << 4U | (static_cast<std::uint32_t>(digit) & 0xfU);
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193U;
    }
    return is_hex ? number : text.empty() ? 0 : hash;
}

/// Which of the required parameters have been seen.
struct Seen {
    bool info_hash = false;
    bool peer_id = false;
    bool port = false;
    bool left = false;
};

Refusal take_bytes(std::string_view raw, std::span<std::uint8_t, 20> out,
                   Code wrong_size) noexcept {
    const auto size = decode(raw, out);
    if (!size) {
        return AnnounceError{Code::broken_escape};
    }
    if (*size != out.size()) {
        return AnnounceError{wrong_size, static_cast<std::uint32_t>(*size)};
    }
    return std::nullopt;
}

Refusal take_port(std::string_view text, AnnounceQuery& out) noexcept {
    const std::uint64_t port = count_of(text, 0);
    if (port == 0 || port > 0xffff) {
        return AnnounceError{Code::port_invalid};
    }
    out.port = static_cast<std::uint16_t>(port);
    return std::nullopt;
}

void take_address(std::string_view text, Key key, AnnounceQuery& out) noexcept {
    std::optional<IpAddress>& place = key == Key::ip     ? out.ip
                                      : key == Key::ipv4 ? out.ipv4
                                                         : out.ipv6;
    if (place.has_value()) {
        return;
    }
    const auto address = address_of(text);
    if (address && (key == Key::ip || address->is_ipv4() == (key == Key::ipv4))) {
        place = address;
    }
}

/// A parameter that is text or a number.
Refusal take_text(Key key, std::string_view raw, Seen& seen, AnnounceQuery& out) noexcept {
    ValueText value;
    if (!value.read(raw)) {
        return AnnounceError{Code::broken_escape};
    }
    const std::string_view text = value.all();
    switch (key) {
        case Key::port:
            seen.port = true;
            return take_port(text, out);
        case Key::left:
            seen.left = true;
            out.left = count_of(text, unknown_left);
            break;
        case Key::uploaded:
            out.has_uploaded = true;
            out.uploaded = count_of(text, 0);
            break;
        case Key::downloaded:
            out.has_downloaded = true;
            out.downloaded = count_of(text, 0);
            break;
        case Key::corrupt:
            out.corrupt = count_of(text, 0);
            break;
        case Key::event:
            out.event = event_of(text);
            break;
        case Key::key:
            out.key = key_of(value.head());
            break;
        case Key::num_want:
            out.num_want = num_want_of(text);
            break;
        case Key::compact:
            out.compact = text != "0";
            break;
        case Key::no_peer_id:
            out.no_peer_id = text == "1";
            break;
        default:
            take_address(text, key, out);
            break;
    }
    return std::nullopt;
}

Refusal take(const QueryItem& item, Seen& seen, AnnounceQuery& out) noexcept {
    Key key = recognise(item.key);
    if (key == Key::unknown) {
        key = recognise_escaped(item.key);
    }
    switch (key) {
        case Key::unknown:
            return std::nullopt;
        case Key::info_hash:
            if (seen.info_hash) {
                return AnnounceError{Code::info_hash_repeated};
            }
            seen.info_hash = true;
            return take_bytes(item.value, out.info_hash.bytes, Code::info_hash_size);
        case Key::peer_id:
            seen.peer_id = true;
            return take_bytes(item.value, out.peer_id.bytes, Code::peer_id_size);
        default:
            return take_text(key, item.value, seen, out);
    }
}

Refusal missing(const Seen& seen) noexcept {
    if (!seen.info_hash) {
        return AnnounceError{Code::info_hash_missing};
    }
    if (!seen.peer_id) {
        return AnnounceError{Code::peer_id_missing};
    }
    if (!seen.port) {
        return AnnounceError{Code::port_missing};
    }
    if (!seen.left) {
        return AnnounceError{Code::left_missing};
    }
    return std::nullopt;
}

std::string_view words(Code code) noexcept {
    switch (code) {
        case Code::too_many_items:
            return "too many parameters";
        case Code::broken_escape:
            return "a value has a broken percent escape";
        case Code::info_hash_missing:
            return "info_hash is missing";
        case Code::info_hash_repeated:
            return "info_hash given twice";
        case Code::info_hash_size:
            return "info_hash must be 20 bytes, got ";
        case Code::peer_id_missing:
            return "peer_id is missing";
        case Code::peer_id_size:
            return "peer_id must be 20 bytes, got ";
        case Code::port_missing:
            return "port is missing";
        case Code::port_invalid:
            return "port must be 1 to 65535";
        case Code::left_missing:
            return "left is missing";
    }
    return "";
}

}  // namespace

AnnounceResult parse_announce(std::string_view query) noexcept {
    AnnounceResult result{AnnounceQuery{}};
    AnnounceQuery& out = *result;
    Seen seen;
    QueryCursor cursor(query);
    QueryItem item;
    while (cursor.next(item)) {
        if (const Refusal refusal = take(item, seen, out)) {
            return *refusal;
        }
    }
    if (cursor.too_many()) {
        return AnnounceError{Code::too_many_items};
    }
    if (const Refusal refusal = missing(seen)) {
        return *refusal;
    }
    return result;
}

std::string_view reason(AnnounceError error, std::span<char, reason_max> room) noexcept {
    ByteWriter out(room);
    out.text("malformed request: ");
    out.text(words(error.code));
    if (error.code == Code::info_hash_size || error.code == Code::peer_id_size) {
        out.number(error.number);
    }
    return out.view();
}

}  // namespace chihaya::wire
