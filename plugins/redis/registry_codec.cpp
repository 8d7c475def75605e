#include "plugins/redis/registry_codec.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>

namespace chihaya::redis {
namespace {

template <class Number>
void append(std::string& out, Number number) {
    for (std::size_t i = sizeof(Number); i > 0; --i) {
        out.push_back(static_cast<char>((number >> (8 * (i - 1))) & 0xffU));
    }
}

void append(std::string& out, double number) {
    append(out, std::bit_cast<std::uint64_t>(number));
}

template <class Byte, std::size_t size>
void append(std::string& out, const std::array<Byte, size>& bytes) {
    out.append(bytes.begin(), bytes.end());
}

/// What is behind the first NUL has no meaning and is left out.
template <std::size_t size>
void append_text(std::string& out, const std::array<char, size>& text) {
    const auto end = std::ranges::find(text, '\0');
    out.append(text.begin(), end);
    out.append(static_cast<std::size_t>(text.end() - end), '\0');
}

/// Takes fields from the front of as many bytes as there must be.
class Fields {
public:
    explicit Fields(std::string_view bytes) noexcept : rest_(bytes) {}

    template <class Number>
    void take(Number& number) noexcept {
        number = 0;
        for (const char byte : next(sizeof(Number))) {
            number = static_cast<Number>(number << 8U) | static_cast<std::uint8_t>(byte);
        }
    }
    void take(double& number) noexcept {
        std::uint64_t bits = 0;
        take(bits);
        number = std::bit_cast<double>(bits);
    }
    template <class Byte, std::size_t size>
    void take(std::array<Byte, size>& bytes) noexcept {
        std::ranges::transform(next(size), bytes.begin(),
                               [](char byte) { return static_cast<Byte>(byte); });
    }
    template <class Id>
    void take_id(Id& id) noexcept {
        std::underlying_type_t<Id> number = 0;
        take(number);
        id = Id{number};
    }
    [[nodiscard]] bool takes_version() noexcept { return next(1).front() == registry_version; }

private:
    std::string_view next(std::size_t size) noexcept {
        const std::string_view bytes = rest_.substr(0, size);
        rest_.remove_prefix(size);
        return bytes;
    }
    std::string_view rest_;
};

bool is_sound(double multiplier) noexcept {
    return std::isfinite(multiplier) && multiplier >= 0.0;
}

template <std::size_t size>
bool is_padded(const std::array<char, size>& text) noexcept {
    return std::all_of(std::ranges::find(text, '\0'), text.end(),
                       [](char letter) { return letter == '\0'; });
}

bool is_sound(const UserRecord& user) noexcept {
    return is_sound(user.up_multiplier) && is_sound(user.down_multiplier);
}

bool is_sound(const TorrentRecord& torrent) noexcept {
    return is_sound(torrent.up_multiplier) && is_sound(torrent.down_multiplier) &&
           torrent.freeleech <= Freeleech::neutral;
}

bool is_sound(const PeerIdPrefix& prefix) noexcept {
    return prefix.size > 0 && prefix.size <= prefix.bytes.size() &&
           std::all_of(prefix.bytes.begin() + prefix.size, prefix.bytes.end(),
                       [](std::uint8_t byte) { return byte == 0; });
}

template <class Record>
std::optional<Record> if_sound(const Record& record) noexcept {
    return is_sound(record) ? std::optional(record) : std::nullopt;
}

}  // namespace

void encode(const UserRecord& user, std::string& out) {
    if (is_sound(user)) {
        append(out, static_cast<std::uint64_t>(user.id));
        out.push_back(registry_version);
        append_text(out, user.passkey.text);
        append(out, user.up_multiplier);
        append(out, user.down_multiplier);
        append(out, static_cast<std::uint32_t>(user.flags));
    }
}

void encode(const TorrentRecord& torrent, std::string& out) {
    if (is_sound(torrent)) {
        append(out, torrent.info_hash.bytes);
        out.push_back(registry_version);
        append(out, static_cast<std::uint64_t>(torrent.id));
        append(out, static_cast<std::uint32_t>(torrent.freeleech));
        append(out, torrent.up_multiplier);
        append(out, torrent.down_multiplier);
        append(out, torrent.snatches);
    }
}

void encode(const ClientRecord& client, std::string& out) {
    encode(client.prefix, out);
}

void encode(const TokenRecord& token, std::string& out) {
    append(out, static_cast<std::uint64_t>(token.user));
    append(out, token.info_hash.bytes);
    out.push_back(registry_version);
}

void encode(UserId user, std::string& out) {
    append(out, static_cast<std::uint64_t>(user));
    out.push_back(registry_version);
}

void encode(const TorrentErasure& torrent, std::string& out) {
    append(out, torrent.info_hash.bytes);
    out.push_back(registry_version);
    append_text(out, torrent.reason);
}

void encode(const PeerIdPrefix& prefix, std::string& out) {
    if (is_sound(prefix)) {
        append(out, prefix.bytes);
        out.push_back(static_cast<char>(prefix.size));
        out.push_back(registry_version);
    }
}

template <>
std::optional<UserRecord> decode<UserRecord>(std::string_view bytes) noexcept {
    if (bytes.size() != Form<UserRecord>::size) {
        return std::nullopt;
    }
    Fields fields(bytes);
    UserRecord user;
    fields.take_id(user.id);
    if (!fields.takes_version()) {
        return std::nullopt;
    }
    fields.take(user.passkey.text);
    fields.take(user.up_multiplier);
    fields.take(user.down_multiplier);
    fields.take_id(user.flags);
    return is_padded(user.passkey.text) ? if_sound(user) : std::nullopt;
}

template <>
std::optional<TorrentRecord> decode<TorrentRecord>(std::string_view bytes) noexcept {
    if (bytes.size() != Form<TorrentRecord>::size) {
        return std::nullopt;
    }
    Fields fields(bytes);
    TorrentRecord torrent;
    fields.take(torrent.info_hash.bytes);
    if (!fields.takes_version()) {
        return std::nullopt;
    }
    fields.take_id(torrent.id);
    fields.take_id(torrent.freeleech);
    fields.take(torrent.up_multiplier);
    fields.take(torrent.down_multiplier);
    fields.take(torrent.snatches);
    return if_sound(torrent);
}

template <>
std::optional<PeerIdPrefix> decode<PeerIdPrefix>(std::string_view bytes) noexcept {
    if (bytes.size() != Form<PeerIdPrefix>::size) {
        return std::nullopt;
    }
    Fields fields(bytes);
    PeerIdPrefix prefix;
    fields.take(prefix.bytes);
    fields.take(prefix.size);
    return fields.takes_version() ? if_sound(prefix) : std::nullopt;
}

template <>
std::optional<ClientRecord> decode<ClientRecord>(std::string_view bytes) noexcept {
    const auto prefix = decode<PeerIdPrefix>(bytes);
    return prefix ? std::optional(ClientRecord{.prefix = *prefix}) : std::nullopt;
}

template <>
std::optional<TokenRecord> decode<TokenRecord>(std::string_view bytes) noexcept {
    if (bytes.size() != Form<TokenRecord>::size) {
        return std::nullopt;
    }
    Fields fields(bytes);
    TokenRecord token;
    fields.take_id(token.user);
    fields.take(token.info_hash.bytes);
    return fields.takes_version() ? std::optional(token) : std::nullopt;
}

template <>
std::optional<UserId> decode<UserId>(std::string_view bytes) noexcept {
    if (bytes.size() != Form<UserId>::size) {
        return std::nullopt;
    }
    Fields fields(bytes);
    UserId user{};
    fields.take_id(user);
    return fields.takes_version() ? std::optional(user) : std::nullopt;
}

template <>
std::optional<TorrentErasure> decode<TorrentErasure>(std::string_view bytes) noexcept {
    if (bytes.size() != Form<TorrentErasure>::size) {
        return std::nullopt;
    }
    Fields fields(bytes);
    TorrentErasure torrent;
    fields.take(torrent.info_hash.bytes);
    if (!fields.takes_version()) {
        return std::nullopt;
    }
    fields.take(torrent.reason);
    return is_padded(torrent.reason) ? std::optional(torrent) : std::nullopt;
}

}  // namespace chihaya::redis
