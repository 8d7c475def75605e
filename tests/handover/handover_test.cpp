// One tracker takes the place of another while clients announce.

#include "core/app/greeting.hpp"
#include "core/handover/channel.hpp"
#include "tests/handover/load.hpp"
#include "tests/handover/replacing.hpp"
#include "tests/handover/service_manager.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/free_port.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/wire_http/tracker.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <exception>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace chihaya::test {
namespace {

using handover::Kind;

ChihayaOptions options(const std::string& members = "") {
    return replaceable(members);
}

/// 0 while there is none.
pid_t number_in(const std::filesystem::path& file) {
    pid_t number = 0;
    std::ifstream(file) >> number;
    return number;
}

TEST_SUITE_BEGIN("hand-over");

TEST_CASE("every request is answered while five trackers take each other's place") {
    ChihayaProcess process(options());
    hand_over_under_load(process, 5);
}

TEST_CASE("sockets of an address that has given way to every address are handed over, too") {
    const auto of = [](const std::string& host) {
        return R"({"workers": 2, "interval_jitter": 0, "state_dir": "$DIR/state", "addr": ")" +
               host + R"(:$HTTP_PORT", "udp": {"addr": ")" + host + R"(:$UDP_PORT"}})";
    };
    ChihayaOptions narrow;
    narrow.config = of("127.0.0.1");
    ChihayaProcess process(narrow);
    process.configure(of(""));
    process.signal(SIGHUP);
    wait_for_log(process, "the configuration has been reloaded");
    Load load(process.http_port(), process.udp_port());
    for (int i = 0; i < 2; ++i) {
        load.wait_for_answers(20);
        hand_over(process);
    }
    load.wait_for_answers(20);
    CHECK(load.stop() == std::vector<std::string>{});
    CHECK(process.log().find("is for no address") == std::string::npos);
}

TEST_CASE("swarms, registry and snatches are those of before") {
    ChihayaProcess process(options(R"(, "private": true)"));
    const std::string key(32, 'k');
    put(process, "/users/" + key, R"({"id": 7})");
    for (std::uint32_t i = 0; i < 50; ++i) {
        put(process, "/torrents/" + hex(numbered_hash(i)),
            "{\"id\": " + std::to_string(i + 1) + '}');
        const std::string name = numbered_hash(i);
        http_get(process.http_port(), "/" + key + target({.info_hash = name, .left = 10}));
        http_get(process.http_port(),
                 "/" + key + target({.info_hash = name, .left = 0, .event = "completed"}));
    }
    const auto state = [&] {
        std::string all;
        for (std::uint32_t i = 0; i < 50; ++i) {
            all += http_get(process.http_port(), "/" + key + scrape_target(numbered_hash(i))).body;
        }
        return all + get_page(process, "/users");
    };
    const std::string before = state();
    CAPTURE(before);
    hand_over(process);
    CHECK(state() == before);
    CHECK(before.find("10:downloadedi1e") != std::string::npos);
}

TEST_CASE("a connection in the middle of its request goes on in the other process") {
    ChihayaProcess process(options());
    TcpClient client(process.http_port());
    const std::string words = request({});
    client.send(words);
    CHECK(client.read_reply().status == 200);
    client.send(words + words.substr(0, 30));
    CHECK(client.read_reply().status == 200);
    hand_over(process);
    client.send(words.substr(30));
    CHECK(client.read_reply().status == 200);
}

TEST_CASE("a second tracker takes over when it is told to") {
    ChihayaProcess process(options());
    Load load(process.http_port(), process.udp_port());
    load.wait_for_answers(5);
    ChildProcess second;
    second.start({CHIHAYA_PROGRAM, "--config", process.directory() / "chihaya.json", "--take-over"},
                 process.directory(),
                 [&] { return process.log().find(has_gone) != std::string::npos; });
    CHECK(process.wait() == 0);
    load.wait_for_answers(20);
    CHECK(load.stop() == std::vector<std::string>{});
}

TEST_CASE("a tracker that is told to take over and finds nobody says so") {
    ChihayaOptions alone = options();
    alone.arguments = {"--take-over"};
    alone.wait_until_ready = false;
    ChihayaProcess process(alone);
    CHECK(process.wait() == 78);
    CHECK(process.log().find("cannot reach a running tracker at") != std::string::npos);
}

TEST_CASE("a successor that dies at any step leaves the tracker as it was") {
    for (const Kind step : {Kind::welcome, Kind::sockets, Kind::key, Kind::swarms, Kind::freed,
                            Kind::connections, Kind::yours}) {
        CAPTURE(static_cast<unsigned>(step));
        ChihayaProcess process(options());
        Load load(process.http_port(), process.udp_port());
        load.wait_for_answers(5);
        {
            Stranger stranger(process);
            CHECK(stranger.play_until(step));
        }
        wait_for_log(process, goes_on);
        load.wait_for_answers(20);
        hand_over(process);  // and the next one may have it
        load.wait_for_answers(20);
        CHECK(load.stop() == std::vector<std::string>{});
    }
}

TEST_CASE("a program that cannot start leaves the tracker as it was") {
    ChihayaProcess process(options());
    Load load(process.http_port(), process.udp_port());
    std::filesystem::remove(process.directory() / "chihaya.json");
    process.signal(SIGUSR2);
    wait_for_log(process, goes_on);
    load.wait_for_answers(20);
    CHECK(load.stop() == std::vector<std::string>{});
    CHECK(process.stop() == 0);
}

TEST_CASE(
    "a hand-over that fails leaves what a reload has set, and the next reload has its effect") {
    ChihayaProcess process(options(R"(, "management": {"token": "first"})"));
    const auto may = [&](const std::string& token) {
        return http_get(process.management_port(), "/torrents",
                        "Authorization: Bearer " + token + "\r\n")
                   .status == 200;
    };
    const auto reload = [&](const std::string& token, std::size_t times) {
        process.configure(options(R"(, "management": {"token": ")" + token + R"("})").config);
        process.signal(SIGHUP);
        wait_for_log(process, "has been reloaded", times);
    };
    reload("second", 1);
    CHECK(may("second"));
    {
        Stranger stranger(process);
        CHECK(stranger.play_until(Kind::freed));
    }
    wait_for_log(process, goes_on);
    wait_until("management is there again", [&] {
        try {
            return may("second");
        } catch (const std::exception&) {
            return false;
        }
    });
    CHECK_FALSE(may("first"));
    reload("third", 2);
    CHECK(may("third"));
    CHECK(process.stop() == 0);
}

TEST_CASE("a successor that cannot bind the address of management takes nobody's place") {
    ChihayaProcess process(options());
    const PassedSockets taken;
    process.configure(
        options(R"(, "management": {"addr": "127.0.0.1:)" + std::to_string(taken.port()) + R"("})")
            .config);
    process.signal(SIGUSR2);
    wait_for_log(process, goes_on);
    CHECK(process.log().find("management: cannot listen on 127.0.0.1:") != std::string::npos);
    CHECK(http_get(process.http_port(), target({})).status == 200);
    CHECK(http_get(process.management_port(), "/check").status == 200);
    CHECK(process.stop() == 0);
}

TEST_CASE("nobody but its user finds the way in, and nonsense is refused") {
    ChihayaProcess process(options());
    const auto path = process.directory() / "state" / "handover.sock";
    wait_until("somebody may come", [&] { return std::filesystem::exists(path); });
    struct stat found {};
    REQUIRE(::stat(path.c_str(), &found) == 0);
    CHECK((found.st_mode & 07777U) == 0600U);
    const std::string hello = packed(app::Hello{.process = 1, .driver = "memory", .params = "{}"});
    std::vector<std::pair<Kind, std::string>> nonsense{{Kind::hello, ""},
                                                       {Kind::hello, hello.substr(0, 20)},
                                                       {Kind::go, hello},
                                                       {static_cast<Kind>(77), hello},
                                                       {Kind::hello, std::string(60'000, '\xff')}};
    std::string other_version = hello;
    other_version[0] = 99;
    nonsense.emplace_back(Kind::hello, other_version);
    std::size_t refusals = 0;
    for (const auto& [kind, body] : nonsense) {
        Stranger stranger(process);
        CHECK(stranger.channel().send(kind, body).has_value());
        wait_for_log(process, goes_on, ++refusals);
    }
    CHECK(http_get(process.http_port(), target({})).status == 200);
}

TEST_CASE("the service manager is told who the tracker is now") {
    const NotifySocket manager;
    ChihayaOptions watched = options();
    watched.variables = {"NOTIFY_SOCKET=" + manager.path()};
    ChihayaProcess process(watched);
    static_cast<void>(manager.expect("READY=1"));
    hand_over(process);
    CHECK(manager.expect("MAINPID=") == "MAINPID=" + std::to_string(process.pid()));
    static_cast<void>(manager.expect("READY=1"));
    process.signal(SIGTERM);
    static_cast<void>(manager.expect("STOPPING=1"));
}

TEST_CASE("the file of the process names who the tracker is") {
    ChihayaOptions named = options();
    named.arguments = {"--pidfile", "$DIR/number"};
    ChihayaProcess process(named);
    const auto file = process.directory() / "number";
    CHECK(number_in(file) == process.pid());
    hand_over(process);
    wait_until("the new one is named", [&] { return number_in(file) == process.pid(); });
    std::filesystem::remove(process.directory() / "chihaya.json");
    process.signal(SIGUSR2);
    wait_for_log(process, goes_on);  // the one that could not start has left the file alone
    CHECK(number_in(file) == process.pid());
    process.signal(SIGTERM);
    process.wait();
    CHECK_FALSE(std::filesystem::exists(file));
}

TEST_CASE("a daemon hands over to a daemon") {
    const TempDir dir;
    const FreePort port;
    std::ofstream(dir / "chihaya.json")
        << R"({"addr": "127.0.0.1:)" << port.number() << R"(", "management": {"addr": ""},)"
        << R"("state_dir": "state", "plugin_dir": ")" CHIHAYA_PLUGIN_DIR R"("})";
    const auto file = dir / "number";
    ChildProcess start;
    REQUIRE(start.run({CHIHAYA_PROGRAM, "-c", "chihaya.json", "--daemon", "--pidfile=number"},
                      dir.path()) == 0);
    const auto serves = [&] {
        try {
            return http_get(port.number(), target({})).status == 200;
        } catch (const std::exception&) {
            return false;
        }
    };
    wait_until("the daemon serves", serves);
    const pid_t first = number_in(file);
    REQUIRE(first > 1);
    REQUIRE(::kill(first, SIGUSR2) == 0);
    wait_until("another one is named", [&] { return number_in(file) != first; });
    wait_until("the first has ended", [&] { return ::kill(first, 0) != 0; });
    CHECK(serves());
    const pid_t second = number_in(file);
    REQUIRE(second > 1);
    REQUIRE(::kill(second, SIGTERM) == 0);
    wait_until("it has ended", [&] { return ::kill(second, 0) != 0; });
    CHECK_FALSE(std::filesystem::exists(file));
}

TEST_SUITE_END();

}  // namespace
}  // namespace chihaya::test
