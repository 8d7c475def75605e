#pragma once

/// @file cluster_store.hpp
/// Redis Cluster: each command goes to the master that has its slot.

#include "plugins/redis/connection.hpp"
#include "plugins/redis/refusals.hpp"
#include "plugins/redis/slot_map.hpp"
#include "plugins/redis/store.hpp"

#include <memory>
#include <vector>

namespace chihaya::redis {

/// One connection to every master, made when the map of the slots names it, or a redirection does.
/// The map is read at the start, when a node is lost or a slot has moved, and twice a second for
/// as long as a slot's master is away: a replica may have taken its place.
class ClusterStore final : public Store, private ConnectionOwner, private Answered {
public:
    /// Errors: std::bad_alloc
    explicit ClusterStore(Wiring& wiring);
    ~ClusterStore() override;

    /// The map is known, and a master is connected. A slot whose master is not fails by itself.
    [[nodiscard]] bool is_ready() const noexcept override;
    void send(std::uint16_t slot, std::string_view command, Answered& answered,
              std::uint32_t ticket) noexcept override;
    void flush() noexcept override;
    [[nodiscard]] std::vector<std::uint16_t> masters() const override;

private:
    static constexpr std::size_t nodes_max = 1024;
    static constexpr std::chrono::milliseconds refresh_pause{500};

    void connected(Connection& connection) noexcept override;
    bool lost(Connection& connection) noexcept override;
    Status redirect(Connection& connection, const Request& request, Trouble trouble,
                    std::string_view error) noexcept override;
    void heard(Connection& connection, Trouble trouble) noexcept override;

    // The reply to CLUSTER SLOTS.
    void answered(std::uint32_t ticket, const Reply& reply) noexcept override;
    void failed(std::uint32_t ticket, Status status) noexcept override;

    [[nodiscard]] SlotMap::Node find_or_add(const Endpoint& endpoint) noexcept;
    [[nodiscard]] bool is_healthy() const noexcept;
    void add_seeds() noexcept;
    void want_refresh() noexcept;
    void refresh() noexcept;
    void adopt(const Reply& reply);
    Status send_unmapped(const Request& request) noexcept;
    void prune() noexcept;

    Wiring& wiring_;
    Refusals refusals_;
    std::vector<std::unique_ptr<Connection>> nodes_;  // by SlotMap::Node; some are empty
    SlotMap slots_;
    bool is_mapped_ = false;
    bool was_logged_ = false;  // that there is no map

    bool refresh_is_wanted_ = false;
    TimerId refresh_timer_ = TimerId::none;
    Connection* asked_ = nullptr;  // and has not answered yet
    std::size_t next_asked_ = 0;
    Time last_refresh_{};
};

}  // namespace chihaya::redis
