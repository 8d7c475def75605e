#pragma once

/// @file options.hpp
/// What the bench of the driver was asked to do.

#include "tests/redis/bench/lane.hpp"
#include "tests/redis/bench/population.hpp"
#include "tests/redis/bench/servers.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace chihaya::redis::bench {

struct Options {
    ServersOptions servers{};
    std::uint32_t swarms = 10'000;
    std::uint32_t peers = 300;
    Mix mix = Mix::ipv4;
    std::uint32_t want = 50;
    Window window{.batches = 4, .size = 64};
    std::uint32_t rounds = 5;
    double seconds = 2;
    std::chrono::seconds round{1800};
    std::string lanes = "announce,naive,ping";

    [[nodiscard]] bool has(std::string_view lane) const {
        return lanes.find(lane) != std::string::npos;
    }
};

/// Nothing after an error, which has been printed with the usage.
[[nodiscard]] std::optional<Options> read_options(std::span<char* const> arguments);

}  // namespace chihaya::redis::bench
