#include "core/handover/receiver.hpp"

#include "core/base/limits.hpp"

#include <algorithm>
#include <cstring>
#include <deque>
#include <optional>
#include <string_view>

namespace chihaya::handover {
namespace {

Failure nonsense() {
    return {"the other process has sent records that mean nothing"};
}

constexpr auto known_peer_flags = PeerFlags::seeder | PeerFlags::paused | PeerFlags::hidden |
                                  PeerFlags::dormant | PeerFlags::current | PeerFlags::unsure;

bool is_factor(double number) noexcept {
    return number >= 0.0 && number <= limits::multiplier_max;  // and no NaN
}

bool is_sound(const UserRecord& user) noexcept {
    return is_factor(user.up_multiplier) && is_factor(user.down_multiplier);
}
bool is_sound(const TorrentRecord& torrent) noexcept {
    return torrent.freeleech <= Freeleech::neutral && is_factor(torrent.up_multiplier) &&
           is_factor(torrent.down_multiplier);
}
bool is_sound(const PeerIdPrefix& prefix) noexcept {
    return prefix.size >= 1 && prefix.size <= prefix.bytes.size();
}
bool is_sound(const ClientRecord& client) noexcept {
    return is_sound(client.prefix);
}
bool is_sound(const AnnounceRequest& request) noexcept {
    return request.event == Event::stopped && request.room.ipv4 == nullptr &&
           request.room.ipv6 == nullptr && request.num_want_ipv4 == 0 && request.num_want_ipv6 == 0;
}
bool is_sound(const PeerRecord& peer) noexcept {
    const auto strange =
        static_cast<std::uint32_t>(peer.flags) & ~static_cast<std::uint32_t>(known_peer_flags);
    return strange == 0;
}
bool is_sound(const TokenRecord& /*token*/) noexcept {
    return true;
}
bool is_sound(const TorrentErasure& erasure) noexcept {
    return erasure.reason.back() == '\0';
}
bool is_sound(const UserId& /*user*/) noexcept {
    return true;
}

template <class Record>
std::vector<Record> copied(std::string_view bytes, std::size_t count) {
    std::vector<Record> records(count);
    if (count != 0) {  // what is empty may lie nowhere
        std::memcpy(records.data(), bytes.data(), count * sizeof(Record));
    }
    return records;
}

template <class Record, class Take>
Result<void> each(const std::string& body, Take take) {
    if (body.size() % sizeof(Record) != 0) {
        return nonsense();
    }
    const auto records = copied<Record>(body, body.size() / sizeof(Record));
    if (!std::ranges::all_of(records, [](const Record& one) { return is_sound(one); })) {
        return nonsense();
    }
    const Status status = take(std::span<const Record>(records));
    return status.ok() ? Result<void>() : Failure{status.reason};
}

}  // namespace

Result<void> Receiver::take(const Message& message) {
    const std::string& body = message.body;
    switch (message.kind) {
        case Kind::put_users:
            return each<UserRecord>(body, [&](auto all) { return registry_.put_users(all); });
        case Kind::put_torrents:
            return each<TorrentRecord>(body, [&](auto all) { return registry_.put_torrents(all); });
        case Kind::put_clients:
            return each<ClientRecord>(body, [&](auto all) { return registry_.put_clients(all); });
        case Kind::put_tokens:
            return each<TokenRecord>(body, [&](auto all) { return registry_.put_tokens(all); });
        case Kind::erase_users:
            return each<UserId>(body, [&](auto all) { return registry_.erase_users(all); });
        case Kind::erase_torrents:
            return each<TorrentErasure>(body,
                                        [&](auto all) { return registry_.erase_torrents(all); });
        case Kind::erase_clients:
            return each<PeerIdPrefix>(body, [&](auto all) { return registry_.erase_clients(all); });
        case Kind::erase_tokens:
            return each<TokenRecord>(body, [&](auto all) { return registry_.erase_tokens(all); });
        case Kind::erased:
            return each<TorrentErasure>(body, [&](auto all) { return swarms_.erased(all); });
        case Kind::stopped:
            return each<AnnounceRequest>(body, [&](auto all) { return swarms_.stopped(all); });
        case Kind::swarms:
            return take_swarms(body);
        default:
            return nonsense();
    }
}

/// All of a message at once; its size is bounded.
Result<void> Receiver::take_swarms(const std::string& body) {
    std::vector<SwarmInTransit> swarms;
    std::deque<std::vector<PeerRecord>> all;
    std::string_view rest = body;
    while (!rest.empty()) {
        SwarmRecord swarm;
        std::uint64_t count = 0;
        if (rest.size() < sizeof swarm + sizeof count) {
            return nonsense();
        }
        std::memcpy(&swarm, rest.data(), sizeof swarm);
        std::memcpy(&count, rest.data() + sizeof swarm, sizeof count);
        rest.remove_prefix(sizeof swarm + sizeof count);
        if (count > rest.size() / sizeof(PeerRecord)) {
            return nonsense();
        }
        auto& peers = all.emplace_back(copied<PeerRecord>(rest, count));
        rest.remove_prefix(count * sizeof(PeerRecord));
        for (PeerRecord& peer : peers) {
            if (!is_sound(peer)) {
                return nonsense();
            }
            peer.first_announce += ahead_;
            peer.last_announce += ahead_;
        }
        swarms.push_back({swarm, peers});
    }
    const Status status = swarms_.add_swarms(swarms);
    return status.ok() ? Result<void>() : Failure{status.reason};
}

}  // namespace chihaya::handover
