#include "core/config/findings.hpp"

#include "core/base/limits.hpp"

#include <utility>

namespace chihaya::config {

void Findings::error(const Finding& finding) {
    error(finding.what + ": found " + finding.found + ", accepted is " + finding.accepted + "; " +
          finding.remedy + line_note(finding.line));
}

void Findings::error(std::string line) {
    if (reading_.errors.size() < limits::configuration_messages_max) {
        reading_.errors.push_back(std::move(line));
    } else {
        ++more_errors_;
    }
}

void Findings::warning(std::string line) {
    if (reading_.warnings.size() < limits::configuration_messages_max) {
        reading_.warnings.push_back(std::move(line));
    } else {
        ++more_warnings_;
    }
}

void Findings::finish() {
    if (more_errors_ > 0) {
        reading_.errors.push_back("and " + std::to_string(more_errors_) + " more errors");
    }
    if (more_warnings_ > 0) {
        reading_.warnings.push_back("and " + std::to_string(more_warnings_) + " more warnings");
    }
}

std::string line_note(std::uint32_t line) {
    return line == 0 ? std::string() : " (line " + std::to_string(line) + ")";
}

}  // namespace chihaya::config
