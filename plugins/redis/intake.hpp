#pragma once

/// @file intake.hpp
/// Peers taken in as they were, of many swarms in one pipeline.

#include "chihaya/swarm.hpp"
#include "plugins/redis/announce_plan.hpp"
#include "plugins/redis/client.hpp"
#include "plugins/redis/command.hpp"
#include "plugins/redis/keyspace.hpp"
#include "plugins/redis/limits.hpp"
#include "plugins/redis/shared.hpp"

#include <array>
#include <cstddef>
#include <string>

namespace chihaya::redis {

/// Announces of any swarms go side by side in one call of the script; in a Cluster, those of one
/// swarm. At the end of each pipeline its swarms get a line in the lists of those to be looked at:
/// a line too many does no harm (sweep.lua).
///
/// Thread: one
/// Errors: std::bad_alloc; a status other than ok: some of it may have been done
class Intake {
public:
    /// What it uses; all outlive it.
    struct Tools {
        Client& client;
        Keyspace& keyspace;
        Command& command;
        Shared& shared;
    };

    Intake(const Tools& tools, const HashSecret& secret);

    [[nodiscard]] Status add(const SwarmInTransit& one);
    /// What has not left yet.
    [[nodiscard]] Status finish();

private:
    void add_call();
    void add_registering(const SwarmRecord& swarm);
    void add_to_due_list();

    Tools tools_;
    const PlanTerms terms_;
    const bool is_cluster_;
    std::array<AnnouncePlan, limits::taken_in_per_call> plans_;
    std::array<InfoHash, limits::taken_in_per_call> names_;  // of their swarms
    std::size_t planned_ = 0;
    std::size_t commands_ = 0;
    std::string due_;  // swarms to be looked at, one after the other
};

}  // namespace chihaya::redis
