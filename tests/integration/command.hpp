#pragma once

/// @file command.hpp
/// The executable, run to its end like any command.

#include <map>
#include <string>
#include <vector>

namespace chihaya::test {

/// How a command ended, and what it wrote.
struct Outcome {
    int exit_code = 0;
    std::string out;
    std::string err;
};

/// Runs `chihaya` with these words and waits for it.
/// `folder`: where it is started; empty: here. `environment`: added to this process's.
[[nodiscard]] Outcome run(const std::vector<std::string>& words, const std::string& folder = "",
                          const std::map<std::string, std::string>& environment = {});

}  // namespace chihaya::test
