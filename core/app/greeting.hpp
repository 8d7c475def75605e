#pragma once

/// @file greeting.hpp
/// The first words between a tracker and the one that takes its place.

#include "core/base/result.hpp"
#include "core/handover/message.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace chihaya::app {

/// What the new one says of itself.
struct Hello {
    std::uint64_t process = 0;
    bool shares_swarms = false;  // its tracker driver does
    std::string driver;          // its name and parameters
    std::string params;
};
[[nodiscard]] std::string packed(const Hello& hello);
/// Errors: another version of the protocol, or nothing of the kind
[[nodiscard]] Result<Hello> read_hello(std::string_view body);

/// What the old one answers.
struct Welcome {
    bool carries = true;        // swarms and registry will follow
    std::int64_t clock = 0;     // its time, in seconds of Unix time
    std::uint32_t sockets = 0;  // so many follow
};
[[nodiscard]] std::string packed(const Welcome& welcome);
[[nodiscard]] Result<Welcome> read_welcome(std::string_view text);

}  // namespace chihaya::app
