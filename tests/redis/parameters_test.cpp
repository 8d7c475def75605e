#include "plugins/redis/parameters.hpp"

#include "tests/support/fake_host.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>

TEST_SUITE_BEGIN("the redis driver's parameters");

namespace chihaya::redis::test {
namespace {

using chihaya::test::FakeClock;
using chihaya::test::FakeHost;
using Lines = std::vector<std::string>;

struct Reading {
    std::optional<Parameters> parameters;
    Lines lines;
    std::size_t errors = 0;
};

Reading read(std::string_view json) {
    FakeClock clock;
    FakeHost host(clock);
    Reading reading;
    reading.parameters = read_parameters(host, json);
    reading.lines = host.lines();
    reading.errors = host.lines_of(Severity::error);
    return reading;
}

/// What is said when `json` is refused; it must be one error.
std::string refusal(std::string_view json) {
    const Reading reading = read(json);
    CHECK_FALSE(reading.parameters.has_value());
    CHECK(reading.errors == 1);
    return reading.lines.empty() ? "" : reading.lines.back();
}

}  // namespace

TEST_CASE("parameters may be absent, empty or null") {
    for (const char* const json : {"", "{}", "null", R"({"url": null})"}) {
        CAPTURE(json);
        const Reading reading = read(json);
        REQUIRE(reading.parameters.has_value());
        CHECK(reading.parameters->endpoints ==
              std::vector<Endpoint>{{"127.0.0.1", default_port, {}}});
        CHECK(reading.parameters->prefix == "chihaya:");
        CHECK(reading.lines.empty());
    }
}

TEST_CASE("a URL says where Redis is and who we are there") {
    const auto one = read(R"({"url": "redis://me:p%40s%2fs@redis.example:7000/3"})").parameters;
    REQUIRE(one.has_value());
    CHECK(one->endpoints == std::vector<Endpoint>{{"redis.example", 7000, {}}});
    CHECK(one->user == "me");
    CHECK(one->password == "p@s/s");
    CHECK(one->database == 3);
    CHECK_FALSE(one->tls);

    const auto tls = read(R"({"url": "rediss://:secret@[::1]"})").parameters;
    REQUIRE(tls.has_value());
    CHECK(tls->endpoints == std::vector<Endpoint>{{"::1", default_port, {}}});
    CHECK(tls->password == "secret");
    CHECK(tls->tls);

    const auto local = read(R"({"url": "unix://u:p@/run/redis.sock?db=2"})").parameters;
    REQUIRE(local.has_value());
    CHECK(local->endpoints == std::vector<Endpoint>{{"", 0, "/run/redis.sock"}});
    CHECK(local->user == "u");
    CHECK(local->database == 2);
}

TEST_CASE("several URLs are the nodes of a Cluster, or the sentinels") {
    const auto cluster =
        read(R"({"mode": "cluster", "url": ["redis://:x@a:1", "redis://b:2"]})").parameters;
    REQUIRE(cluster.has_value());
    CHECK(cluster->endpoints == std::vector<Endpoint>{{"a", 1, {}}, {"b", 2, {}}});
    CHECK(cluster->password == "x");

    const auto sentinel =
        read(R"({"mode": "sentinel", "url": ["redis://a", "redis://b:2"], "master": "m",
                 "sentinel_password": "s"})")
            .parameters;
    REQUIRE(sentinel.has_value());
    CHECK(sentinel->endpoints ==
          std::vector<Endpoint>{{"a", default_sentinel_port, {}}, {"b", 2, {}}});
    CHECK(sentinel->master == "m");
    CHECK(sentinel->sentinel_password == "s");
}

TEST_CASE("the parameters of the former driver are understood, and what is left of them named") {
    const Reading reading = read(
        R"({"network": "tcp", "host": "10.0.0.1", "port": "6380", "user": "", "pass": "p",
            "prefix": "test:", "max_idle_conns": 3, "idle_timeout": "240s", "conn_timeout": "5s"})");
    REQUIRE(reading.parameters.has_value());
    CHECK(reading.parameters->endpoints == std::vector<Endpoint>{{"10.0.0.1", 6380, {}}});
    CHECK(reading.parameters->password == "p");
    CHECK(reading.parameters->prefix == "test:");
    CHECK(reading.lines == Lines{"tracker.params: ignored, since every worker keeps one connection "
                                 "to each Redis: conn_timeout, idle_timeout, max_idle_conns, "
                                 "network"});
}

TEST_CASE("durations, limits and TLS are read") {
    const auto all = read(
        R"({"url": "rediss://h", "connect_timeout": "1m", "timeout": "250ms", "queue": 100,
            "tls_verify": false, "database": 4})");
    CHECK(all.lines.empty());
    REQUIRE(all.parameters.has_value());
    CHECK(all.parameters->connect_timeout == std::chrono::minutes(1));
    CHECK(all.parameters->timeout == std::chrono::milliseconds(250));
    CHECK(all.parameters->queue == 100);
    CHECK(all.parameters->tls);
    CHECK_FALSE(all.parameters->tls_verify);
    CHECK(all.parameters->database == 4);
    CHECK(read(R"({"timeout": "1.5s"})").parameters->timeout == std::chrono::milliseconds(1500));
}

TEST_CASE("a password stands in the parameters, in a file, or in the environment") {
    const chihaya::test::TempDir folder;
    std::ofstream(folder.path() / "password") << "from-file\n";
    const std::string path = (folder.path() / "password").string();
    CHECK(read(R"({"password_file": ")" + path + "\"}").parameters->password == "from-file");
    ::setenv("CHIHAYA_TEST_REDIS_PASSWORD", "from-environment", 1);
    CHECK(read(R"({"password_env": "CHIHAYA_TEST_REDIS_PASSWORD"})").parameters->password ==
          "from-environment");
    CHECK(read(R"({"password": "here"})").parameters->password == "here");
    CHECK(refusal(R"({"password": "here", "password_file": ")" + path + "\"}") ==
          "tracker.params.password_file: found a second password, accepted is one of the keys that "
          "give it; remove the others");
    CHECK(refusal(R"({"password_env": "CHIHAYA_TEST_UNSET"})") ==
          "tracker.params.password_env: found no environment variable \"CHIHAYA_TEST_UNSET\", "
          "accepted is the name of a variable that is set; set it for the service, or use the key "
          "that ends in _file");
    CHECK(refusal(R"({"password": "***"})") ==
          "tracker.params.password: found a text that stands for a secret, accepted is the secret, "
          "which --print-config does not print; put it back, or name a file that holds it");
    CHECK(refusal(R"({"url": "redis://:***@h"})").find("stands for a secret") != std::string::npos);
}

TEST_CASE("what is wrong is said with its path, what was found and what is right") {
    CHECK(refusal("[1]") ==
          "tracker.params: found no object, accepted is a JSON object like "
          "{\"url\": \"redis://127.0.0.1:6379\"}");
    CHECK(refusal(R"({"timeout": "soon"})") ==
          "tracker.params.timeout: found \"soon\", accepted is a duration from \"10ms\" to \"1m\", "
          "such as \"1.5s\"; leave it out for the default");
    CHECK(refusal(R"({"queue": 0})") ==
          "tracker.params.queue: found 0, accepted is a whole number from 16 to 1000000; leave it "
          "out for the default");
    CHECK(refusal(R"({"mode": "ring"})") ==
          "tracker.params.mode: found \"ring\", accepted is \"single\", \"sentinel\" or "
          "\"cluster\"; leave it out for one server");
    CHECK(refusal(R"({"prefix": "a{b}"})").find("without blanks and braces") != std::string::npos);
    CHECK(refusal(R"({"url": ["redis://a", "redis://b"]})") ==
          "tracker.params.url: found a list of 2, accepted is one URL where mode is \"single\"; "
          "set mode to \"cluster\" or \"sentinel\"");
    CHECK(refusal(R"({"url": "redis://a", "port": 5})").find("also host or port") !=
          std::string::npos);
    CHECK(refusal(R"({"mode": "cluster", "database": 1})").find("the only one of a Cluster") !=
          std::string::npos);
    CHECK(refusal(R"({"url": "rediss://a", "tls_cert": "/c"})").find("name both files") !=
          std::string::npos);
    const Reading two = read(R"({"queue": 0, "timeout": 5})");
    CHECK(two.errors == 2);
}

TEST_CASE("a password is never shown") {
    for (const char* const json :
         {R"({"url": "redis://u:hunter2@:x"})", R"({"url": "redis://u:hunter2@h:99999"})",
          R"({"url": "http://u:hunter2@h"})", R"({"url": ["redis://:hunter2@a", "redis://:b@b"],
             "mode": "cluster"})",
          R"({"url": "redis://:hunter2@h", "password": "hunter2b"})"}) {
        CAPTURE(json);
        CHECK(refusal(json).find("hunter2") == std::string::npos);
    }
}

TEST_CASE("what is no URL is refused") {
    for (const char* const url :
         {"", "redis://", "redis:///1", "redis://h:0", "redis://h:x", "redis://h/x",
          "redis://h/1/2", "redis://[::1", "redis://::1", "redis://[h]", "redis://a b", "unix://",
          "unix://run", "unix:///r?x=1", "http://h", "h:1", "redis://u:%zz@h", "redis://h?db=1"}) {
        CAPTURE(url);
        CHECK_FALSE(parse_url(url).has_value());
    }
}

TEST_CASE("an unknown parameter is a warning") {
    const Reading reading = read(R"({"urls": 1})");
    CHECK(reading.parameters.has_value());
    REQUIRE(reading.lines.size() == 1);
    CHECK(reading.lines[0].starts_with(
        "tracker.params.urls: unknown and ignored; accepted are url, host,"));
}

}  // namespace chihaya::redis::test
TEST_SUITE_END();
