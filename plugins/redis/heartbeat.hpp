#pragma once

/// @file heartbeat.hpp
/// What a worker and Redis tell each other once a second: the secret of the pages, and how many
/// swarms and peers there are.

#include "plugins/redis/command.hpp"
#include "plugins/redis/keyspace.hpp"
#include "plugins/redis/shared.hpp"
#include "plugins/redis/store.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chihaya::redis {

/// The secret as Redis keeps it: 16 bytes.
[[nodiscard]] std::string new_secret();
[[nodiscard]] std::optional<HashSecret> read_secret(std::string_view bytes) noexcept;

/// Thread: the worker's
class Heartbeat final : public Answered {
public:
    /// Lifetime: `shared` outlives this
    /// Errors:   std::bad_alloc
    explicit Heartbeat(Shared& shared);

    /// Errors: std::bad_alloc
    void beat(Store& store);

    void answered(std::uint32_t ticket, const Reply& reply) noexcept override;
    void failed(std::uint32_t ticket, Status status) noexcept override;

private:
    void tell_totals(Store& store);

    Shared& shared_;
    Keyspace keyspace_;
    std::string offered_;                   // a secret, for when there is none yet
    std::array<std::int64_t, 3> told_{};    // changes on their way to Redis
    std::array<std::int64_t, 3> totals_{};  // as they come back
    bool is_telling_ = false;
    Command command_;
};

}  // namespace chihaya::redis
