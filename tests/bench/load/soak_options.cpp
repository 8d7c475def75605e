#include "tests/bench/load/soak_options.hpp"

#include "tests/bench/load/options.hpp"

#include <iostream>
#include <string_view>

namespace chihaya::bench {
namespace {

constexpr std::string_view usage =
    R"(soak_load --port N --out FOLDER [options]
  --peers N                 peers, with counters that say the truth (100000)
  --users N --torrents N    whom they belong to (2000, 10000)
  --connections N           closed loop of so many connections (64)
  --doubt MS                what was answered so long before a kill may be forgotten (250)
  --seed N                  of the choice of amounts (1)
SIGUSR1: the tracker has been killed. SIGTERM: every peer announces once more, then it ends.
)";

bool set(SoakOptions& options, std::string_view name, std::string_view value) {
    if (name == "--port")
        return number<std::uint16_t>(value, 1, 65'535, options.port);
    if (name == "--peers")
        return number(value, 1U, 10'000'000U, options.peers);
    if (name == "--users")
        return number(value, 1U, 10'000'000U, options.users);
    if (name == "--torrents")
        return number(value, 1U, 10'000'000U, options.torrents);
    if (name == "--connections")
        return number(value, 1U, 10'000U, options.connections);
    if (name == "--doubt")
        return number(value, 1U, 10'000U, options.doubt);
    if (name == "--seed")
        return number<std::uint64_t>(value, 0, UINT64_MAX, options.seed);
    if (name != "--out")
        return false;
    options.out = value;
    return !value.empty();
}

}  // namespace

std::optional<SoakOptions> soak_options(std::span<char* const> arguments) {
    SoakOptions options;
    if (!parse_arguments(arguments, {}, usage,
                         [&](auto name, auto value) { return set(options, name, value); }))
        return std::nullopt;
    if (options.port == 0 || options.out.empty()) {
        std::cerr << "--port and --out are needed\n" << usage;
        return std::nullopt;
    }
    return options;
}

}  // namespace chihaya::bench
