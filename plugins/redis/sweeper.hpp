#pragma once

/// @file sweeper.hpp
/// Finds peers that fell silent: takes swarms out of the lists of those to be looked at, and has
/// Redis look through each.

#include "chihaya/host.hpp"
#include "plugins/redis/command.hpp"
#include "plugins/redis/due_lists.hpp"
#include "plugins/redis/keyspace.hpp"
#include "plugins/redis/shared.hpp"
#include "plugins/redis/slab.hpp"
#include "plugins/redis/store.hpp"
#include "plugins/redis/sweep_request.hpp"

#include <cstddef>
#include <cstdint>
#include <set>

namespace chihaya::redis {

/// Thread: the worker's
class Sweeper final : public Answered {
public:
    /// Swarms looked through at a time, of one worker: Redis is given more as it gets through them,
    /// and announces come in between.
    static constexpr std::size_t at_once = 64;

    /// Lifetime: all three outlive this
    /// Errors:   std::bad_alloc
    Sweeper(Host& host, Shared& shared, DueLists& due_lists);

    /// Looks at the lists whose time has come, and lists what has to be listed. Once a second.
    /// Errors: std::bad_alloc
    void look(Store& store);

    void answered(std::uint32_t ticket, const Reply& reply) noexcept override;
    void failed(std::uint32_t ticket, Status status) noexcept override;

private:
    struct Sweep {
        InfoHash info_hash{};
        SweepPlace place{};
    };

    void take_looked(const Reply& reply);
    void take_due(std::uint32_t list, const Reply& reply);
    void take_swept(std::uint32_t ticket, const Reply& reply);
    void ask_lists();
    void start(const InfoHash& info_hash, const SweepPlace& place);

    Host& host_;
    Shared& shared_;
    DueLists& due_lists_;
    Keyspace keyspace_;
    Store* store_ = nullptr;          // the one of the last `look`
    std::set<std::uint32_t> to_ask_;  // lists whose time has come
    std::set<std::uint32_t> asked_;   // and those that have not answered yet
    std::size_t under_way_ = 0;
    Slab<Sweep> sweeps_;
    Command command_;
};

}  // namespace chihaya::redis
