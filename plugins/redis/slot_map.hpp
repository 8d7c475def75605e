#pragma once

/// @file slot_map.hpp
/// Which node of a Cluster has which slot.

#include "plugins/redis/endpoint.hpp"
#include "plugins/redis/reply.hpp"

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

namespace chihaya::redis {

/// A table of all slots.
class SlotMap {
public:
    using Node = std::uint16_t;
    static constexpr Node nobody = 0xffff;
    static constexpr std::size_t size = 16384;

    SlotMap() noexcept { owners_.fill(nobody); }

    [[nodiscard]] Node owner(std::uint16_t slot) const noexcept {
        return slot < size ? owners_[slot] : nobody;
    }
    void set(std::uint16_t slot, Node node) noexcept { owners_[slot] = node; }

    /// The first slot that `node` has.
    [[nodiscard]] std::optional<std::uint16_t> first_of(Node node) const noexcept;
    [[nodiscard]] bool is_complete() const noexcept { return !first_of(nobody).has_value(); }

    /// Reads the reply to CLUSTER SLOTS; `node_of` tells the node at an endpoint. A host that is
    /// not said is `host`, who was asked.
    /// Errors: nothing when the reply names no slot of anybody
    [[nodiscard]] static std::optional<SlotMap> read(
        const Reply& reply, const std::string& host,
        const std::function<Node(const Endpoint&)>& node_of);

private:
    std::array<Node, size> owners_;
};

}  // namespace chihaya::redis
