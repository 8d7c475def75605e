#pragma once

/// @file control_call.hpp
/// A site's PHP calling its tracker, and what it makes of the answer.

#include "tests/support/gazelle_site.hpp"

#include <cstdint>
#include <string>

namespace chihaya::test {

/// The two passwords of a site.
inline const std::string site_password = "a-password-of-this-site-32-chars";
inline const std::string report_password = "another-one-for-reports-as-long1";

struct ControlAnswer {
    bool is_success = false;  // as the site's code judges
    std::string payload{};    // what it would show or parse
    std::string bytes{};      // all that came, up to the end of the connection
};

/// One attempt, on a connection of its own: a raw socket, read to its end. WhatCD's sends no Host
/// and wants `success` after the last line feed; Orpheus' sends one and is content with status 200,
/// too.
/// Shape: `path` without its leading slash
/// Errors: std::runtime_error when there is no answer
[[nodiscard]] ControlAnswer call_tracker(Gazelle site, std::uint16_t port, const std::string& path);

}  // namespace chihaya::test
