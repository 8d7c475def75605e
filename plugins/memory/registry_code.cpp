#include "plugins/memory/registry_code.hpp"

#include <algorithm>
#include <cmath>

namespace chihaya::memory {
namespace {

template <std::size_t size>
void append_text(ByteWriter& to, const std::array<char, size>& text) {
    to.append({reinterpret_cast<const std::uint8_t*>(text.data()), text.size()});
}

template <std::size_t size>
void fill_text(ByteReader& from, std::array<char, size>& text) {
    std::array<std::uint8_t, size> bytes{};
    from.fill(bytes);
    std::ranges::transform(bytes, text.begin(),
                           [](std::uint8_t byte) { return static_cast<char>(byte); });
}

bool is_multiplier(double value) {
    return std::isfinite(value) && value >= 0;
}

}  // namespace

void encode(const UserRecord& user, ByteWriter& to) {
    encode(user.id, to);
    append_text(to, user.passkey.text);
    to.real(user.up_multiplier);
    to.real(user.down_multiplier);
    to.number(static_cast<std::uint32_t>(user.flags));
}

bool decode(ByteReader& from, UserRecord& user) {
    user.id = UserId{from.number<std::uint64_t>()};
    fill_text(from, user.passkey.text);
    user.up_multiplier = from.real();
    user.down_multiplier = from.real();
    user.flags = UserFlags{from.number<std::uint32_t>()};
    return !from.failed() && is_multiplier(user.up_multiplier) &&
           is_multiplier(user.down_multiplier);
}

void encode(const TorrentRecord& torrent, ByteWriter& to) {
    to.number(static_cast<std::uint64_t>(torrent.id));
    to.append(torrent.info_hash.bytes);
    to.number(static_cast<std::uint32_t>(torrent.freeleech));
    to.real(torrent.up_multiplier);
    to.real(torrent.down_multiplier);
    to.number(torrent.snatches);
}

bool decode(ByteReader& from, TorrentRecord& torrent) {
    torrent.id = TorrentId{from.number<std::uint64_t>()};
    from.fill(torrent.info_hash.bytes);
    const auto freeleech = from.number<std::uint32_t>();
    torrent.freeleech = Freeleech{freeleech};
    torrent.up_multiplier = from.real();
    torrent.down_multiplier = from.real();
    torrent.snatches = from.number<std::uint32_t>();
    return !from.failed() && freeleech <= static_cast<std::uint32_t>(Freeleech::neutral) &&
           is_multiplier(torrent.up_multiplier) && is_multiplier(torrent.down_multiplier);
}

void encode(const PeerIdPrefix& client, ByteWriter& to) {
    to.number(client.size);
    to.append(client.bytes);
}

bool decode(ByteReader& from, PeerIdPrefix& client) {
    client.size = from.number<std::uint8_t>();
    from.fill(client.bytes);
    return !from.failed() && client.size >= 1 && client.size <= client.bytes.size();
}

void encode(const ClientRecord& client, ByteWriter& to) {
    encode(client.prefix, to);
}

bool decode(ByteReader& from, ClientRecord& client) {
    return decode(from, client.prefix);
}

void encode(const TokenRecord& token, ByteWriter& to) {
    encode(token.user, to);
    to.append(token.info_hash.bytes);
}

bool decode(ByteReader& from, TokenRecord& token) {
    token.user = UserId{from.number<std::uint64_t>()};
    from.fill(token.info_hash.bytes);
    return !from.failed();
}

void encode(UserId user, ByteWriter& to) {
    to.number(static_cast<std::uint64_t>(user));
}

bool decode(ByteReader& from, UserId& user) {
    user = UserId{from.number<std::uint64_t>()};
    return !from.failed();
}

void encode(const TorrentErasure& torrent, ByteWriter& to) {
    to.append(torrent.info_hash.bytes);
    append_text(to, torrent.reason);
}

bool decode(ByteReader& from, TorrentErasure& torrent) {
    from.fill(torrent.info_hash.bytes);
    fill_text(from, torrent.reason);
    return !from.failed();
}

}  // namespace chihaya::memory
