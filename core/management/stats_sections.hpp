#pragma once

/// @file stats_sections.hpp
/// The parts of `/stats` that v1 did not have. README.md says what they hold.

#include "core/config/json_value.hpp"
#include "core/management/observer.hpp"

namespace chihaya::management {

/// Appends them to the page.
void add_sections(config::Object& page, const Observation& seen, const Settings& settings);

}  // namespace chihaya::management
