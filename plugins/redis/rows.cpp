#include "plugins/redis/rows.hpp"

#include "plugins/redis/big_endian.hpp"
#include "plugins/redis/rules.hpp"

#include <algorithm>
#include <cstring>

namespace chihaya::redis {
namespace {

constexpr auto known_flags = static_cast<std::uint32_t>(PeerFlags::seeder | PeerFlags::paused |
                                                        PeerFlags::hidden | PeerFlags::dormant);

PeerFlags flags_of(char byte) noexcept {
    return static_cast<PeerFlags>(static_cast<std::uint8_t>(byte) & known_flags);
}

template <class Array>
void copy_into(Array& to, std::string_view from, std::size_t at) noexcept {
    std::memcpy(to.data(), from.data() + at, to.size());
}

PeerRecord member_of(std::string_view key, std::string_view meta) noexcept {
    PeerRecord record;
    record.user = UserId{get_number(key, 0, 8)};
    copy_into(record.peer_id.bytes, key, member_key::peer_id);
    record.ipv4 = ipv4_at(key, member_key::ipv4);
    record.ipv6 = ipv6_at(key, member_key::ipv6);
    record.flags = flags_of(meta[0]);
    record.last_announce = at_second(get_number(meta, member_meta::times + 4, 4));
    record.key = static_cast<std::uint32_t>(get_number(meta, member_meta::client_key, 4));
    if (record.user != UserId::none) {
        record.uploaded = get_number(meta, member_meta::counters, 8);
        record.downloaded = get_number(meta, member_meta::counters + 8, 8);
        record.left = get_number(meta, member_meta::counters + 16, 8);
        record.corrupt = get_number(meta, member_meta::counters + 24, 8);
        record.first_announce = at_second(get_number(meta, member_meta::times, 4));
        record.announces = static_cast<std::uint32_t>(get_number(meta, member_meta::times + 8, 4));
    }
    return record;
}

}  // namespace

void put_member_key(std::string& to, UserId user, const PeerId& peer_id, const Ipv4Endpoint& ipv4,
                    const Ipv6Endpoint& ipv6) {
    put_number(to, static_cast<std::uint64_t>(user), 8);
    to.append(text_of(peer_id.bytes));
    to.append(text_of(ipv4.present() ? ipv4.wire : Ipv4Endpoint{}.wire));
    to.append(text_of(ipv6.present() ? ipv6.wire : Ipv6Endpoint{}.wire));
}

Ipv4Endpoint ipv4_at(std::string_view bytes, std::size_t at) noexcept {
    Ipv4Endpoint endpoint;
    copy_into(endpoint.wire, bytes, at);
    return endpoint;
}

Ipv6Endpoint ipv6_at(std::string_view bytes, std::size_t at) noexcept {
    Ipv6Endpoint endpoint;
    copy_into(endpoint.wire, bytes, at);
    return endpoint;
}

PeerHistory history_of(std::string_view bytes) noexcept {
    const PeerFlags flags = flags_of(bytes[0]);
    PeerHistory history;
    history.uploaded = get_number(bytes, 1, 8);
    history.downloaded = get_number(bytes, 9, 8);
    history.left = get_number(bytes, 17, 8);
    history.corrupt = get_number(bytes, 25, 8);
    history.first_announce = at_second(get_number(bytes, 33, 4));
    history.last_announce = at_second(get_number(bytes, 37, 4));
    history.announces = static_cast<std::uint32_t>(get_number(bytes, 41, 4));
    history.known = true;
    history.was_seeder = has(flags, PeerFlags::seeder);
    history.was_dormant = has(flags, PeerFlags::dormant);
    return history;
}

PeerRecord record_of(Kind kind, std::string_view key, std::string_view meta,
                     std::uint32_t now) noexcept {
    if (kind == Kind::member) {
        return member_of(key, meta);
    }
    PeerRecord record;
    if (kind == Kind::ipv4) {
        record.ipv4 = ipv4_at(key, 0);
    } else {
        record.ipv6 = ipv6_at(key, 0);
    }
    record.flags = flags_of(meta[2]);
    record.last_announce =
        at_second(second_of_tick(static_cast<std::uint16_t>(get_number(meta, 0, 2)), now));
    return record;
}

}  // namespace chihaya::redis
