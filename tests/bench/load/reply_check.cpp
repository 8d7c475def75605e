#include "tests/bench/load/reply_check.hpp"

#include <algorithm>

namespace chihaya::bench {
namespace {

std::uint32_t big_endian(std::string_view bytes) noexcept {
    std::uint32_t value = 0;
    for (const char byte : bytes)
        value = value << 8U | static_cast<std::uint8_t>(byte);
    return value;
}

/// The index of the peer with this address and port; one that no swarm has for a stranger.
std::uint32_t peer_at(std::string_view endpoint) noexcept {
    const std::uint32_t address = big_endian(endpoint.substr(0, 4)) - first_address;
    const std::uint32_t port = big_endian(endpoint.substr(4, 2)) - first_port;
    if (address >= addresses_max || port >= ports_per_address)
        return peers_per_swarm_max;
    return address * ports_per_address + port;
}

}  // namespace

Fault PeerCheck::operator()(std::string_view compact, std::int64_t members, const Asked& asked) {
    swarm_size_ = members;
    named_.clear();
    if (compact.size() % compact_peer != 0)
        return Fault::peers;
    const std::size_t number = compact.size() / compact_peer;
    if (asked.started)
        return Fault::none;
    if (!right_number(number, asked))
        return Fault::peers;
    if (expect_ == Expectation::any)
        return Fault::none;
    ++reply_;
    for (; !compact.empty(); compact.remove_prefix(compact_peer)) {
        const std::uint32_t peer = peer_at(compact.substr(0, compact_peer));
        const bool self = peer == asked.peer && expect_ != Expectation::everyone;
        if (peer >= seen_.size() || self || seen_[peer] == reply_)
            return Fault::peers;
        seen_[peer] = reply_;
        named_.push_back(peer);
    }
    return Fault::none;
}

bool PeerCheck::right_number(std::size_t number, const Asked& asked) const noexcept {
    if (expect_ == Expectation::any)
        return number > 0;
    const std::size_t offered = expect_ == Expectation::everyone ? seen_.size() : seen_.size() - 1;
    const std::size_t most = std::min<std::size_t>(asked.num_want, offered);
    if (expect_ == Expectation::up_to)
        return number <= most;
    const std::size_t counted = expect_ == Expectation::uncounted ? offered : seen_.size();
    return number == most && static_cast<std::size_t>(swarm_size_) == counted;
}

}  // namespace chihaya::bench
