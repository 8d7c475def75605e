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
    return size && *size <= room.size()
               ? recognise({reinterpret_cast<const char*>(room.data()), *size})
               : Key::unknown;
}

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
    constexpr std::uint64_t absent = ~std::uint64_t{0};
    const std::uint64_t wanted = count_of(text, absent);
    return wanted == absent
               ? num_want_absent
               : static_cast<std::uint32_t>(std::min<std::uint64_t>(wanted, num_want_absent - 1));
}

std::uint32_t key_of(std::string_view text) noexcept {
    std::uint32_t number = 0;
    int all_digits = 0;  // negative once one is none
    for (const char c : text.substr(0, 8)) {
        const int digit = hex_value(c);
        all_digits |= digit;
        number = number << 4U | (static_cast<std::uint32_t>(digit) & 0xfU);
    }
    if (text.size() <= 8 && all_digits >= 0) {
        return number;
    }
    std::uint32_t hash = 0x811c9dc5;  // FNV-1a
    for (const char c : text.substr(0, value_head_max)) {
        hash = (hash ^ static_cast<unsigned char>(c)) * 0x01000193U;
    }
    return hash;
}

/// Fills in one announce, item by item.
class AnnounceReader final {
public:
    explicit AnnounceReader(AnnounceQuery& out) noexcept : out_(out) {}

    /// False when the announce is to be refused, with `error`.
    [[nodiscard]] bool take(const QueryItem& item) noexcept {
        Key key = recognise(item.key);
        if (key == Key::unknown) {
            key = recognise_escaped(item.key);
        }
        switch (key) {
            case Key::unknown:
                return true;
            case Key::info_hash:
                if (has_info_hash_) {
                    return refuse(Code::info_hash_repeated);
                }
                has_info_hash_ = true;
                return take_bytes(item, out_.info_hash.bytes, Code::info_hash_size);
            case Key::peer_id:
                has_peer_id_ = true;
                return take_bytes(item, out_.peer_id.bytes, Code::peer_id_size);
            default:
                return take_text(key, item);
        }
    }

    /// Of all items together: is anything missing? False as above.
    [[nodiscard]] bool finish() noexcept {
        return !has_info_hash_ ? refuse(Code::info_hash_missing)
               : !has_peer_id_ ? refuse(Code::peer_id_missing)
               : !has_port_    ? refuse(Code::port_missing)
               : !has_left_    ? refuse(Code::left_missing)
                               : true;
    }

    [[nodiscard]] AnnounceError error() const noexcept { return error_; }

private:
    bool refuse(Code code, std::size_t number = 0) noexcept {
        error_ = {code, static_cast<std::uint32_t>(number)};
        return false;
    }

    bool take_bytes(const QueryItem& item, std::span<std::uint8_t, 20> out,
                    Code wrong_size) noexcept {
        if (!item.value_escaped && item.value.size() == out.size()) {
            std::memcpy(out.data(), item.value.data(), out.size());
            return true;
        }
        const auto size = decode(item.value, out);
        if (!size) {
            return refuse(Code::broken_escape);
        }
        return *size == out.size() || refuse(wrong_size, *size);
    }

    /// A parameter that is text or a number.
    bool take_text(Key key, const QueryItem& item) noexcept {
        if (!item.value_escaped) {
            return take_plain(key, item.value);
        }
        std::array<std::uint8_t, value_head_max> room;  // NOLINT(*-member-init): decode fills it
        const auto size = decode(item.value, room);
        if (!size) {
            return refuse(Code::broken_escape);
        }
        const bool is_whole = *size <= room.size();
        const std::string_view text{reinterpret_cast<const char*>(room.data()),
                                    is_whole ? *size : room.size()};
        // Only the client's own token may be longer than that and mean something.
        return take_plain(key, is_whole || key == Key::key ? text : std::string_view{});
    }

    bool take_plain(Key key, std::string_view text) noexcept {
        switch (key) {
            case Key::port:
                return take_port(text);
            case Key::left:
                has_left_ = true;
                out_.left = count_of(text, unknown_left);
                break;
            case Key::uploaded:
                out_.has_uploaded = true;
                out_.uploaded = count_of(text, 0);
                break;
            case Key::downloaded:
                out_.has_downloaded = true;
                out_.downloaded = count_of(text, 0);
                break;
            case Key::corrupt:
                out_.corrupt = count_of(text, 0);
                break;
            case Key::event:
                out_.event = event_of(text);
                break;
            case Key::key:
                out_.key = key_of(text);
                break;
            case Key::num_want:
                out_.num_want = num_want_of(text);
                break;
            case Key::compact:
                out_.compact = text != "0";
                break;
            case Key::no_peer_id:
                out_.no_peer_id = text == "1";
                break;
            default:
                take_address(key, text);
                break;
        }
        return true;
    }

    bool take_port(std::string_view text) noexcept {
        has_port_ = true;
        const std::uint64_t port = count_of(text, 0);
        out_.port = static_cast<std::uint16_t>(port);
        return (port != 0 && port <= 0xffff) || refuse(Code::port_invalid);
    }

    void take_address(Key key, std::string_view text) noexcept {
        std::optional<IpAddress>& place = key == Key::ip     ? out_.ip
                                          : key == Key::ipv4 ? out_.ipv4
                                                             : out_.ipv6;
        const auto address = place ? std::nullopt : address_of(text);
        if (address && (key == Key::ip || address->is_ipv4() == (key == Key::ipv4))) {
            place = address;
        }
    }

    AnnounceQuery& out_;
    AnnounceError error_{};
    bool has_info_hash_ = false;
    bool has_peer_id_ = false;
    bool has_port_ = false;
    bool has_left_ = false;
};

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
    AnnounceReader reader(*result);
    QueryCursor cursor(query);
    QueryItem item;
    bool is_good = true;
    while (is_good && cursor.next(item)) {
        is_good = reader.take(item);
    }
    if (cursor.too_many()) {
        result = AnnounceError{Code::too_many_items};
    } else if (!is_good || !reader.finish()) {
        result = reader.error();
    }
    return result;  // the only one, so that the result is built where the caller wants it
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
