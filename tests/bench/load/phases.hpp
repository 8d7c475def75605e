#pragma once

/// @file phases.hpp
/// A run of a load generator: fill, then measure, then one line of JSON.

#include "tests/bench/load/options.hpp"
#include "tests/bench/load/plan.hpp"
#include "tests/bench/load/totals.hpp"

#include <functional>

namespace chihaya::bench {

/// Runs a plan to its end, or for so many seconds (0: no bound). `filling` says which phase it is.
using RunPlan = std::function<Totals(Plan& plan, double seconds, bool filling)>;

/// Returns the exit code: 0 when every request was answered rightly, else 1.
[[nodiscard]] int run_phases(const Options& options, const RunPlan& run);

}  // namespace chihaya::bench
