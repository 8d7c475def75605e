#pragma once

/// @file memory_use.hpp
/// How much memory this process takes.

#include <cstdint>
#include <optional>

namespace chihaya::management {

struct MemoryUse {
    std::uint64_t resident_bytes = 0;
    std::uint64_t virtual_bytes = 0;
};

/// Empty where the system does not say (it is read from /proc).
[[nodiscard]] std::optional<MemoryUse> memory_use();

}  // namespace chihaya::management
