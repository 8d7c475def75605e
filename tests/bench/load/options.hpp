#pragma once

/// @file options.hpp
/// What a load generator was asked to do: the part that does not depend on the protocol.

#include <charconv>
#include <cstdint>
#include <functional>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <system_error>

namespace chihaya::bench {

/// How many peers a reply must carry.
enum class Expectation : std::uint8_t {
    others,     // min(numwant, everybody but the announcer), and never the announcer
    everyone,   // min(numwant, everybody): trackers that hand the announcer to itself
    uncounted,  // as `others`, but the swarm's size is told without the announcer, and a body over
                // HTTP ends with a line break: aquatic
    up_to,      // at most that many: some peers may have expired
    any,        // the floors, whose answer is a constant
};

struct Options {
    std::uint16_t port = 0;
    std::uint32_t swarms = 1000;
    std::uint32_t peers = 50;                                          // of each swarm
    std::uint32_t askers = std::numeric_limits<std::uint32_t>::max();  // peers that come again
    std::uint32_t num_want = 30;
    std::uint32_t accounts = 0;  // of a private tracker; 0: it is public
    bool fill = false;           // announce every peer once, before anything is measured
    double seconds = 0;          // of the measured phase; 0 with requests 0: none
    std::uint64_t requests = 0;  // of the measured phase
    std::uint32_t rate = 0;      // of them a second, at most; 0: as fast as they are answered
    Expectation expect = Expectation::others;
    int server_pid = 0;        // whose CPU time to read; 0: nobody's
    std::string write_hashes;  // a file for the info-hashes in hexadecimal, one a line
    std::uint64_t seed = 1;
};

/// The lines of a usage text that explain Options.
inline constexpr std::string_view options_usage =
    R"(  --swarms N --peers N      swarms, and peers of each (1000, 50)
  --askers N                in the measured phase only the first N peers of a swarm come (all)
  --users N                 announce to a private tracker, as that many users, with counters that
                            grow (0: a public one)
  --numwant N               peers asked for in the measured phase (30)
  --expect others|everyone|uncounted|up-to|any
                            how many peers a correct reply carries (others)
  --fill                    first announce every peer once
  --seconds X, --requests N length of the measured phase (none)
  --rate N                  in the measured phase so many requests a second at most (0: as fast as
                            they are answered)
  --server-pid N            read this process's CPU time around the measured phase
  --write-hashes FILE       write the info-hashes for a whitelist, and stop
  --seed N                  of the choice of swarms and peers (1)
)";

/// Reads a number from `low` to `high`, and nothing after it.
template <class T>
bool number(std::string_view text, T low, T high, T& out) {
    T value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < low || value > high)
        return false;
    out = value;
    return true;
}

/// Takes one option and its value; false: there is no such option, or not with that value.
using SetOption = std::function<bool(std::string_view name, std::string_view value)>;

/// Gives every argument to `set`; a name in `flags` has no value. An error is printed with `usage`.
[[nodiscard]] bool parse_arguments(std::span<char* const> arguments,
                                   std::span<const std::string_view> flags, std::string_view usage,
                                   const SetOption& set);

/// Shape: as SetOption, for the members of Options; peers of a swarm are at most `peers_max`
[[nodiscard]] bool set_option(Options& options, std::string_view name, std::string_view value,
                              std::uint32_t peers_max);

/// False after an error, which has been printed with `usage`.
[[nodiscard]] bool complete(const Options& options, std::string_view usage);

}  // namespace chihaya::bench
