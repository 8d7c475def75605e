#pragma once

/// @file trouble.hpp
/// Errors of Redis that are not about the command, but about where and when it was sent.

#include "plugins/redis/endpoint.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chihaya::redis {

enum class Trouble : std::uint8_t {
    none,          // an error about the command itself
    moved,         // the slot is another node's now
    ask,           // only this key may be there already
    no_script,     // the script is not loaded
    try_again,     // keys of the slot are on both nodes
    cluster_down,  // nobody has the slot, or this node has lost the others
    loading,       // it has just started, or is being synchronized
    busy,          // with a script that takes too long
    not_master,    // it became a replica: READONLY, MASTERDOWN
    no_auth,       // it was restarted with a password, or the user was changed
};

[[nodiscard]] Trouble trouble_of(std::string_view error) noexcept;

/// For Status: why a command failed of it.
[[nodiscard]] const char* reason_of(Trouble trouble) noexcept;

/// Where a MOVED or ASK sends to: "MOVED 3999 127.0.0.1:6381". The host may be empty: it is then
/// the one of the node that said so.
struct Redirection {
    std::uint16_t slot = 0;
    Endpoint to;
};
[[nodiscard]] std::optional<Redirection> parse_redirection(std::string_view error);

/// What a server said, fit for a line of the log: printable and short.
[[nodiscard]] std::string loggable(std::string_view text);

}  // namespace chihaya::redis
