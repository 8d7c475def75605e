#pragma once

/// @file config.hpp
/// The configuration as the program uses it: one struct per section, defaults as member
/// initialisers. conf/README.md documents every key for operators; a test keeps it complete.
///
/// core/config/reader.hpp makes one from a JSON file.

#include "core/base/limits.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace chihaya::config {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// Where to listen. Source: Chihaya v1, `addr`
struct Address {
    std::string host;  // literal IPv4 or IPv6 without brackets; empty is every address
    std::uint16_t port = 0;
    friend bool operator==(const Address&, const Address&) = default;
};

/// Which driver to load and what to tell it.
struct Driver {
    std::string name;
    std::string params = "{}";  // JSON text, handed to the driver as it is
    friend bool operator==(const Driver&, const Driver&) = default;
};

struct Http {
    std::vector<Address> addr{{"", 6881}};  // `addr`, short form; empty: no HTTP
    std::string real_ip_header;             // empty: nobody is believed
    std::vector<std::string> trusted_proxies{"127.0.0.0/8", "::1/128"};  // CIDR
    bool keep_alive = true;
    milliseconds head_timeout = limits::request_head_time;
    milliseconds idle_timeout = limits::connection_idle_time;
    milliseconds write_timeout = limits::reply_write_time;
    std::uint32_t max_connections = 20'000;  // of the process
    bool full_scrape = false;
    friend bool operator==(const Http&, const Http&) = default;
};

struct Udp {
    std::vector<Address> addr;      // empty: no UDP
    std::string connection_id_key;  // 32 hex digits, or empty: made at the start. Secret; also
                                    // `connection_id_key_file`, `connection_id_key_env`
    bool strict = false;            // connection ids are good for 2 minutes, not for 65
    bool batched = true;            // many datagrams with one system call, where there is one
    std::uint32_t receive_buffer = 4 * 1024 * 1024;  // bytes a socket; 0: the system's default
    friend bool operator==(const Udp&, const Udp&) = default;
};

struct Management {
    std::vector<Address> addr{{"127.0.0.1", 6880}};  // empty: no management
    std::string token;                               // secret; also `token_file`, `token_env`
    friend bool operator==(const Management&, const Management&) = default;
};

/// So many a second, and so many at once after a pause. 0 a second: without limit.
struct Rate {
    std::uint32_t per_second = 0;
    std::uint32_t burst = 0;
    friend bool operator==(const Rate&, const Rate&) = default;
};

struct Limits {
    static constexpr Rate of_address{limits::requests_per_address,
                                     limits::requests_per_address_burst};
    static constexpr Rate of_prefix{limits::requests_per_prefix, limits::requests_per_prefix_burst};

    std::uint32_t default_num_want = 50;
    std::uint32_t max_num_want = 200;
    std::uint32_t max_scrape_infohashes = 100;
    Rate announces_per_address = of_address;  // each with a key of its own for the burst
    Rate announces_per_prefix = of_prefix;
    Rate connections_per_address = of_address;
    Rate connections_per_prefix = of_prefix;
    std::vector<std::string> exempt{"127.0.0.0/8", "::1/128"};  // CIDR
    std::uint64_t memory = 0;                                   // bytes; 0: without limit
    milliseconds shed_after{200};                               // 0: nothing is shed
    friend bool operator==(const Limits&, const Limits&) = default;
};

/// Lists in files. Absolute names; empty: there is none.
struct Access {
    std::string torrents_allow_file;
    std::string torrents_deny_file;
    std::string addresses_allow_file;
    std::string addresses_deny_file;
    friend bool operator==(const Access&, const Access&) = default;
};

struct Log {
    std::string level = "info";  // debug, info, warning, error
    friend bool operator==(const Log&, const Log&) = default;
};

/// All of it.
struct Config {
    Driver tracker{"memory", "{}"};
    Driver backend{"noop", "{}"};
    std::string plugin_dir;     // empty: beside the executable, see app/application.cpp
    std::string state_dir;      // empty: none; drivers that need one say so
    std::uint32_t workers = 0;  // 0: as many as there are cores

    bool private_mode = false;  // `private`
    bool freeleech = false;
    bool client_whitelist_enabled = false;  // `whitelist`
    std::vector<std::string> client_whitelist;
    bool purge_inactive_torrents = true;
    bool create_on_announce = true;  // public mode: an unknown info-hash makes a swarm

    milliseconds announce = std::chrono::minutes(30);
    milliseconds min_announce = std::chrono::minutes(15);
    double interval_jitter = 0.05;               // share of `announce`, either way
    milliseconds peer_lifetime{0};               // 0: 2 x announce + 5 minutes
    milliseconds request_timeout = seconds(10);  // for what is in flight at a stop, and for drivers

    bool allow_ip_spoofing = false;
    bool dual_stacked_peers = true;
    bool respect_af = false;
    bool preferred_subnet = false;
    std::uint8_t preferred_ipv4_subnet = 0;  // bits
    std::uint8_t preferred_ipv6_subnet = 0;

    Http http;
    Udp udp;
    Management management;
    Limits limits;
    Access access;
    Log log;

    friend bool operator==(const Config&, const Config&) = default;

    /// `peer_lifetime`, or what follows from `announce`.
    [[nodiscard]] seconds effective_peer_lifetime() const noexcept {
        const milliseconds lifetime =
            peer_lifetime.count() > 0 ? peer_lifetime : 2 * announce + std::chrono::minutes(5);
        return std::chrono::ceil<seconds>(lifetime);
    }
};

}  // namespace chihaya::config
