/// @file soak_load.cpp
/// Announces as a site's users do, with counters that say the truth, for as long as it is let; then
/// writes down what was reported, and prints one line of JSON.
/// Exit code: 0, 1 when an answer was wrong, 64 for a wrong option.

#include "tests/bench/load/clock.hpp"
#include "tests/bench/load/soak_loop.hpp"

#include <csignal>
#include <iostream>

namespace {

volatile std::sig_atomic_t is_killed = 0;
volatile std::sig_atomic_t is_over = 0;

void on_signal(int number) {
    (number == SIGTERM ? is_over : is_killed) = 1;
}

void print(const chihaya::bench::SoakLoop::Counts& loop,
           const chihaya::bench::SoakPeers::Counts& peers, double seconds) {
    std::cout << "{\"answered\": " << loop.answered << ", \"seconds\": " << seconds
              << ", \"refused\": " << loop.refused << ", \"unanswered\": " << loop.lost
              << ", \"not_connected\": " << loop.broken << ", \"sessions\": " << peers.sessions
              << ", \"completions\": " << peers.completions << ", \"stops\": " << peers.stops
              << ", \"uploaded\": " << peers.reported.up
              << ", \"downloaded\": " << peers.reported.down << ", \"wrong\": {";
    const char* separator = "";
    for (const auto& [what, times] : loop.wrong) {
        std::cout << separator << '"';
        for (const char c : what)
            std::cout << (c < ' ' || c > '~' || c == '"' || c == '\\' ? '?' : c);
        std::cout << "\": " << times;
        separator = ", ";
    }
    std::cout << "}}\n";
}

}  // namespace

int main(int argc, char** argv) {
    namespace bench = chihaya::bench;
    const auto options = bench::soak_options({argv, static_cast<std::size_t>(argc)});
    if (!options)
        return 64;
    std::signal(SIGTERM, on_signal);
    std::signal(SIGUSR1, on_signal);
    // What a killed tracker has answered is still to be read when the signal comes.
    constexpr std::uint64_t aftermath = 300'000'000;
    const std::uint64_t start = bench::nanoseconds();
    std::uint64_t killed_at = 0;
    bool is_finishing = false;
    bench::SoakPeers peers(*options);
    bench::SoakLoop loop(*options, peers);
    while (loop.turn(50)) {
        const std::uint64_t now = bench::nanoseconds();
        if (is_killed != 0 && killed_at == 0)
            killed_at = now;
        if (killed_at != 0 && now - killed_at > aftermath) {
            peers.doubt(killed_at);
            killed_at = 0;
            is_killed = 0;
        }
        if (is_over != 0 && !is_finishing) {
            is_finishing = true;
            peers.finish();
        }
    }
    peers.report();
    print(loop.counts(), peers.counts(), static_cast<double>(bench::nanoseconds() - start) / 1e9);
    return loop.counts().wrong.empty() ? 0 : 1;
}
