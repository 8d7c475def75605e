#include "core/management/memory_use.hpp"

#include <fstream>

#if defined(__linux__)
#include <unistd.h>
#endif

namespace chihaya::management {

std::optional<MemoryUse> memory_use() {
#if defined(__linux__)
    std::uint64_t total_pages = 0;
    std::uint64_t resident_pages = 0;
    std::ifstream file("/proc/self/statm");
    if (file >> total_pages >> resident_pages) {
        const auto page_bytes = static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
        return MemoryUse{resident_pages * page_bytes, total_pages * page_bytes};
    }
#endif
    return std::nullopt;
}

}  // namespace chihaya::management
