#pragma once

/// @file options.hpp
/// What the load generator was asked to do.

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace chihaya::bench {

/// How many peers a reply must carry.
enum class Expectation : std::uint8_t {
    others,    // min(numwant, everybody but the announcer), and never the announcer
    everyone,  // min(numwant, everybody): trackers that hand the announcer to itself
    up_to,     // at most that many: some peers may have expired
    any,       // the floors, whose answer is a constant
};

struct Options {
    std::uint16_t port = 0;
    bool close = false;  // one connection for each request
    std::uint32_t connections = 64;
    std::uint32_t swarms = 1000;
    std::uint32_t peers = 50;  // of each swarm
    std::uint32_t num_want = 30;
    bool fill = false;           // announce every peer once, before anything is measured
    std::uint32_t pipeline = 1;  // requests in flight on one connection, during the fill
    double seconds = 0;          // of the measured phase; 0 with requests 0: none
    std::uint64_t requests = 0;  // of the measured phase
    Expectation expect = Expectation::others;
    int server_pid = 0;        // whose CPU time to read; 0: nobody's
    std::string write_hashes;  // a file for the info-hashes in hexadecimal, one a line
    std::uint64_t seed = 1;
};

/// Absent after an error, which has been printed with what is accepted.
[[nodiscard]] std::optional<Options> parse_options(std::span<char* const> arguments);

}  // namespace chihaya::bench
