#pragma once

/// @file driver_metrics.hpp
/// What the drivers say about themselves, as metrics.

#include "core/management/exposition.hpp"
#include "core/management/observer.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace chihaya::management {

/// Whether each of the two can work, and its numbers, `chihaya_driver_…`, labelled by kind and
/// name.
void add_drivers(Exposition& out, const Observation& seen, const Settings& settings);

/// "chihaya_driver_expired_peers_total" for a counter `expired_peers`. Characters that a name may
/// not have become '_'.
/// Errors: empty for names that this tracker's own metrics have
[[nodiscard]] std::optional<std::string> driver_metric_name(std::string_view reported,
                                                            bool is_counter);

}  // namespace chihaya::management
