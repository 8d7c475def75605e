#pragma once

/// @file parameters.hpp
/// `tracker.params` of the configuration, as this driver understands them.

#include "chihaya/host.hpp"
#include "plugins/memory/limits.hpp"

#include <chrono>
#include <filesystem>
#include <optional>
#include <string_view>

namespace chihaya::memory {

struct Parameters {
    std::optional<bool> peer_ids{};    // keep peer ids; not said: as the tracker needs them
    std::filesystem::path snapshot{};  // absolute; empty: nothing survives
    std::chrono::milliseconds snapshot_interval = limits::snapshot_interval;
};

/// Reads the parameters. Unknown ones are warned of. `state_dir` is where a relative file lies, and
/// where there is one a snapshot is kept unless they say otherwise.
/// Errors: nothing, after a line to the log, when they are not what they must be
[[nodiscard]] std::optional<Parameters> read_parameters(Host& control, std::string_view json,
                                                        std::string_view state_dir = {});

}  // namespace chihaya::memory
