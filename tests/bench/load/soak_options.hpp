#pragma once

/// @file soak_options.hpp
/// What soak_load was asked to do.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>

namespace chihaya::bench {

struct SoakOptions {
    std::uint16_t port = 0;
    std::uint32_t peers = 100'000;
    std::uint32_t users = 2'000;
    std::uint32_t torrents = 10'000;
    std::uint32_t connections = 64;
    std::uint32_t doubt = 250;  // milliseconds before a kill in which an answer may be forgotten
    std::uint64_t seed = 1;
    std::filesystem::path out;  // a folder for what was reported
};

/// Absent after an error, which has been printed with what is accepted.
[[nodiscard]] std::optional<SoakOptions> soak_options(std::span<char* const> arguments);

}  // namespace chihaya::bench
