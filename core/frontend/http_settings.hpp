#pragma once

/// @file http_settings.hpp
/// What an operator decides about the HTTP front end.

#include "core/base/ip_address.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace chihaya::frontend {

/// Each worker has its own, which changes between its turns only.
struct HttpSettings {
    std::string real_ip_header;              // empty: the socket's address counts
    std::vector<IpNetwork> trusted_proxies;  // from whom that header is believed
    bool keep_alive = true;
    std::chrono::milliseconds head_timeout{5'000};    // from a request's first byte to its last
    std::chrono::milliseconds idle_timeout{60'000};   // between requests
    std::chrono::milliseconds write_timeout{10'000};  // for the client to take a reply
    std::uint32_t max_connections = 20'000;           // of this worker
};

}  // namespace chihaya::frontend
