#include "tests/bench/load/udp_options.hpp"

#include "tests/bench/load/population.hpp"

#include <array>
#include <iostream>

namespace chihaya::bench {
namespace {

constexpr std::array<std::string_view, 2> flags{"--fill", "--selection"};
constexpr std::uint32_t window_max = 1024;

bool set(UdpOptions& options, std::string_view name, std::string_view value) {
    if (name == "--window")
        return number(value, 1U, window_max, options.window);
    if (name == "--fill-window")
        return number(value, 1U, window_max, options.fill_window);
    if (name == "--sockets")
        return number(value, 1U, 256U, options.sockets);
    if (name == "--timeout-ms")
        return number(value, 1U, 60'000U, options.timeout_ms);
    if (name == "--selection") {
        options.selection = true;
        return true;
    }
    return set_option(options, name, value, peers_per_swarm_max);
}

}  // namespace

std::optional<UdpOptions> udp_options(std::span<char* const> arguments) {
    const std::string usage =
        "udp_load --port N [options]\n"
        "  --window N                closed loop of so many requests (64)\n"
        "  --fill-window N           the same during the fill (128)\n"
        "  --sockets N               source ports of each address that peers have (8)\n"
        "  --timeout-ms N            after which an answer counts as lost (2000)\n"
        "  --selection               say how evenly the one swarm's peers were handed out\n" +
        std::string(options_usage);
    UdpOptions options;
    if (!parse_arguments(arguments, flags, usage,
                         [&](auto name, auto value) { return set(options, name, value); }) ||
        !complete(options, usage))
        return std::nullopt;
    if (options.selection && (options.swarms != 1 || options.expect == Expectation::any)) {
        std::cerr << "--selection needs --swarms 1, and not --expect any\n";
        return std::nullopt;
    }
    return options;
}

}  // namespace chihaya::bench
