#include "core/config/reader.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <utility>

TEST_SUITE_BEGIN("config reader");

namespace chihaya::config {
namespace {

using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

/// The configuration that a faultless text makes.
Config accepted(const std::string& json) {
    CAPTURE(json);
    const Reading reading = read(json);
    CHECK(reading.errors == Lines{});
    CHECK(reading.warnings == Lines{});
    return reading.config;
}

Lines errors(const std::string& json) {
    return read(json).errors;
}

Lines warnings(const std::string& json) {
    const Reading reading = read(json);
    CHECK(reading.errors == Lines{});
    return reading.warnings;
}

TEST_CASE("without keys, and without a text, everything has its default") {
    CHECK(accepted("") == Config{});
    CHECK(accepted(" \r\n\t") == Config{});
    CHECK(accepted("{}") == Config{});
    CHECK(accepted("\xef\xbb\xbf{}") == Config{});
    CHECK(accepted(R"({"http": {}, "limits": {}, "tracker": {}})") == Config{});
}

TEST_CASE("null is as good as absent") {
    CHECK(accepted(R"({"announce": null, "http": null, "tracker": {"driver": null, "params": null},
                       "management": {"token": null, "token_file": null}, "addr": null,
                       "client_whitelist": null, "log": {"level": null}})") == Config{});
}

TEST_CASE("every key is read") {
    const Config config = accepted(R"({
        "tracker": {"driver": "redis", "params": {"host": "::1", "n": [1, 2.5, {}]}},
        "backend": {"driver": "gazelle", "params": {}},
        "plugin_dir": "/opt/plugins", "state_dir": "/var/lib/chihaya", "workers": 3,
        "private": true, "freeleech": true, "whitelist": true, "client_whitelist": ["-TR", "OP1011"],
        "purge_inactive_torrents": false, "create_on_announce": false,
        "announce": "20m", "min_announce": "10m", "interval_jitter": 0.25, "peer_lifetime": "1h",
        "request_timeout": "3s", "default_num_want": 20,
        "allow_ip_spoofing": true, "dual_stacked_peers": false, "real_ip_header": "X-Real-IP",
        "respect_af": true,
        "preferred_subnet": true, "preferred_ipv4_subnet": 24, "preferred_ipv6_subnet": 64,
        "addr": ["127.0.0.1:1", "[::1]:2"],
        "http": {"trusted_proxies": ["10.0.0.0/8"], "keep_alive": false, "head_timeout": "1s",
                 "idle_timeout": "2s", "write_timeout": "3s", "max_connections": 4,
                 "full_scrape": true},
        "management": {"addr": "127.0.0.1:3", "token": "abc"},
        "limits": {"max_num_want": 30, "max_scrape_infohashes": 5},
        "log": {"level": "debug"}
    })");
    Config expected;
    expected.tracker = {"redis", R"({"host":"::1","n":[1,2.5,{}]})"};
    expected.backend = {"gazelle", "{}"};
    expected.plugin_dir = "/opt/plugins";
    expected.state_dir = "/var/lib/chihaya";
    expected.workers = 3;
    expected.private_mode = expected.freeleech = expected.client_whitelist_enabled = true;
    expected.client_whitelist = {"-TR", "OP1011"};
    expected.purge_inactive_torrents = expected.create_on_announce = false;
    expected.announce = 20min;
    expected.min_announce = 10min;
    expected.interval_jitter = 0.25;
    expected.peer_lifetime = 1h;
    expected.request_timeout = 3s;
    expected.allow_ip_spoofing = expected.respect_af = expected.preferred_subnet = true;
    expected.dual_stacked_peers = false;
    expected.preferred_ipv4_subnet = 24;
    expected.preferred_ipv6_subnet = 64;
    expected.http = {
        {{"127.0.0.1", 1}, {"::1", 2}}, "X-Real-IP", {"10.0.0.0/8"}, false, 1s, 2s, 3s, 4, true};
    expected.management = {{{"127.0.0.1", 3}}, "abc"};
    expected.limits = {20, 30, 5};
    expected.log = {"debug"};
    CHECK(config == expected);
}

TEST_CASE("addresses are one or several, each once, or none") {
    CHECK(accepted(R"({"addr": ""})").http.addr.empty());
    CHECK(accepted(R"({"addr": []})").http.addr.empty());
    CHECK(accepted(R"({"http": {"addr": ":80"}})").http.addr == std::vector<Address>{{"", 80}});
    CHECK(accepted(R"({"addr": ["0.0.0.0:80", "[::]:80", ":80"]})").http.addr ==
          std::vector<Address>{{"", 80}});
    CHECK(accepted(R"({"management": {"addr": "localhost:80"}})").management.addr ==
          std::vector<Address>{{"127.0.0.1", 80}, {"::1", 80}});
    CHECK(accepted(R"({"management": {"addr": ""}})").management.addr.empty());
}

TEST_CASE("the bounds of every number belong to it, and what is beyond does not") {
    struct Bound {
        std::string before;
        std::string least, most;
        std::string below, above;
        std::string after;
    };
    const std::array<Bound, 16> bounds{{
        {R"({"workers": )", "0", "256", "-1", "257", "}"},
        {R"({"interval_jitter": )", "0", "0.5", "-0.01", "0.51", "}"},
        {R"({"announce": )", "\"1s\"", "\"24h\"", "\"999ms\"", "\"24h1ms\"", "}"},
        {R"({"announce": "24h", "min_announce": )", "\"0s\"", "\"24h\"", "\"-1ms\"", "\"25h\"",
         "}"},
        {R"({"announce": "30m", "peer_lifetime": )", "\"30m\"", "\"168h\"", "\"29m\"", "\"169h\"",
         "}"},
        {R"({"request_timeout": )", "\"0s\"", "\"1h\"", "\"-1s\"", "\"61m\"", "}"},
        {R"({"default_num_want": )", "0", "200", "-1", "201", "}"},
        {R"({"limits": {"max_num_want": )", "1", "200", "0", "201", "}}"},
        {R"({"limits": {"max_scrape_infohashes": )", "1", "100", "0", "101", "}}"},
        {R"({"preferred_ipv4_subnet": )", "0", "32", "-1", "33", "}"},
        {R"({"preferred_ipv6_subnet": )", "0", "128", "-1", "129", "}"},
        {R"({"http": {"head_timeout": )", "\"100ms\"", "\"5m\"", "\"99ms\"", "\"6m\"", "}}"},
        {R"({"http": {"idle_timeout": )", "\"1s\"", "\"1h\"", "\"0s\"", "\"61m\"", "}}"},
        {R"({"http": {"write_timeout": )", "\"100ms\"", "\"5m\"", "\"0s\"", "\"6m\"", "}}"},
        {R"({"http": {"max_connections": )", "1", "1000000", "0", "1000001", "}}"},
        {R"({"workers": )", "-0", "1", "1.5", "99999999999999999", "}"},
    }};
    for (const Bound& bound : bounds) {
        accepted(bound.before + bound.least + bound.after);
        accepted(bound.before + bound.most + bound.after);
        for (const std::string& beyond : {bound.below, bound.above}) {
            CAPTURE(bound.before);
            CAPTURE(beyond);
            CHECK(errors(bound.before + beyond + bound.after).size() == 1);
        }
    }
}

TEST_CASE("a minimum follows a shorter announce, unless it is given") {
    CHECK(accepted(R"({"announce": "5m"})").min_announce == 5min);
    CHECK(accepted(R"({"announce": "15m"})").min_announce == 15min);
    CHECK(errors(R"({"announce": "5m", "min_announce": "6m"})") ==
          Lines{"min_announce: found the text \"6m\", accepted is a duration up to announce, which "
                "is 5m; lower it, or raise announce (line 1)"});
    CHECK(
        errors(R"({"min_announce": "31m"})") ==
        Lines{"min_announce: found the text \"31m\", accepted is a duration up to announce, which "
              "is 30m; lower it, or raise announce (line 1)"});
}

TEST_CASE("the default amount of peers follows a smaller bound, unless it is given") {
    CHECK(accepted(R"({"limits": {"max_num_want": 10}})").limits.default_num_want == 10);
    CHECK(errors(R"({"limits": {"max_num_want": 10}, "default_num_want": 11})") ==
          Lines{"default_num_want: found the number 11, accepted is a whole number up to "
                "limits.max_num_want, which is 10; lower it, or raise limits.max_num_want "
                "(line 1)"});
}

TEST_CASE("peers live at least from one announce to the next") {
    CHECK(accepted(R"({"peer_lifetime": "0s"})").effective_peer_lifetime() == 65min);
    CHECK(accepted(R"({"peer_lifetime": "30m"})").effective_peer_lifetime() == 30min);
    CHECK(
        errors(R"({"peer_lifetime": "29m"})") ==
        Lines{"peer_lifetime: found the text \"29m\", accepted is 0s, or a duration from announce, "
              "which is 30m; raise it, or peers expire between two announces (line 1)"});
}

TEST_CASE("an error names the key, what was found, what is accepted, and what to do") {
    const std::string address =
        R"(an address and port, such as ":6881", "127.0.0.1:6881" or "[::1]:6881")";
    const std::array<std::pair<std::string, std::string>, 33> cases{{
        {R"("announce": 30)",
         R"(announce: found the number 30, accepted is a duration from 1s to 24h, such as "30m"; write "30s" if seconds are meant)"},
        {R"("announce": "30")",
         R"(announce: found the text "30", accepted is a duration from 1s to 24h, such as "30m", "1h30m" or "500ms"; write numbers with the units h, m, s or ms)"},
        {R"("announce": "48h")",
         R"(announce: found the text "48h", accepted is a duration from 1s to 24h; leave it out for the default, 30m)"},
        {R"("announce": true)",
         R"(announce: found true, accepted is a duration from 1s to 24h, such as "30m"; leave it out for the default, 30m)"},
        {R"("private": 1)",
         "private: found the number 1, accepted is true or false; write it without quotes, or "
         "leave it out for the default, false"},
        {R"("dual_stacked_peers": "true")",
         "dual_stacked_peers: found the text \"true\", accepted is true or false; write it without "
         "quotes, or leave it out for the default, true"},
        {R"("workers": "4")",
         "workers: found the text \"4\", accepted is a whole number from 0 to 256; write it "
         "without quotes"},
        {R"("workers": "four")",
         "workers: found the text \"four\", accepted is a whole number from 0 to 256; leave it out "
         "for the default, 0"},
        {R"("workers": 1.5)",
         "workers: found the number 1.5, accepted is a whole number from 0 to 256; leave it out "
         "for the default, 0"},
        {R"("interval_jitter": "5%")",
         "interval_jitter: found the text \"5%\", accepted is a number from 0 to 0.5; leave it out "
         "for the default, 0.05"},
        {R"("plugin_dir": {})",
         "plugin_dir: found an object, accepted is a text of at most 4096 bytes; write it in "
         "double quotes"},
        {R"("plugin_dir": "a\nb")",
         "plugin_dir: found the text \"a\\x0ab\", accepted is a text of at most 4096 bytes; write "
         "it shorter, without control characters"},
        {R"("tracker": "memory")",
         R"(tracker: found the text "memory", accepted is an object; write it like "http": {"keep_alive": true})"},
        {R"("tracker": {"driver": ""})",
         "tracker.driver: found the text \"\", accepted is the name of a driver; leave it out for "
         "the default, \"memory\""},
        {R"("backend": {"params": []})",
         "backend.params: found a list, accepted is an object; write the driver's parameters "
         "between { and }"},
        {R"("client_whitelist": "TR")",
         R"(client_whitelist: found the text "TR", accepted is a list of at most 10000 texts; write it like ["one", "two"])"},
        {R"("client_whitelist": ["TR", 5])",
         "client_whitelist[1]: found the number 5, accepted is a text; write it in double quotes"},
        {R"("client_whitelist": [""])",
         "client_whitelist[0]: found the text \"\", accepted is 1 to 20 printable ASCII "
         "characters; write how the client's peer ids begin, such as \"TR2820\""},
        {R"("addr": 6881)", "addr: found the number 6881, accepted is " + address +
                                ", or a list of them; write a port alone as \":6881\""},
        {R"("addr": false)", "addr: found false, accepted is " + address +
                                 ", or a list of them; write it in double quotes"},
        {R"("addr": "127.0.0.1")", "addr: found the text \"127.0.0.1\", accepted is " + address +
                                       "; add a port, such as \":6881\""},
        {R"("addr": [":1", "x:2"])", "addr[1]: found the text \"x:2\", accepted is " + address +
                                         "; write an IP address; of names, only \"localhost\" is "
                                         "known here"},
        {R"("real_ip_header": "X-Real-IP:")",
         "real_ip_header: found the text \"X-Real-IP:\", accepted is the name of an HTTP header; "
         "write the name only, such as \"X-Forwarded-For\"; \"\" believes no header"},
        {R"("http": {"trusted_proxies": ["10.0.0.0/33"]})",
         "http.trusted_proxies[0]: found the text \"10.0.0.0/33\", accepted is an address or "
         "network, such as \"10.0.0.0/8\" or \"::1\"; write it without a port, and without bits "
         "beyond the address"},
        {R"("log": {"level": "INFO"})",
         R"(log.level: found the text "INFO", accepted is one of "debug", "info", "warning", "error"; leave it out for the default, "info")"},
        {R"("log": {"level": 2})",
         R"(log.level: found the number 2, accepted is one of "debug", "info", "warning", "error"; leave it out for the default, "info")"},
        {R"("jwkSetURI": "https://example.org/jwk")",
         "jwkSetURI: found the text \"https://example.org/jwk\", accepted is \"\"; announces carry "
         "no JWT, so this tracker would admit everybody; remove the key if that is meant"},
        {R"("httpReadTimeout": "1h")",
         "httpReadTimeout: found the text \"1h\", accepted is a duration from 100ms to 5m; leave "
         "it out for the default, 5s"},
        {R"("minAnnounce": 5)",
         R"(minAnnounce: found the number 5, accepted is a duration from 0s to 24h, such as "30m"; write "5s" if seconds are meant)"},
        {R"("management": {"addr": "127.0.0.1:6881"})",
         R"(management.addr: found "127.0.0.1:6881", which addr already takes with ":6881", accepted is another port; 6880 is usual for management)"},
        {R"("addr": "[::1]:6880", "apiListenAddr": ":6880")",
         R"(apiListenAddr: found ":6880", which addr already takes with "[::1]:6880", accepted is another port; 6880 is usual for management)"},
        {R"("announce": "1m", "http": {"keep_alive": 0})",
         "http.keep_alive: found the number 0, accepted is true or false; write it without quotes, "
         "or leave it out for the default, true"},
        {R"("plugin_dir": ")" + std::string(5'000, 'x') + "\"",
         "plugin_dir: found the text \"" + std::string(60, 'x') +
             "...\", accepted is a text of at most 4096 bytes; write it shorter, without control "
             "characters"},
    }};
    for (const auto& [member, expected] : cases) {
        CHECK(errors('{' + member + '}') == Lines{expected + " (line 1)"});
    }
    CHECK(errors("[]") == Lines{"the configuration: found a list, accepted is an object; write the "
                                "keys between { and } (line 1)"});
}

TEST_CASE("lists have their bounds") {
    const auto list = [](std::size_t size, const std::string& item) {
        std::string out = "[" + item;
        for (std::size_t i = 1; i < size; ++i) {
            out += ',' + item;
        }
        return out + ']';
    };
    accepted(R"({"addr": )" + list(64, "\":1\"") + '}');
    CHECK(errors(R"({"addr": )" + list(65, "\":1\"") + '}') ==
          Lines{"addr: found 65 addresses, accepted is at most 64; listen on every address with "
                "\":6881\" (line 1)"});
    accepted(R"({"http": {"trusted_proxies": )" + list(256, "\"::1\"") + "}}");
    CHECK(
        errors(R"({"http": {"trusted_proxies": )" + list(257, "\"::1\"") + "}}") ==
        Lines{"http.trusted_proxies: found a list with 257 entries, accepted is a list of at most "
              "256 texts; write it like [\"one\", \"two\"] (line 1)"});
    CHECK(errors(R"({"client_whitelist": )" + list(10'001, "\"a\"") + '}').size() == 1);
}

TEST_CASE("what is no JSON is one error with its place") {
    CHECK(
        errors("{\"announce\": \"30m\",}") ==
        Lines{"line 1, column 20: found \"}\" (unexpected byte '}' in value), accepted is JSON; "
              "write UTF-8 JSON: names and texts in double quotes, a comma between two members and "
              "none behind the last, no comments"});
    CHECK(errors(std::string(100'000, '[')).size() == 1);
}

TEST_CASE("a key that is given twice is an error, in one spelling or in two") {
    CHECK(errors("{\"announce\": \"30m\",\n\"announce\": \"30m\"}") ==
          Lines{"announce: found in lines 1 and 2, accepted is once; remove one of them"});
    CHECK(errors("{\"min_announce\": \"10m\",\n\"minAnnounce\": \"11m\"}") ==
          Lines{"min_announce, minAnnounce: found two values for one setting (line 1), accepted is "
                "one, or the same twice; remove one of the two keys (line 2)"});
    CHECK(errors(R"({"addr": ":1", "http": {"addr": ":2"}})").size() == 1);
    CHECK(accepted(R"({"addr": ":1", "http": {"addr": ":1"}})").http.addr[0].port == 1);
}

TEST_CASE("an unknown key is a warning that names the nearest known one") {
    CHECK(warnings("{\"anounce\": \"1m\",\n\"http\": {\"keepalive\": true},\n\"storage\": {}}") ==
          Lines{"anounce: is not known and is ignored; the nearest known key is announce (line 1)",
                "http.keepalive: is not known and is ignored; the nearest known key is "
                "http.keep_alive (line 2)",
                "storage: is not known and is ignored; remove it (line 3)"});
    CHECK(warnings("{\"anounce\": null}").size() == 1);
    CHECK(warnings("{\"http.keep_alive\": true}") ==
          Lines{"http.keep_alive: is not known and is ignored; the nearest known key is "
                "http.keep_alive (line 1)"});
    CHECK(warnings("{\"\": 1}") == Lines{"\"\": is not known and is ignored; remove it (line 1)"});
    CHECK(warnings("{\"a\\u001b\": 1}") ==
          Lines{"a\\x1b: is not known and is ignored; remove it (line 1)"});
}

TEST_CASE("what a driver is told is not looked at") {
    CHECK(accepted(R"({"tracker": {"params": {"announce": 5, "adr": null}}})").tracker.params ==
          R"({"announce":5,"adr":null})");
}

TEST_CASE("UDP has an address, and a key that is written in one way") {
    CHECK(accepted("{}").udp.addr.empty());
    CHECK(accepted(R"({"udp": {"addr": ""}})").udp.addr.empty());
    const Config config = accepted(
        R"({"udp": {"addr": ":6881", "connection_id_key": "00112233445566778899aabbccddEEFF",
            "strict": true, "batched": false, "receive_buffer": 65536}})");
    CHECK(config.udp == Udp{.addr = {{"", 6881}},
                            .connection_id_key = "00112233445566778899aabbccddEEFF",
                            .strict = true,
                            .batched = false,
                            .receive_buffer = 65536});
    CHECK(
        errors(R"({"udp": {"connection_id_key": "00112233445566778899aabbccddeef"}})") ==
        Lines{
            "udp.connection_id_key: found a text of 31 bytes, accepted is 32 hex digits, the same "
            "on every node; make one with: openssl rand -hex 16 (line 1)"});
    CHECK(errors(R"({"udp": {"connection_id_key": "0011223344556677g899aabbccddeeff"}})").size() ==
          1);
}

TEST_CASE("warnings tell what an address means") {
    CHECK(
        warnings(R"({"management": {"addr": ["127.0.0.1:1", "192.0.2.1:1"]}})") ==
        Lines{"management.addr: found \"192.0.2.1:1\" without a token, so calls that write or show "
              "users are refused there; set management.token_file, or listen on "
              "\"127.0.0.1:6880\" only (line 1)"});
    accepted(R"({"management": {"addr": ":6880", "token": "x"}})");
}

TEST_CASE("a thousand mistakes are counted, not all printed") {
    std::string json = "{\"client_whitelist\": [0";
    for (int i = 1; i < 1'000; ++i) {
        json += ",0";
    }
    json += ']';
    for (int i = 0; i < 1'000; ++i) {
        json += ",\"unknown" + std::to_string(i) + "\": 1";
    }
    const Reading reading = read(json + '}');
    REQUIRE(reading.errors.size() == 101);
    CHECK(reading.errors.back() == "and 900 more errors");
    REQUIRE(reading.warnings.size() == 101);
    CHECK(reading.warnings.back() == "and 900 more warnings");
}

TEST_CASE("files are named relative to the folder that is given") {
    const std::string json = R"({"plugin_dir": "build/plugins", "state_dir": "/var/lib/chihaya"})";
    CHECK(read(json, "/srv/tracker").config.plugin_dir == "/srv/tracker/build/plugins");
    CHECK(read(json, "/srv/tracker").config.state_dir == "/var/lib/chihaya");
    CHECK(read("{}", "/srv/tracker").config == Config{});
    CHECK(read(json).config.plugin_dir == "build/plugins");
}

}  // namespace
}  // namespace chihaya::config
