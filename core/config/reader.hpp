#pragma once

/// @file reader.hpp
/// JSON text to `Config`: every error with its path, what was found and what is accepted.

#include "core/base/result.hpp"
#include "core/config/config.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace chihaya::config {

struct Reading {
    Config config;
    std::vector<std::string> errors;    // one line each; empty: the configuration can be used
    std::vector<std::string> warnings;  // e.g. an unknown key, and the known one nearest to it
};

/// Reads a configuration. Never throws; an empty text is the defaults. Files and folders that it
/// names are relative to `folder`; without one they stay as they are.
[[nodiscard]] Reading read(std::string_view json, const std::filesystem::path& folder = {});

/// Reads a file; environment variables in its path (`$HOME`, `${X}`) are expanded.
/// Errors: the file cannot be read or is too large
[[nodiscard]] Result<Reading> read_file(const std::string& path,
                                        const std::filesystem::path& folder = {});

/// The effective configuration as JSON that `read` accepts again, but for the masks in the place of
/// secrets: `read` refuses them, or anybody who knows the mask would hold the token.
[[nodiscard]] std::string print(const Config& config);

}  // namespace chihaya::config
