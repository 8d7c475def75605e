#pragma once

/// @file parameters.hpp
/// What `backend.params` says, checked.

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace chihaya::gazelle {

/// Which family of Gazelle the site is: where its counters lie, and what its PHP expects of a
/// report.
enum class DialectName : std::uint8_t {
    automatic,  // found out by the tables
    whatcd,     // WhatCD 2016: counters in users_main and torrents
    opsnet,     // Orpheus: counters in users_leech_stats and torrents_leech_stats
};

enum class ReportFormat : std::uint8_t { automatic, text, json };

/// How a used freeleech token is ended.
enum class TokenExpiry : std::uint8_t {
    site,  // by a call to the site, which drops its caches, too
    sql,   // in the database; the site's caches are late
    off,
};

/// Where the database is. A unix socket wins over host and port.
struct DatabaseAddress {
    std::string host = "127.0.0.1";
    std::uint16_t port = 3306;
    std::string unix_socket{};
    std::string user{};
    std::string password{};
    std::string schema = "gazelle";
    bool wants_tls = false;
    std::string tls_ca{};  // file; empty: the certificate is not checked
    friend bool operator==(const DatabaseAddress&, const DatabaseAddress&) = default;
};

/// Where the site takes the call that ends tokens: `url` is the folder of its tools.php.
struct SiteAddress {
    std::string url{};  // http:// or https://; empty: there is none
    friend bool operator==(const SiteAddress&, const SiteAddress&) = default;
};

struct Parameters {
    DatabaseAddress database{};
    std::chrono::milliseconds timeout{10'000};  // of one statement's answer; connecting has half
    DialectName dialect = DialectName::automatic;

    std::string site_password{};    // 32 characters; empty: the site cannot call
    std::string report_password{};  // likewise
    std::vector<std::string> control_from{"127.0.0.0/8", "::1"};  // networks that may call
    ReportFormat report_format = ReportFormat::automatic;
    SiteAddress site{};
    TokenExpiry token_expiry = TokenExpiry::site;

    std::chrono::milliseconds flush_interval{3'000};
    std::chrono::seconds reload_interval{300};  // the site is read again so often; 0: never
    std::uint32_t num_want_max = 50;
    std::uint64_t spool_limit = std::uint64_t{4} << 30U;  // bytes
    bool clear_peers_on_start = false;
    bool is_read_only = false;                             // nothing is written to the database
    std::chrono::seconds failure_interval{5'400};          // of a refusal
    std::map<std::int32_t, std::string> delete_reasons{};  // more, or other, than the known ones

    friend bool operator==(const Parameters&, const Parameters&) = default;
};

/// What was wrong, in words for the operator: every finding with path, found, accepted.
struct ParameterErrors {
    std::vector<std::string> texts{};
    std::vector<std::string> warnings{};  // unknown keys, and what has no meaning here
};

/// Reads the JSON of `backend.params`. Both ways to name the database are accepted: `url`
/// ("mysql://user:password@host:port/schema") and the old driver's `host`, `port`, `user`, `pass`,
/// `schema`; so are the names of ocelot.conf. Secrets may come from a file (`…_file`) or the
/// environment (`…_env`).
/// Returns: what it says; with findings, `errors.texts` is not empty and the result is of no use
[[nodiscard]] Parameters read_parameters(std::string_view json, ParameterErrors& errors);

}  // namespace chihaya::gazelle
