#pragma once

/// @file parameters.hpp
/// `tracker.params` of the configuration, as this driver understands them.

#include "chihaya/host.hpp"

#include <optional>
#include <string_view>

namespace chihaya::memory {

struct Parameters {
    std::optional<bool> peer_ids;  // keep peer ids; not said: as the tracker needs them
};

/// Reads the parameters. Unknown ones are warned of.
/// Errors: nothing, after a line to the log, when they are not what they must be
[[nodiscard]] std::optional<Parameters> read_parameters(Host& control, std::string_view json);

}  // namespace chihaya::memory
