#include "core/config/findings.hpp"

#include "core/base/limits.hpp"

#include <algorithm>
#include <utility>

namespace chihaya::config {

void Findings::error(const Finding& finding) {
    errors_.push_back({finding.line, finding.what + ": found " + finding.found + ", accepted is " +
                                         finding.accepted + "; " + finding.remedy +
                                         line_note(finding.line)});
}

void Findings::error(std::string text) {
    errors_.push_back({0, std::move(text)});
}

void Findings::warning(std::string text, std::uint32_t line) {
    warnings_.push_back({line, std::move(text) + line_note(line)});
}

void Findings::hand_over(Reading& reading) {
    sort_into(reading.errors, errors_, "errors");
    sort_into(reading.warnings, warnings_, "warnings");
}

void Findings::sort_into(std::vector<std::string>& out, std::vector<Message>& messages,
                         const std::string& kind) {
    std::ranges::stable_sort(messages, {}, &Message::line);
    const std::size_t shown = std::min(messages.size(), limits::configuration_messages_max);
    for (std::size_t i = 0; i < shown; ++i) {
        out.push_back(std::move(messages[i].text));
    }
    if (messages.size() > shown) {
        out.push_back("and " + std::to_string(messages.size() - shown) + " more " + kind);
    }
    messages.clear();
}

std::string line_note(std::uint32_t line) {
    return line == 0 ? std::string() : " (line " + std::to_string(line) + ")";
}

}  // namespace chihaya::config
