#pragma once

/// @file findings.hpp
/// What is wrong with a configuration, collected so that the operator sees everything at once.

#include "core/config/reader.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace chihaya::config {

/// A message in the four parts of every message to an operator.
struct Finding {
    std::string what;      // the path of the key
    std::string found;     // "the number 30"
    std::string accepted;  // "a duration from 1s to 24h"
    std::string remedy;
    std::uint32_t line = 0;  // 0: not known
};

class Findings {
public:
    void error(const Finding& finding);
    /// `text` is a whole message; the line is added to it.
    void warning(std::string text, std::uint32_t line);

    /// For messages that say where by themselves.
    void error(std::string text);

    /// Hands everything over in the order of the file.
    /// Limits: limits::configuration_messages_max of each kind; how many more there are is said
    void hand_over(Reading& reading);

private:
    struct Message {
        std::uint32_t line;
        std::string text;
    };
    static void sort_into(std::vector<std::string>& out, std::vector<Message>& messages,
                          const std::string& kind);

    std::vector<Message> errors_;
    std::vector<Message> warnings_;
};

/// ` (line 12)`, or nothing when the line is not known.
[[nodiscard]] std::string line_note(std::uint32_t line);

}  // namespace chihaya::config
