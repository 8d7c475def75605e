#include "tests/bench/options.hpp"

#include "tests/bench/population.hpp"

#include <charconv>
#include <iostream>
#include <string_view>

namespace chihaya::bench {
namespace {

constexpr std::string_view usage = R"(http_load --port N [options]
  --mode keep-alive|close   one connection for many requests, or one for each (keep-alive)
  --connections N           closed loop of so many connections (64)
  --swarms N --peers N      swarms, and peers of each (1000, 50)
  --numwant N               peers asked for in the measured phase (30)
  --expect others|everyone|up-to|any   how many peers a correct reply carries (others)
  --fill                    first announce every peer once
  --pipeline N              requests in flight on a connection during the fill (1)
  --seconds X, --requests N length of the measured phase (none)
  --server-pid N            read this process's CPU time around the measured phase
  --write-hashes FILE       write the info-hashes for a whitelist, and stop
  --seed N                  of the choice of swarms and peers (1)
)";

template <class T>
bool number(std::string_view text, T low, T high, T& out) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < low || value > high)
        return false;
    out = value;
    return true;
}

bool set_expectation(std::string_view text, Expectation& out) {
    constexpr std::array<std::string_view, 4> words{"others", "everyone", "up-to", "any"};
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words.at(i) == text) {
            out = static_cast<Expectation>(i);
            return true;
        }
    }
    return false;
}

bool set_mode(std::string_view text, bool& close) {
    close = text == "close";
    return close || text == "keep-alive";
}

bool set(Options& options, std::string_view name, std::string_view text) {
    if (name == "--port")
        return number<std::uint16_t>(text, 1, 65'535, options.port);
    if (name == "--mode")
        return set_mode(text, options.close);
    if (name == "--connections")
        return number(text, 1U, 10'000U, options.connections);
    if (name == "--swarms")
        return number(text, 1U, 100'000'000U, options.swarms);
    if (name == "--peers")
        return number(text, 1U, peers_per_swarm_max, options.peers);
    if (name == "--numwant")
        return number(text, 0U, 200U, options.num_want);
    if (name == "--expect")
        return set_expectation(text, options.expect);
    if (name == "--pipeline")
        return number(text, 1U, pipeline_max, options.pipeline);
    if (name == "--seconds")
        return number(text, 0.0, 3600.0, options.seconds);
    if (name == "--requests")
        return number<std::uint64_t>(text, 0, UINT64_MAX, options.requests);
    if (name == "--server-pid")
        return number(text, 1, INT32_MAX, options.server_pid);
    if (name == "--seed")
        return number<std::uint64_t>(text, 0, UINT64_MAX, options.seed);
    if (name == "--write-hashes") {
        options.write_hashes = text;
        return true;
    }
    return false;
}

}  // namespace

std::optional<Options> parse_options(std::span<char* const> arguments) {
    Options options;
    for (std::size_t i = 1; i < arguments.size(); ++i) {
        const std::string_view name = arguments[i];
        if (name == "--fill") {
            options.fill = true;
            continue;
        }
        const std::string_view value = i + 1 < arguments.size() ? arguments[++i] : "";
        if (!set(options, name, value)) {
            std::cerr << "http_load: cannot use " << name << " " << value << "\n" << usage;
            return std::nullopt;
        }
    }
    if (options.port == 0 && options.write_hashes.empty()) {
        std::cerr << "http_load: --port is missing\n" << usage;
        return std::nullopt;
    }
    if (options.close)
        options.pipeline = 1;
    return options;
}

}  // namespace chihaya::bench
