#include "core/management/process_use.hpp"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <system_error>

namespace chihaya::management {
namespace {

double seconds(const timeval& time) noexcept {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

/// Since Linux 6.2 the size of the folder says it; before that its entries are counted.
std::optional<std::uint64_t> open_files() {
    const char* const folder = "/proc/self/fd";
    struct stat status {};
    if (::stat(folder, &status) == 0 && status.st_size > 0) {
        return static_cast<std::uint64_t>(status.st_size);
    }
    std::error_code error;
    std::uint64_t count = 0;
    for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
         entry.increment(error)) {
        ++count;
    }
    return error ? std::nullopt : std::optional(count);
}

}  // namespace

ProcessUse process_use() {
    ProcessUse use;
    std::uint64_t total_pages = 0;
    std::uint64_t resident_pages = 0;
    std::ifstream file("/proc/self/statm");
    if (file >> total_pages >> resident_pages) {
        const auto page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
        use.resident_bytes = resident_pages * page_bytes;
        use.virtual_bytes = total_pages * page_bytes;
    }
    use.open_files = open_files();
    rlimit files{};
    if (::getrlimit(RLIMIT_NOFILE, &files) == 0) {
        use.files_max = files.rlim_cur;
    }
    rusage usage{};
    if (::getrusage(RUSAGE_SELF, &usage) == 0) {
        use.cpu_seconds = seconds(usage.ru_utime) + seconds(usage.ru_stime);
    }
    return use;
}

}  // namespace chihaya::management
