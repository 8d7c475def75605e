#pragma once

/// @file log.hpp
/// What the operator reads: one line per event.
///
/// Shape: `2026-01-31T12:00:00.123Z info plugin: loaded name=memory version=0.1.0`. The message is
/// a
///        literal, variables are key=value behind it. No passkey, token or password ever stands in
///        a line; a peer's address only at `debug`.

#include "chihaya/host.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <mutex>
#include <string>
#include <string_view>

namespace chihaya {

/// A key=value behind a message. Text with blanks, quotes or control bytes is quoted and escaped.
struct LogField {
    std::string_view key;
    std::string value;

    LogField(std::string_view name, std::string text) : key(name), value(std::move(text)) {}
    LogField(std::string_view name, std::string_view text) : key(name), value(text) {}
    LogField(std::string_view name, const char* text) : key(name), value(text) {}
    LogField(std::string_view name, std::uint64_t number)
        : key(name), value(std::to_string(number)) {}
};

/// Where lines go.
/// Thread: all members from any thread
class Log {
public:
    /// Takes a finished line, without its end, and how grave it is.
    using Sink = std::function<void(Severity, const std::string&)>;

    /// What a line begins with.
    enum class Opening : std::uint8_t {
        time_and_severity,
        area  // for a reader that notes time and severity by itself
    };

    explicit Log(Sink sink, Opening opening = Opening::time_and_severity)
        : sink_(std::move(sink)), opening_(opening) {}

    void set_level(Severity least) noexcept { level_.store(least, std::memory_order_relaxed); }
    [[nodiscard]] bool shows(Severity severity) const noexcept {
        return severity >= level_.load(std::memory_order_relaxed);
    }

    /// Writes one line if `severity` is shown. Never throws: a line that cannot be written is lost.
    void write(Severity severity, std::string_view area, std::string_view message,
               std::initializer_list<LogField> fields = {}) noexcept;

private:
    Sink sink_;
    const Opening opening_;
    std::mutex mutex_;  // one line at a time
    std::atomic<Severity> level_{Severity::info};
};

/// Lets through so many lines a second and counts the rest.
/// Thread: one at a time
class LineLimit {
public:
    explicit LineLimit(std::uint32_t lines_per_second) : limit_(lines_per_second) {}

    /// May a line be written at `now`?
    [[nodiscard]] bool admit(std::chrono::steady_clock::time_point now) noexcept;

    /// How many were refused since the last time this was asked.
    [[nodiscard]] std::uint64_t take_suppressed() noexcept;

private:
    std::uint32_t limit_;
    std::uint32_t used_ = 0;
    std::uint64_t suppressed_ = 0;
    std::chrono::steady_clock::time_point second_{};
};

/// "debug", "info", "warning" or "error".
[[nodiscard]] std::string_view severity_name(Severity severity) noexcept;

/// The severity of that name; info when there is none.
[[nodiscard]] Severity severity_of(std::string_view name) noexcept;

}  // namespace chihaya
