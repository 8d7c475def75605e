#include "core/wire/udp_reply.hpp"

#include "core/wire/big_endian.hpp"
#include "core/wire/udp_request.hpp"

#include <algorithm>

namespace chihaya::wire {
namespace {

void write_head(std::uint8_t* out, UdpAction action, std::uint32_t transaction) noexcept {
    store_big_endian(out, static_cast<std::uint32_t>(action));
    store_big_endian(out + 4, transaction);
}

}  // namespace

void write_udp_connect(std::span<std::uint8_t, udp_connect_reply_size> out,
                       std::uint32_t transaction, std::uint64_t connection_id) noexcept {
    write_head(out.data(), UdpAction::connect, transaction);
    store_big_endian(out.data() + 8, connection_id);
}

void write_udp_announce(std::span<std::uint8_t, udp_announce_head_size> out,
                        std::uint32_t transaction, std::uint32_t interval,
                        const SwarmCounts& counts) noexcept {
    write_head(out.data(), UdpAction::announce, transaction);
    store_big_endian(out.data() + 8, interval);
    store_big_endian(out.data() + 12, counts.leechers);
    store_big_endian(out.data() + 16, counts.seeders);
}

std::size_t write_udp_scrape(std::span<std::uint8_t> out, std::uint32_t transaction,
                             std::span<const SwarmCounts> counts) noexcept {
    write_head(out.data(), UdpAction::scrape, transaction);
    std::uint8_t* record = out.data() + 8;
    for (const SwarmCounts& swarm : counts) {
        store_big_endian(record, swarm.seeders);
        store_big_endian(record + 4, swarm.snatches);
        store_big_endian(record + 8, swarm.leechers);
        record += 12;
    }
    return udp_scrape_reply_size(counts.size());
}

std::size_t write_udp_error(std::span<std::uint8_t> out, std::uint32_t transaction,
                            std::string_view text) noexcept {
    write_head(out.data(), UdpAction::error, transaction);
    const std::size_t size = std::min(text.size(), out.size() - 8);
    std::copy_n(text.begin(), size, out.begin() + 8);
    return 8 + size;
}

}  // namespace chihaya::wire
