#include "tests/bench/load/udp_reply.hpp"

#include "tests/bench/load/udp_packets.hpp"

namespace chihaya::bench {
namespace {

constexpr std::size_t head_size = 20;
constexpr std::int32_t interval_max = 24 * 3600;

}  // namespace

Fault DatagramCheck::operator()(std::string_view datagram, const Asked& asked) {
    if (datagram.size() < 8)
        return Fault::packet;
    const auto action = static_cast<Action>(load<std::uint32_t>(datagram.data()));
    if (action == Action::error)
        return Fault::failure;
    if (action != Action::announce || datagram.size() < head_size)
        return Fault::packet;
    const auto interval = load<std::int32_t>(datagram.data() + 8);
    if (interval <= 0 || interval > interval_max)
        return Fault::interval;
    const auto leechers = load<std::int32_t>(datagram.data() + 12);
    const auto seeders = load<std::int32_t>(datagram.data() + 16);
    if (leechers < 0 || seeders < 0)
        return Fault::peers;
    return peers_(datagram.substr(head_size), std::int64_t{leechers} + seeders, asked);
}

}  // namespace chihaya::bench
