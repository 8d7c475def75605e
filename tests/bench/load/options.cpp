#include "tests/bench/load/options.hpp"

#include <algorithm>
#include <array>
#include <iostream>

namespace chihaya::bench {
namespace {

bool set_expectation(std::string_view text, Expectation& out) {
    constexpr std::array<std::string_view, 5> words{"others", "everyone", "uncounted", "up-to",
                                                    "any"};
    const auto* const word = std::find(words.begin(), words.end(), text);
    if (word == words.end())
        return false;
    out = static_cast<Expectation>(word - words.begin());
    return true;
}

}  // namespace

bool parse_arguments(std::span<char* const> arguments, std::span<const std::string_view> flags,
                     std::string_view usage, const SetOption& set) {
    for (std::size_t i = 1; i < arguments.size(); ++i) {
        const std::string_view name = arguments[i];
        const bool flag = std::find(flags.begin(), flags.end(), name) != flags.end();
        const std::string_view value = !flag && i + 1 < arguments.size() ? arguments[++i] : "";
        if (!set(name, value)) {
            std::cerr << arguments[0] << ": cannot use " << name << " " << value << "\n" << usage;
            return false;
        }
    }
    return true;
}

bool set_option(Options& options, std::string_view name, std::string_view value,
                std::uint32_t peers_max) {
    if (name == "--port")
        return number<std::uint16_t>(value, 1, 65'535, options.port);
    if (name == "--swarms")
        return number(value, 1U, 100'000'000U, options.swarms);
    if (name == "--peers")
        return number(value, 1U, peers_max, options.peers);
    if (name == "--askers")
        return number(value, 1U, peers_max, options.askers);
    if (name == "--numwant")
        return number(value, 0U, 200U, options.num_want);
    if (name == "--users")
        return number(value, 0U, 10'000'000U, options.accounts);
    if (name == "--expect")
        return set_expectation(value, options.expect);
    if (name == "--seconds")
        return number(value, 0.0, 3600.0, options.seconds);
    if (name == "--requests")
        return number<std::uint64_t>(value, 0, UINT64_MAX, options.requests);
    if (name == "--rate")
        return number(value, 0U, 10'000'000U, options.rate);
    if (name == "--server-pid")
        return number(value, 1, INT32_MAX, options.server_pid);
    if (name == "--seed")
        return number<std::uint64_t>(value, 0, UINT64_MAX, options.seed);
    if (name == "--write-hashes")
        options.write_hashes = value;
    else if (name == "--fill")
        options.fill = true;
    else
        return false;
    return true;
}

bool complete(const Options& options, std::string_view usage) {
    if (options.port != 0 || !options.write_hashes.empty())
        return true;
    std::cerr << "--port is missing\n" << usage;
    return false;
}

}  // namespace chihaya::bench
