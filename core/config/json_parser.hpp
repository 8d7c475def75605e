#pragma once

/// @file json_parser.hpp
/// JSON text to a `Value`, bounded: no text makes it throw or exhaust the stack.

#include "core/base/result.hpp"
#include "core/config/json_value.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace chihaya::config {

struct Document {
    Value root;
    std::vector<std::string> repeated;  // one line for each member that is given twice
};

/// Reads one JSON value; a byte order mark in front is skipped.
///
/// Errors: where the text stops being JSON, as line and column, and why
/// Limits: limits::configuration_file_max, limits::configuration_depth_max
[[nodiscard]] Result<Document> parse_json(std::string_view text);

}  // namespace chihaya::config
