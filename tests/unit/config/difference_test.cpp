#include "core/config/difference.hpp"

#include "core/config/keys.hpp"
#include "core/config/reader.hpp"

#include <doctest/doctest.h>

#include <array>

TEST_SUITE_BEGIN("what differs");

namespace chihaya::config {
namespace {

using Keys = std::vector<std::string_view>;

Config config_of(std::string_view json) {
    const Reading reading = read(json);
    REQUIRE(reading.errors.empty());
    return reading.config;
}

TEST_CASE("every key is in the table of what a reload changes") {
    for (const Key& key : known_keys()) {
        CAPTURE(key.name);
        CHECK(on_reload(key.name).has_value());
    }
    CHECK_FALSE(on_reload("anounce").has_value());
}

TEST_CASE("what is the same does not differ") {
    CHECK(difference(Config{}, Config{}).empty());
    const Config config = config_of(R"({"announce": "10m", "http": {"keep_alive": false}})");
    CHECK(difference(config, config).empty());
}

TEST_CASE("keys that differ are named, by when they have their effect") {
    const Config wanted = config_of(R"({"announce": "40m", "http": {"keep_alive": false},
        "management": {"token": "abc"}, "state_dir": "/var/lib/x", "private": true})");
    const Difference found = difference(Config{}, wanted);
    CHECK(found.live == Keys{"announce", "http.keep_alive", "management.token"});
    CHECK(found.restart == Keys{"state_dir", "private"});
}

TEST_CASE("every value that is compared can be kept") {
    const Config wanted = config_of(R"({"tracker": {"driver": "redis", "params": {"url": "x"}},
        "backend": {"driver": "gazelle", "params": {"x": 1}}, "plugin_dir": "p", "state_dir": "s",
        "workers": 3, "private": true, "freeleech": true, "whitelist": true,
        "client_whitelist": ["-TR"], "purge_inactive_torrents": false,
        "create_on_announce": false, "announce": "40m", "min_announce": "20m",
        "interval_jitter": 0.1, "peer_lifetime": "3h", "request_timeout": "3s",
        "default_num_want": 30, "allow_ip_spoofing": true, "dual_stacked_peers": false,
        "real_ip_header": "X-Real", "respect_af": true, "preferred_subnet": true,
        "preferred_ipv4_subnet": 24, "preferred_ipv6_subnet": 64, "addr": ":1",
        "http": {"trusted_proxies": [], "keep_alive": false, "head_timeout": "1s",
        "idle_timeout": "2s", "write_timeout": "3s", "max_connections": 10, "full_scrape": true},
        "udp": {"addr": ":2", "connection_id_key": "00112233445566778899aabbccddeeff",
        "strict": true, "batched": false, "receive_buffer": 1},
        "management": {"addr": "127.0.0.1:3", "token": "t"},
        "limits": {"max_num_want": 100, "max_scrape_infohashes": 10,
        "announces_per_address": 1, "announces_per_address_burst": 2, "announces_per_prefix": 3,
        "announces_per_prefix_burst": 4, "connections_per_address": 5,
        "connections_per_address_burst": 6, "connections_per_prefix": 7,
        "connections_per_prefix_burst": 8, "exempt": [],
        "memory": "2GiB", "shed_after": "1s"},
        "access": {"torrents_allow_file": "a", "torrents_deny_file": "b",
        "addresses_allow_file": "c", "addresses_deny_file": "d"},
        "log": {"level": "error"}})");
    Difference all = difference(Config{}, wanted);
    CHECK(all.live.size() + all.restart.size() == known_keys().size() - 4);  // _file and _env
    Config kept = wanted;
    all.live.insert(all.live.end(), all.restart.begin(), all.restart.end());
    keep(Config{}, kept, all.live);
    CHECK(kept == Config{});
}

TEST_CASE("a key that is kept leaves the others as they are wanted") {
    const Config wanted = config_of(R"({"announce": "40m", "state_dir": "s"})");
    Config kept = wanted;
    keep(Config{}, kept, std::array<std::string_view, 1>{"state_dir"});
    CHECK(kept.state_dir.empty());
    CHECK(kept.announce == wanted.announce);
}

}  // namespace
}  // namespace chihaya::config
