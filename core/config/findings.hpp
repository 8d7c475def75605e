#pragma once

/// @file findings.hpp
/// What is wrong with a configuration, collected so that the operator sees everything at once.

#include "core/config/reader.hpp"

#include <string>
#include <string_view>

namespace chihaya::config {

/// A message in the four parts of every message to an operator.
struct Finding {
    std::string what;      // the path of the key
    std::string found;     // "the number 30"
    std::string accepted;  // "a duration from 1s to 24h"
    std::string remedy;
    std::uint32_t line = 0;  // 0: not known
};

/// Writes into a `Reading`.
/// Limits: limits::configuration_messages_max of each kind, then only counted
class Findings {
public:
    explicit Findings(Reading& reading) : reading_(reading) {}

    void error(const Finding& finding);
    void error(std::string line);
    void warning(std::string line);

    /// Adds how many were left out. Call it last, once.
    void finish();

private:
    Reading& reading_;
    std::size_t more_errors_ = 0;
    std::size_t more_warnings_ = 0;
};

/// ` (line 12)`, or nothing when the line is not known.
[[nodiscard]] std::string line_note(std::uint32_t line);

}  // namespace chihaya::config
