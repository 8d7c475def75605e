#pragma once

/// @file sections.hpp
/// One function for each group of keys: what its values must be. They work on a `Config` that
/// holds the defaults.

#include "core/config/config.hpp"
#include "core/config/fields.hpp"

namespace chihaya::config {

/// Which drivers, where plugins and state are, how many workers.
void read_drivers(Fields& fields, Config& config);

/// Who may announce what, and how torrents come and go.
void read_mode(Fields& fields, Config& config);

/// Intervals, lifetimes, and how many peers and swarms a reply has.
void read_announcing(Fields& fields, Config& config);

/// Which address of a peer is believed, and which peers it is given.
void read_addressing(Fields& fields, Config& config);

/// Who may ask how often, and who is kept out.
void read_protection(Fields& fields, Config& config);

/// `addr` and what is in `http`; `udp`.
void read_frontends(Fields& fields, Config& config);

/// `management` and `log`. Reads after the front ends: their addresses must differ.
void read_operation(Fields& fields, Config& config);

}  // namespace chihaya::config
