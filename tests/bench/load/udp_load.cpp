/// @file udp_load.cpp
/// Announces over UDP as fast as one core can, checks every answer and prints one line of JSON.
/// Exit code: 0 when every request was answered rightly, 1 when not, 64 for a wrong option.

#include "tests/bench/load/phases.hpp"
#include "tests/bench/load/udp_loop.hpp"

int main(int argc, char** argv) {
    namespace bench = chihaya::bench;
    const auto options = bench::udp_options({argv, static_cast<std::size_t>(argc)});
    if (!options)
        return 64;
    return bench::run_phases(*options, [&](bench::Plan& plan, double seconds, bool filling) {
        bench::UdpOptions phase = *options;
        phase.selection = options->selection && !filling;
        phase.window = filling ? options->fill_window : options->window;
        phase.timeout_ms = filling ? bench::fill_timeout_ms : options->timeout_ms;
        return bench::UdpLoop(phase, plan).run(seconds);
    });
}
