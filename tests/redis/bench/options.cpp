#include "tests/redis/bench/options.hpp"

#include "tests/bench/load/options.hpp"

#include <array>

namespace chihaya::redis::bench {
namespace {

using chihaya::bench::number;

constexpr std::string_view usage =
    R"(redis_driver_bench [options]: announces through the driver, beside a naive script and PING
  --url URL                 a Redis that runs already (one of its own); more of them: a Cluster
  --nodes N                 a Cluster of its own with so many masters (1: no Cluster)
  --unix                    its own Redis is reached by a unix socket
  --redis-core N            where Redis stays; may be repeated (anywhere)
  --swarms N --peers N      swarms, and peers of each (10000, 300)
  --mix ipv4|accounts|families  what the peers are (ipv4)
  --numwant N               peers asked for (50)
  --batches N --batch N     so many batches of so many announces in flight (4, 64)
  --rounds N --seconds X    of each lane in turn (5, 2)
  --round N                 seconds of the tracker's clock in which everybody announces once (1800)
  --lanes announce,naive,ping  which of them are measured (all)
One line of JSON is printed to standard output, what goes on to standard error.
)";

bool set_mix(std::string_view value, Mix& out) {
    if (value == "ipv4") {
        out = Mix::ipv4;
    } else if (value == "accounts") {
        out = Mix::accounts;
    } else if (value == "families") {
        out = Mix::families;
    } else {
        return false;
    }
    return true;
}

bool set_server(ServersOptions& options, std::string_view name, std::string_view value) {
    if (name == "--url" && !value.empty()) {
        options.urls.emplace_back(value);
        return true;
    }
    if (name == "--unix") {
        return options.by_unix_socket = true;
    }
    if (name == "--redis-core") {
        return number(value, 0, 1023, options.cores.emplace_back());
    }
    return name == "--nodes" && number(value, std::size_t{1}, std::size_t{16}, options.nodes);
}

bool set_seconds(std::string_view value, std::chrono::seconds& out) {
    std::uint32_t count = 0;
    const bool good = number(value, 1U, 3600U, count);
    out = std::chrono::seconds(count);
    return good;
}

bool set(Options& options, std::string_view name, std::string_view value) {
    if (name == "--swarms") {
        return number(value, 1U, 1U << 24U, options.swarms);
    }
    if (name == "--peers") {
        return number(value, 1U, peers_max, options.peers);
    }
    if (name == "--mix") {
        return set_mix(value, options.mix);
    }
    if (name == "--numwant") {
        return number(value, 0U, 200U, options.want);
    }
    if (name == "--batches") {
        return number(value, std::size_t{1}, std::size_t{16}, options.window.batches);
    }
    if (name == "--batch") {
        return number(value, std::size_t{1}, std::size_t{64}, options.window.size);
    }
    if (name == "--rounds") {
        return number(value, 1U, 1000U, options.rounds);
    }
    if (name == "--seconds") {
        return number(value, 0.1, 3600.0, options.seconds);
    }
    if (name == "--round") {
        return set_seconds(value, options.round);
    }
    if (name == "--lanes") {
        options.lanes = value;
        return true;
    }
    return set_server(options.servers, name, value);
}

}  // namespace

std::optional<Options> read_options(std::span<char* const> arguments) {
    constexpr std::array<std::string_view, 1> flags{"--unix"};
    Options options;
    const auto take = [&](std::string_view name, std::string_view value) {
        return set(options, name, value);
    };
    if (!chihaya::bench::parse_arguments(arguments, flags, usage, take)) {
        return std::nullopt;
    }
    return options;
}

}  // namespace chihaya::redis::bench
