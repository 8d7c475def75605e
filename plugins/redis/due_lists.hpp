#pragma once

/// @file due_lists.hpp
/// Which swarms have to be looked at, and when: each stands in one of a ring of lists in Redis,
/// whichever tracker put it there, and whichever comes along first takes it out and looks. So no
/// tracker leads, and none has to search.

#include "chihaya/types.hpp"
#include "plugins/redis/command.hpp"
#include "plugins/redis/keyspace.hpp"
#include "plugins/redis/store.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace chihaya::redis {

/// Thread: the worker's
class DueLists {
public:
    /// Swarms that wait to be put into a list. What is more is left out: when its time is over the
    /// next announce in that swarm notices, and at the latest Redis itself forgets it.
    static constexpr std::size_t waiting_max = std::size_t{1} << 18U;

    /// Errors: std::bad_alloc
    explicit DueLists(std::string_view prefix) : keyspace_(prefix) {}

    /// The swarm has to be looked at at second `due`. It is put into its list by the next `send`.
    /// Errors: std::bad_alloc
    void add(const InfoHash& info_hash, std::uint32_t due);

    /// Puts what waits into the lists. `answered` hears of each command with `ticket`.
    /// Errors: std::bad_alloc
    void send(Store& store, Answered& answered, std::uint32_t ticket);

private:
    struct Due {
        InfoHash info_hash;
        std::uint32_t at = 0;
    };

    Keyspace keyspace_;
    std::vector<Due> waiting_;
    Command command_;
};

}  // namespace chihaya::redis
