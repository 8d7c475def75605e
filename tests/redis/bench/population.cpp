#include "tests/redis/bench/population.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>
#include <utility>

namespace chihaya::redis::bench {
namespace {

/// Looks random, and differs where the value does (the step of a splitmix64 generator).
std::uint64_t mix(std::uint64_t value) noexcept {
    value += 0x9e3779b97f4a7c15U;
    value = (value ^ (value >> 30U)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27U)) * 0x94d049bb133111ebU;
    return value ^ (value >> 31U);
}

std::uint64_t mix(Who who) noexcept {
    return mix(std::uint64_t{who.swarm} << 32U | who.peer);
}

std::uint16_t port_of(std::uint32_t peer) noexcept {
    return static_cast<std::uint16_t>(1 + std::uint64_t{peer} * 7919 % peers_max);
}

bool seeds(std::uint32_t peer) noexcept {
    return peer % 3 == 0;
}

constexpr std::uint32_t nobody = ~std::uint32_t{0};

}  // namespace

Population::Population(std::uint32_t swarms, std::uint32_t peers, Mix mix)
    : swarms_(swarms),
      peers_(peers),
      mix_(mix),
      stride_(size() * 618 / 1000 | 1U),
      by_port_(peers_max + 1, nobody),
      seen_(peers) {
    while (std::gcd(stride_, size()) != 1) {
        stride_ += 2;
    }
    for (std::uint32_t peer = 0; peer < peers; ++peer) {
        by_port_[port_of(peer)] = peer;
        seeders_ += seeds(peer) ? 1U : 0U;
        const Families has = families(peer);
        for (const std::size_t among : {std::size_t{0}, std::size_t{1}}) {
            ipv4_.at(among) += has.ipv4 && (among == 0 || !seeds(peer)) ? 1U : 0U;
            ipv6_.at(among) += has.ipv6 && (among == 0 || !seeds(peer)) ? 1U : 0U;
        }
    }
}

Who Population::at(std::uint64_t place) const noexcept {
    const std::uint64_t number = place % size() * stride_ % size();
    return {static_cast<std::uint32_t>(number % swarms_),
            static_cast<std::uint32_t>(number / swarms_)};
}

InfoHash Population::info_hash(std::uint32_t swarm) noexcept {
    InfoHash hash;
    const std::uint64_t words[] = {mix(swarm), mix(~std::uint64_t{swarm})};
    std::memcpy(hash.bytes.data(), words, sizeof words);
    std::memcpy(hash.bytes.data() + sizeof words, &swarm, sizeof swarm);
    return hash;
}

Ipv4Endpoint Population::ipv4(Who who) noexcept {
    Ipv4Endpoint endpoint;
    const std::uint64_t random = mix(who);
    const std::uint16_t port = port_of(who.peer);
    endpoint.wire = {static_cast<std::uint8_t>(11 + (random >> 24U) % 80),
                     static_cast<std::uint8_t>(random >> 16U),
                     static_cast<std::uint8_t>(random >> 8U),
                     static_cast<std::uint8_t>(random),
                     static_cast<std::uint8_t>(port >> 8U),
                     static_cast<std::uint8_t>(port)};
    return endpoint;
}

Ipv6Endpoint Population::ipv6(Who who) noexcept {
    Ipv6Endpoint endpoint;
    const std::uint64_t random = mix(who);
    const std::uint16_t port = port_of(who.peer);
    endpoint.wire[0] = 0x2a;
    std::memcpy(endpoint.wire.data() + 1, &random, sizeof random);
    endpoint.wire[15] = 1;
    endpoint.wire[16] = static_cast<std::uint8_t>(port >> 8U);
    endpoint.wire[17] = static_cast<std::uint8_t>(port);
    return endpoint;
}

Population::Families Population::families(std::uint32_t peer) const noexcept {
    const bool all = mix_ != Mix::families;
    return {.ipv4 = all || peer % 10 < 6 || peer % 10 > 7, .ipv6 = !all && peer % 10 > 5};
}

void Population::describe(Who who, std::uint32_t want, AnnounceRequest& request) const noexcept {
    const PeerRoom room = request.room;
    request = {};
    request.room = room;
    request.info_hash = info_hash(who.swarm);
    const Families has = families(who.peer);
    request.ipv4 = has.ipv4 ? ipv4(who) : Ipv4Endpoint{};
    request.ipv6 = has.ipv6 ? ipv6(who) : Ipv6Endpoint{};
    request.left = seeds(who.peer) ? 0 : 1U << 30U;
    request.flags = seeds(who.peer) ? AnnounceFlags::only_leechers : AnnounceFlags::none;
    request.num_want_ipv4 = want;
    request.num_want_ipv6 = mix_ == Mix::families ? want : 0;
    const std::uint64_t random = mix(who);
    std::memcpy(request.peer_id.bytes.data(), "-LT20B0-", 8);
    std::memcpy(request.peer_id.bytes.data() + 8, &random, sizeof random);
    request.user = mix_ == Mix::accounts ? UserId{who.peer + 1} : UserId::none;
}

AnnounceReply Population::expected(Who who, const AnnounceRequest& request) const noexcept {
    AnnounceReply reply;
    reply.counts.seeders = seeders_;
    reply.counts.leechers = peers_ - seeders_;
    const std::size_t among = seeds(who.peer) ? 1U : 0U;
    const std::uint32_t self = 1 - static_cast<std::uint32_t>(among);  // is one of them
    const Families has = families(who.peer);
    reply.ipv4_peers = std::min(request.num_want_ipv4, ipv4_.at(among) - (has.ipv4 ? self : 0));
    reply.ipv6_peers = std::min(request.num_want_ipv6, ipv6_.at(among) - (has.ipv6 ? self : 0));
    return reply;
}

bool Population::is_new(std::uint32_t peer) noexcept {
    return peer < peers_ && std::exchange(seen_[peer], list_) != list_;
}

std::uint32_t Population::peer_at(std::uint8_t high, std::uint8_t low) const noexcept {
    const auto port = static_cast<std::uint32_t>(high << 8U | low);
    return port <= peers_max ? by_port_[port] : nobody;
}

bool Population::are_members(Who asking, const AnnounceRequest& request,
                             const AnnounceReply& reply) {
    ++list_;
    for (std::uint32_t i = 0; i < reply.ipv4_peers; ++i) {
        const std::uint8_t* const wire = request.room.ipv4 + std::size_t{6} * i;
        const Who named{asking.swarm, peer_at(wire[4], wire[5])};
        if (named.peer == asking.peer || !is_new(named.peer) ||
            std::memcmp(wire, ipv4(named).wire.data(), 6) != 0) {
            return false;
        }
    }
    ++list_;
    for (std::uint32_t i = 0; i < reply.ipv6_peers; ++i) {
        const std::uint8_t* const wire = request.room.ipv6 + std::size_t{18} * i;
        const Who named{asking.swarm, peer_at(wire[16], wire[17])};
        if (named.peer == asking.peer || !is_new(named.peer) ||
            std::memcmp(wire, ipv6(named).wire.data(), 18) != 0) {
            return false;
        }
    }
    return true;
}

}  // namespace chihaya::redis::bench
