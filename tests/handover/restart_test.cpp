// A tracker with sockets that are passed and a snapshot is stopped and started under load.

#include "tests/handover/load.hpp"
#include "tests/handover/service_manager.hpp"
#include "tests/support/http_client.hpp"
#include "tests/wire_http/tracker.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace chihaya::test {
namespace {

constexpr int restarts = 5;
constexpr std::uint32_t swarms = 200;

ChihayaOptions options(const PassedSockets& passed, const TempDir& state) {
    const std::string addr = "\"127.0.0.1:" + std::to_string(passed.port()) + '"';
    ChihayaOptions options;
    options.config = R"({"workers": 2, "interval_jitter": 0, "addr": )" + addr +
                     R"(, "udp": {"addr": )" + addr + R"(}, "state_dir": ")" +
                     state.path().string() + "\"}";
    options.sockets = passed.all();
    return options;
}

/// What the swarms say that nobody announces to any more.
std::string numbers(const PassedSockets& passed) {
    std::string all;
    for (std::uint32_t i = 0; i < swarms; ++i) {
        all += http_get(passed.port(), scrape_target(numbered_hash(i))).body;
    }
    return all;
}

TEST_SUITE_BEGIN("restart");

TEST_CASE("with given sockets and a snapshot nobody is refused or forgotten over five restarts") {
    const PassedSockets passed;
    const TempDir state;
    std::optional<ChihayaProcess> process;
    process.emplace(options(passed, state));
    for (std::uint32_t i = 0; i < swarms; ++i) {
        const std::string name = numbered_hash(i);
        http_get(passed.port(), target({.info_hash = name, .left = i % 2}));
    }
    const std::string before = numbers(passed);
    Load load(passed.port(), passed.port(), "", true);
    for (int i = 0; i < restarts; ++i) {
        load.wait_for_answers(20);
        CHECK(process->stop() == 0);
        process.emplace(options(passed, state));
    }
    load.wait_for_answers(20);
    CHECK(load.stop() == std::vector<std::string>{});
    CHECK(numbers(passed) == before);
    CHECK(before.find("8:completei1e") != std::string::npos);
    CHECK(process->log().find("snapshot: restored") != std::string::npos);
    MESSAGE(load.answers() << " announces answered over " << restarts << " restarts");
}

TEST_SUITE_END();

}  // namespace
}  // namespace chihaya::test
