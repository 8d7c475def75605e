#pragma once

/// @file trouble.hpp
/// A site whose database may be stopped, killed and locked, and what tests wait for meanwhile.

#include "tests/gazelle_program/truthful_peers.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>

namespace chihaya::test {

/// The server that tests may stop, kill and pause. Running, when a test begins.
[[nodiscard]] MariadbServer& frail_mariadb();

/// Plays a scenario on a site of each dialect, each made for it on that server.
template <class Scenario>
void on_each_frail_site(Scenario scenario) {
    on_each_site(scenario, frail_mariadb);
}

/// The load ends, the books are closed, and every sum is right: checks it.
void check_sums(Site& site, const PrivateTracker& tracker, SteadyLoad& load,
                const TruthfulPeers& peers);

void wait_for_flush(const PrivateTracker& tracker);
void wait_for_failed_flush(const PrivateTracker& tracker);

/// Until a transaction waits for a row that another one holds.
void wait_for_row_lock_wait(Site& site);

/// An UPDATE of a user's total.
[[nodiscard]] std::string touch_user(const Site& site, std::uint32_t user, int by = 0);

/// How many rows of a table there are, "torrents WHERE ID = 300".
[[nodiscard]] std::string count_of(Site& site, const std::string& rows);

}  // namespace chihaya::test
