#include "core/config/reader.hpp"
#include "tests/unit/config/files.hpp"

#include <Poco/Environment.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

TEST_SUITE_BEGIN("config printer");

namespace chihaya::config {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

TEST_CASE("what is printed is read back the same") {
    Config config;
    config.tracker = {"redis", R"({"a":[1,{"b":2.5}],"c":"\u0001\"\\"})"};
    config.http.addr = {{"127.0.0.1", 1}, {"::1", 2}};
    config.http.trusted_proxies = {};
    config.management.addr = {};
    config.client_whitelist = {"-TR", "a\"b"};
    config.announce = 1h + 1ms;
    config.interval_jitter = 1.0 / 3;
    config.workers = 256;
    config.preferred_ipv6_subnet = 128;
    for (const Config& each : {Config{}, config}) {
        const Reading reading = read(print(each));
        CHECK(reading.errors == Lines{});
        CHECK(reading.warnings == Lines{});
        CHECK(print(reading.config) == print(each));
    }
    config.tracker.params = read(print(config)).config.tracker.params;
    CHECK(read(print(config)).config == config);
}

TEST_CASE("no secret is printed") {
    Config config;
    config.management.token = "hunter2";
    config.tracker.params = R"({"pass":"hunter2"})";
    config.backend.params = R"({"dsn":"mysql://chihaya:hunter2@db/gazelle"})";
    const std::string printed = print(config);
    CHECK(printed.find("hunter2") == std::string::npos);
    CHECK(printed.find(R"("token": "***")") != std::string::npos);
    const auto token = static_cast<std::ptrdiff_t>(printed.find("\"token\""));
    const auto line = 1 + std::count(printed.begin(), printed.begin() + token, '\n');
    CHECK(read(printed).errors ==
          Lines{"management.token: found a text that stands for a secret, accepted is the secret, "
                "which --print-config does not print; put it back, or name a file that holds it "
                "(line " +
                std::to_string(line) + ")"});
    CHECK(read(printed).config.management.token.empty());
}

TEST_CASE("the configuration is printed as an operator would write it") {
    const std::string printed = print(Config{});
    CHECK(printed.starts_with(R"({
  "tracker": {
    "driver": "memory",
    "params": {}
  },
)"));
    CHECK(printed.find(R"(
  "addr": ":6881",
  "http": {
    "trusted_proxies": ["127.0.0.0/8", "::1/128"],
    "keep_alive": true,
    "head_timeout": "5s",
)") != std::string::npos);
    CHECK(printed.ends_with("}\n"));
}

TEST_CASE("a file is read from a path with environment variables") {
    const TemporaryFolder folder;
    const std::string path = folder.write("tracker.json", R"({"announce": "20m"})");
    CHECK(read_file(path).value().config.announce == 20min);
    Poco::Environment::set("CHIHAYA_TEST_FOLDER", folder.path().string());
    CHECK(read_file("$CHIHAYA_TEST_FOLDER/tracker.json").value().config.announce == 20min);
    CHECK(read_file("${CHIHAYA_TEST_FOLDER}/tracker.json").value().config.announce == 20min);
    CHECK(read_file("/dev/null").value().config == Config{});
}

TEST_CASE("a file that cannot be read is refused with its path, given and expanded") {
    const TemporaryFolder folder;
    const std::string words =
        ", accepted is a readable file of at most 16 MiB; name one with --config FILE, or --config "
        "\"\" for the defaults";
    const std::string absent = (folder.path() / "absent").string();
    CHECK(read_file(absent).error().text ==
          "configuration file \"" + absent + "\": found No such file or directory" + words);
    CHECK(read_file("/$CHIHAYA_TEST_NOTHING/x").error().text ==
          "configuration file \"/x\" (given as \"/$CHIHAYA_TEST_NOTHING/x\"): found No such file "
          "or directory" +
              words);
    CHECK(read_file(folder.path().string()).error().text ==
          "configuration file \"" + folder.path().string() + "\": found a directory" + words);
    const std::string large = folder.write("large", std::string((16U << 20U) + 1, ' '));
    CHECK(read_file(large).error().text ==
          "configuration file \"" + large + "\": found a larger file" + words);
}

}  // namespace
}  // namespace chihaya::config
