#include "plugins/redis/slot_map.hpp"

#include <algorithm>
#include <string>

namespace chihaya::redis {
namespace {

/// [first, last, [host, port, …] of the master, … of its replicas]
struct Range {
    std::size_t first = 0;
    std::size_t last = 0;
    Endpoint master;
};

std::optional<Range> parse_range(const Reply& reply, const std::string& host) {
    const auto items = reply.items();
    if (items.size() < 3 || items[2].items().size() < 2) {
        return std::nullopt;
    }
    const std::int64_t first = items[0].integer();
    const std::int64_t last = items[1].integer();
    const std::int64_t port = items[2].items()[1].integer();
    const bool sound = first >= 0 && first <= last &&
                       last < static_cast<std::int64_t>(SlotMap::size) && port > 0 &&
                       port <= 0xffff;
    if (!sound) {
        return std::nullopt;
    }
    std::string said(items[2].items()[0].text());
    if (said.empty() || said == "?") {
        said = host;
    }
    auto master = parse_host_and_port(said + ":" + std::to_string(port));
    if (!master) {
        return std::nullopt;
    }
    return Range{static_cast<std::size_t>(first), static_cast<std::size_t>(last),
                 std::move(*master)};
}

}  // namespace

std::optional<std::uint16_t> SlotMap::first_of(Node node) const noexcept {
    const auto* const found = std::ranges::find(owners_, node);
    if (found == owners_.end()) {
        return std::nullopt;
    }
    return static_cast<std::uint16_t>(found - owners_.begin());
}

std::optional<SlotMap> SlotMap::read(const Reply& reply, const std::string& host,
                                     const std::function<Node(const Endpoint&)>& node_of) {
    SlotMap map;
    bool any = false;
    for (const Reply& item : reply.items()) {
        if (const auto range = parse_range(item, host)) {
            const Node node = node_of(range->master);
            std::fill_n(map.owners_.begin() + range->first, range->last - range->first + 1, node);
            any = any || node != nobody;
        }
    }
    return any ? std::optional(map) : std::nullopt;
}

}  // namespace chihaya::redis
