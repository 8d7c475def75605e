#include "core/app/journal.hpp"

#include <sys/stat.h>

#include <charconv>
#include <cstdint>
#include <string_view>
#include <system_error>

namespace chihaya::app {
namespace {

/// Reads all of `text`, or nothing.
bool read_number(std::string_view text, std::uint64_t& number) noexcept {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc() && end == text.data() + text.size();
}

char syslog_number(Severity severity) noexcept {
    switch (severity) {
        case Severity::debug:
            return '7';
        case Severity::info:
            return '6';
        case Severity::warning:
            return '4';
        case Severity::error:
            break;
    }
    return '3';
}

}  // namespace

bool is_journal(int descriptor, const char* journal_stream) noexcept {
    if (journal_stream == nullptr) {
        return false;
    }
    const std::string_view text(journal_stream);
    const std::size_t colon = text.find(':');
    std::uint64_t device = 0;
    std::uint64_t inode = 0;
    if (colon == std::string_view::npos || !read_number(text.substr(0, colon), device) ||
        !read_number(text.substr(colon + 1), inode)) {
        return false;
    }
    struct stat stream {};
    return ::fstat(descriptor, &stream) == 0 && stream.st_dev == device && stream.st_ino == inode;
}

std::string journal_line(Severity severity, const std::string& line) {
    return std::string("<") + syslog_number(severity) + '>' + line + '\n';
}

}  // namespace chihaya::app
