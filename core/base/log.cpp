#include "core/base/log.hpp"

#include "core/base/text.hpp"

#include <array>
#include <cstdio>
#include <ctime>
#include <exception>
#include <utility>

namespace chihaya {
namespace {

std::string timestamp() {
    const auto now = std::chrono::system_clock::now();
    const auto day = std::chrono::floor<std::chrono::days>(now);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::milliseconds>(now - day));
    std::array<char, 32> out{};
    const int size = std::snprintf(
        out.data(), out.size(), "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", int{date.year()},
        unsigned{date.month()}, unsigned{date.day()}, static_cast<int>(time.hours().count()),
        static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
        static_cast<int>(time.subseconds().count()));
    return {out.data(), static_cast<std::size_t>(size)};
}

std::string quoted(const std::string& value) {
    const std::string safe = text::printable(value);
    if (!safe.empty() && safe == value && value.find_first_of(" \"=") == std::string::npos) {
        return value;
    }
    std::string out = "\"";
    for (const char letter : safe) {
        if (letter == '"') {
            out += '\\';
        }
        out += letter;
    }
    return out + '"';
}

}  // namespace

void Log::write(Severity severity, std::string_view area, std::string_view message,
                std::initializer_list<LogField> fields) noexcept {
    if (!shows(severity)) {
        return;
    }
    try {
        std::string line;
        if (opening_ == Opening::time_and_severity) {
            line = timestamp();
            line += ' ';
            line += severity_name(severity);
            line += ' ';
        }
        line += area;
        line += ": ";
        line += message;
        for (const LogField& field : fields) {
            line += ' ';
            line += field.key;
            line += '=';
            line += quoted(field.value);
        }
        const std::lock_guard lock(mutex_);
        sink_(severity, line);
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): nobody is left to tell
    }
}

bool LineLimit::admit(std::chrono::steady_clock::time_point now) noexcept {
    if (now - second_ >= std::chrono::seconds(1)) {
        second_ = now;
        used_ = 0;
    }
    if (used_ < limit_) {
        ++used_;
        return true;
    }
    ++suppressed_;
    return false;
}

std::uint64_t LineLimit::take_suppressed() noexcept {
    return std::exchange(suppressed_, 0);
}

Severity severity_of(std::string_view name) noexcept {
    for (const Severity severity : {Severity::debug, Severity::warning, Severity::error}) {
        if (name == severity_name(severity)) {
            return severity;
        }
    }
    return Severity::info;
}

std::string_view severity_name(Severity severity) noexcept {
    switch (severity) {
        case Severity::debug:
            return "debug";
        case Severity::info:
            return "info";
        case Severity::warning:
            return "warning";
        case Severity::error:
            break;
    }
    return "error";
}

}  // namespace chihaya
