#include "tests/bench/load/http_options.hpp"

#include "tests/bench/load/population.hpp"

#include <array>

namespace chihaya::bench {
namespace {

constexpr std::array<std::string_view, 1> flags{"--fill"};

bool set(HttpOptions& options, std::string_view name, std::string_view value) {
    if (name == "--mode") {
        options.close = value == "close";
        return options.close || value == "keep-alive";
    }
    if (name == "--connections")
        return number(value, 1U, 10'000U, options.connections);
    if (name == "--pipeline")
        return number(value, 1U, pipeline_max, options.pipeline);
    return set_option(options, name, value, ports_per_address);
}

}  // namespace

std::optional<HttpOptions> http_options(std::span<char* const> arguments) {
    const std::string usage =
        "http_load --port N [options]\n"
        "  --mode keep-alive|close   one connection for many requests, or one for each"
        " (keep-alive)\n"
        "  --connections N           closed loop of so many connections (64)\n"
        "  --pipeline N              requests in flight on a connection during the fill (1)\n" +
        std::string(options_usage);
    HttpOptions options;
    if (!parse_arguments(arguments, flags, usage,
                         [&](auto name, auto value) { return set(options, name, value); }) ||
        !complete(options, usage))
        return std::nullopt;
    if (options.close)
        options.pipeline = 1;
    return options;
}

}  // namespace chihaya::bench
