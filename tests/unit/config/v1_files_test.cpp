#include "core/config/reader.hpp"
#include "tests/unit/config/files.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

TEST_SUITE_BEGIN("configuration files of Chihaya v1");

namespace chihaya::config {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

Reading fixture(const std::string& name) {
    return read_file((repository() / "tests/fixtures/config" / name).string()).value();
}

TEST_CASE("the example of 2014 starts as it is, with the values that it states") {
    const Reading reading = fixture("chihaya-2014.json");
    CHECK(reading.errors == Lines{});
    CHECK(reading.warnings == Lines{"network: has no meaning here and is ignored; HTTP is always "
                                    "served over TCP (line 2)"});
    Config expected;
    expected.http.addr = {{"127.0.0.1", 6881}};
    expected.allow_ip_spoofing = true;  // our default is false
    CHECK(reading.config == expected);
    CHECK(reading.config.tracker == Driver{"memory", "{}"});
    CHECK(reading.config.backend == Driver{"noop", "{}"});
    CHECK(reading.config.announce == 30min);
    CHECK(reading.config.min_announce == 15min);
    CHECK(reading.config.request_timeout == 10s);
    CHECK(reading.config.limits.default_num_want == 50);
}

TEST_CASE("a private tracker of August 2014 keeps every value") {
    const Reading reading = fixture("chihaya-2014-08.json");
    CHECK(reading.errors == Lines{});
    CHECK(reading.warnings.size() == 4);
    Config expected;
    expected.private_mode = expected.freeleech = expected.client_whitelist_enabled = true;
    expected.client_whitelist = {"OP1011", "TR2820"};
    expected.purge_inactive_torrents = expected.dual_stacked_peers = false;
    expected.announce = 20min;
    expected.min_announce = 10min;
    expected.request_timeout = 4s;
    expected.limits.default_num_want = 30;
    expected.http.real_ip_header = "X-Real-IP";
    expected.preferred_subnet = true;
    expected.preferred_ipv4_subnet = 8;
    expected.preferred_ipv6_subnet = 16;
    expected.tracker = {"redis",
                        R"({"host":"127.0.0.1","port":"6379","pass":"hunter2","prefix":"test:"})"};
    expected.backend = {"gazelle", R"({"dsn":"mysql://chihaya:hunter2@db/gazelle"})"};
    CHECK(reading.config == expected);
}

TEST_CASE("a file of 1.0 keeps every value that means something") {
    const Reading reading = fixture("chihaya-1.0.json");
    CHECK(reading.errors == Lines{});
    Config expected;
    expected.create_on_announce = false;
    expected.private_mode = expected.freeleech = expected.client_whitelist_enabled = true;
    expected.purge_inactive_torrents = expected.dual_stacked_peers = false;
    expected.announce = 40min;
    expected.min_announce = 20min;
    expected.limits.default_num_want = 60;
    expected.allow_ip_spoofing = expected.respect_af = expected.preferred_subnet = true;
    expected.http.real_ip_header = "X-Forwarded-For";
    expected.client_whitelist = {"OP1011"};
    expected.preferred_ipv4_subnet = 24;
    expected.preferred_ipv6_subnet = 64;
    expected.management.addr = {{"", 6880}};
    expected.udp.addr = {{"", 6881}};
    expected.udp.receive_buffer = 0;
    expected.http.addr = {{"127.0.0.1", 6881}, {"::1", 6881}};
    expected.request_timeout = 4s;
    expected.http.head_timeout = 3s;
    expected.backend = {"noop", R"({"key":"value"})"};
    CHECK(reading.config == expected);
}

TEST_CASE("what a file of 1.0 says in vain is said to be in vain") {
    const Lines warnings = fixture("chihaya-1.0.json").warnings;
    CHECK(warnings.size() == 17);
    for (const std::string expected :
         {"reapInterval: has no meaning here and is ignored; peer_lifetime says when a peer "
          "expires "
          "(line 8)",
          "reapRatio: has no meaning here and is ignored; peer_lifetime says when a peer expires "
          "(line 9)",
          "httpWriteTimeout: 0 was no limit in Chihaya v1; the limit is now 10s, which is "
          "http.write_timeout (line 31)",
          "httpListenLimit: 0 was no limit in Chihaya v1; the limit is now 20000, which is "
          "http.max_connections (line 32)",
          "apiListenAddr: found \":6880\" without a token, so calls that write or show users are "
          "refused there; set management.token_file, or listen on \"127.0.0.1:6880\" only "
          "(line 21)"}) {
        CAPTURE(expected);
        CHECK(std::ranges::count(warnings, expected) == 1);
    }
}

TEST_CASE("five errors are reported together, in the order of the file") {
    const Reading reading = fixture("five-errors.json");
    CHECK(reading.warnings == Lines{});
    REQUIRE(reading.errors.size() == 5);
    CHECK(reading.errors[0] ==
          R"(addr: found the text "localhost", accepted is an address and port, such as ":6881", )"
          R"("127.0.0.1:6881" or "[::1]:6881"; add a port, such as ":6881" (line 2))");
    CHECK(reading.errors[1] ==
          R"(announce: found the number 30, accepted is a duration from 1s to 24h, such as "30m"; )"
          R"(write "30s" if seconds are meant (line 3))");
    CHECK(reading.errors[2] ==
          R"(private: found the text "no", accepted is true or false; write it without quotes, or )"
          R"(leave it out for the default, false (line 4))");
    CHECK(reading.errors[3] ==
          "tracker.params: found a list, accepted is an object; write the driver's parameters "
          "between { and } (line 5)");
    CHECK(reading.errors[4] ==
          R"(http.trusted_proxies[1]: found the text "10.0.0.0/33", accepted is an address or )"
          R"(network, such as "10.0.0.0/8" or "::1"; write it without a port, and without bits )"
          R"(beyond the address (line 7))");
}

}  // namespace
}  // namespace chihaya::config
