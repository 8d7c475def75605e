/// @file http_load.cpp
/// Announces over HTTP as fast as one core can, checks every answer and prints one line of JSON.
/// Exit code: 0 when every request was answered rightly, 1 when not, 64 for a wrong option.

#include "tests/bench/load/http_loop.hpp"
#include "tests/bench/load/phases.hpp"

int main(int argc, char** argv) {
    namespace bench = chihaya::bench;
    const auto options = bench::http_options({argv, static_cast<std::size_t>(argc)});
    if (!options)
        return 64;
    return bench::run_phases(*options, [&](bench::Plan& plan, double seconds, bool filling) {
        return bench::HttpLoop(*options, plan, filling ? options->pipeline : 1).run(seconds);
    });
}
