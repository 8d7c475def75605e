#pragma once

/// @file parameters.hpp
/// `tracker.params` of the configuration, as this driver understands them.

#include "chihaya/host.hpp"
#include "plugins/redis/endpoint.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chihaya::redis {

enum class Mode : std::uint8_t { single, sentinel, cluster };

struct Parameters {
    Mode mode = Mode::single;
    std::vector<Endpoint> endpoints{Endpoint{"127.0.0.1", default_port, {}}};  // never empty
    std::string user;      // empty: Redis' "default"
    std::string password;  // empty: none is sent
    std::uint32_t database = 0;

    std::string master = "mymaster";  // what the sentinels call it
    std::string sentinel_password;

    std::string prefix = "chihaya:";  // of every key
    std::chrono::milliseconds connect_timeout{2000};
    std::chrono::milliseconds timeout{1000};
    std::size_t queue = 8192;  // commands waiting for replies, of one worker and node

    bool tls = false;
    std::string tls_ca;    // file; empty: the system's
    std::string tls_cert;  // files; empty: none is shown
    std::string tls_key;
    bool tls_verify = true;

    friend bool operator==(const Parameters&, const Parameters&) = default;
};

/// Reads the parameters. Unknown ones, and what has no meaning any more, are warned of.
/// Errors: nothing, after a line to the log, when they are not what they must be
[[nodiscard]] std::optional<Parameters> read_parameters(Host& control, std::string_view json);

}  // namespace chihaya::redis
