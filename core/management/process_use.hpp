#pragma once

/// @file process_use.hpp
/// What this process takes of the machine.

#include <cstdint>
#include <optional>

namespace chihaya::management {

/// What the system does not say is empty.
struct ProcessUse {
    std::optional<std::uint64_t> resident_bytes;
    std::optional<std::uint64_t> virtual_bytes;
    std::optional<std::uint64_t> open_files;
    std::optional<std::uint64_t> files_max;
    double cpu_seconds = 0.0;  // of user and system together, since the start
};

/// Source: getrusage, getrlimit, /proc/self
[[nodiscard]] ProcessUse process_use();

}  // namespace chihaya::management
