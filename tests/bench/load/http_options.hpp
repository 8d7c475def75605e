#pragma once

/// @file http_options.hpp
/// What http_load was asked to do.

#include "tests/bench/load/options.hpp"

#include <optional>

namespace chihaya::bench {

struct HttpOptions : Options {
    bool close = false;  // one connection for each request
    std::uint32_t connections = 64;
    std::uint32_t pipeline = 1;  // requests in flight on one connection, during the fill
};

/// Absent after an error, which has been printed with what is accepted.
[[nodiscard]] std::optional<HttpOptions> http_options(std::span<char* const> arguments);

}  // namespace chihaya::bench
