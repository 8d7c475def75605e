#include "core/wire/scrape_reply.hpp"

#include "core/base/limits.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>

namespace chihaya::wire {

bool sorts_before(const InfoHash& left, const InfoHash& right) noexcept {
    return std::memcmp(left.bytes.data(), right.bytes.data(), left.bytes.size()) < 0;
}

void open_scrape(ByteWriter& out) noexcept {
    out.text("d5:filesd");
}

void write_swarm(ByteWriter& out, const InfoHash& info_hash, const SwarmCounts& counts) noexcept {
    out.string(info_hash.bytes);
    out.text("d8:completei");
    out.number(counts.seeders);
    out.text("e10:downloadedi");
    out.number(counts.snatches);
    if (counts.partial_seeds != 0) {
        out.text("e11:downloadersi");
        out.number(counts.leechers - std::min(counts.leechers, counts.partial_seeds));
    }
    out.text("e10:incompletei");
    out.number(counts.leechers);
    out.text("ee");
}

void close_scrape(ByteWriter& out, std::uint32_t min_request_interval) noexcept {
    out.text("e");
    if (min_request_interval != 0) {
        out.text("5:flagsd20:min_request_interval");
        out.integer(min_request_interval);
        out.text("e");
    }
    out.text("e");
}

void write_scrape(ByteWriter& out, const ScrapeAnswer& answer) noexcept {
    std::array<std::uint16_t, limits::scrape_ceiling> room{};
    const auto order = std::span(room).first(std::min(room.size(), answer.info_hashes.size()));
    std::iota(order.begin(), order.end(), std::uint16_t{0});
    std::ranges::sort(order, [&](std::uint16_t left, std::uint16_t right) {
        return sorts_before(answer.info_hashes[left], answer.info_hashes[right]);
    });
    open_scrape(out);
    for (const std::uint16_t i : order) {
        if (answer.omitted.empty() || !answer.omitted[i]) {
            write_swarm(out, answer.info_hashes[i], answer.counts[i]);
        }
    }
    close_scrape(out, answer.min_request_interval);
}

}  // namespace chihaya::wire
