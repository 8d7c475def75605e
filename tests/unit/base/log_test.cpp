#include "core/base/log.hpp"

#include <doctest/doctest.h>

#include <regex>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

TEST_SUITE_BEGIN("log");

namespace {

using chihaya::LineLimit;
using chihaya::Log;
using chihaya::Severity;
using namespace std::chrono_literals;

struct Written {
    std::vector<std::string> lines;
    Log log{[this](Severity, const std::string& line) {
        lines.push_back(line);
    }};

    /// The last line behind its time.
    [[nodiscard]] std::string last() const { return lines.back().substr(25); }
};

TEST_CASE("a line has time, severity, area, message, and what belongs to it") {
    Written written;
    written.log.write(Severity::info, "plugin", "loaded",
                      {{"name", "memory"}, {"version", std::string("0.1.0")}, {"peers", 7}});
    REQUIRE(written.lines.size() == 1);
    CHECK(
        std::regex_match(written.lines[0],
                         std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info plugin: loaded )"
                                    R"(name=memory version=0\.1\.0 peers=7)")));
}

TEST_CASE("a line for a reader that notes time and severity begins with its area") {
    std::vector<std::string> lines;
    Log log([&](Severity, const std::string& line) { lines.push_back(line); }, Log::Opening::area);
    log.write(Severity::warning, "plugin", "loaded", {{"name", "memory"}});
    CHECK(lines == std::vector<std::string>{"plugin: loaded name=memory"});
}

TEST_CASE("a value cannot forge a line, a field or a quote") {
    Written written;
    const auto shown = [&](std::string_view value) {
        written.log.write(Severity::error, "a", "m", {{"k", value}});
        return written.last();
    };
    CHECK(shown("plain-1.0/x") == "error a: m k=plain-1.0/x");
    CHECK(shown("two words") == "error a: m k=\"two words\"");
    CHECK(shown("") == "error a: m k=\"\"");
    CHECK(shown("a=b") == "error a: m k=\"a=b\"");
    CHECK(shown("say \"x\"") == "error a: m k=\"say \\\"x\\\"\"");
    CHECK(shown("x\n2026 error") == "error a: m k=\"x\\x0a2026 error\"");
    CHECK(shown("\x1b[31m") == "error a: m k=\"\\x1b[31m\"");
    CHECK(shown("back\\slash") == "error a: m k=\"back\\x5cslash\"");
}

TEST_CASE("what is below the level is not written, and the sink is told how grave a line is") {
    std::vector<Severity> seen;
    Log log([&](Severity severity, const std::string&) { seen.push_back(severity); });
    log.write(Severity::debug, "a", "m");
    log.write(Severity::info, "a", "m");
    log.set_level(Severity::error);
    CHECK_FALSE(log.shows(Severity::warning));
    log.write(Severity::warning, "a", "m");
    log.write(Severity::error, "a", "m");
    log.set_level(Severity::debug);
    log.write(Severity::debug, "a", "m");
    CHECK(seen == std::vector{Severity::info, Severity::error, Severity::debug});
}

TEST_CASE("a sink that throws loses its line and nothing else") {
    int calls = 0;
    Log log([&](Severity, const std::string&) {
        if (++calls == 1) {
            throw std::runtime_error("disk full");
        }
    });
    log.write(Severity::info, "a", "first");
    log.write(Severity::info, "a", "second");
    CHECK(calls == 2);
}

TEST_CASE("lines of several threads come one at a time") {
    Written written;
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int n = 0; n < 250; ++n) {
                written.log.write(Severity::info, "area", "message");
            }
        });
    }
    for (std::thread& thread : threads) {
        thread.join();
    }
    CHECK(written.lines.size() == 1'000);
}

TEST_CASE("a limit lets so many lines a second through and counts the rest") {
    LineLimit limit(3);
    const auto start = std::chrono::steady_clock::time_point(1'000s);
    int admitted = 0;
    for (int i = 0; i < 10; ++i) {
        admitted += limit.admit(start + i * 10ms) ? 1 : 0;
    }
    CHECK(admitted == 3);
    CHECK(limit.take_suppressed() == 7);
    CHECK(limit.take_suppressed() == 0);
    CHECK_FALSE(limit.admit(start + 999ms));
    CHECK(limit.admit(start + 1s));
    CHECK(limit.take_suppressed() == 1);
}

TEST_CASE("every severity has the name that log.level takes") {
    CHECK(chihaya::severity_name(Severity::debug) == "debug");
    CHECK(chihaya::severity_name(Severity::info) == "info");
    CHECK(chihaya::severity_name(Severity::warning) == "warning");
    CHECK(chihaya::severity_name(Severity::error) == "error");
}

}  // namespace
