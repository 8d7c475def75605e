#include "core/config/reader.hpp"

#include "core/base/limits.hpp"
#include "core/config/findings.hpp"
#include "core/config/json_parser.hpp"
#include "core/config/sections.hpp"

#include <Poco/Path.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace chihaya::config {
namespace {

bool is_blank(std::string_view text) {
    return text.find_first_not_of(" \t\r\n") == std::string_view::npos;
}

Failure unreadable(const std::string& path, const std::string& expanded, const std::string& found) {
    const std::string given =
        path == expanded ? std::string() : " (given as " + in_quotes(path) + ")";
    return {"configuration file " + in_quotes(expanded) + given + ": found " + found +
            ", accepted is a readable file of at most " +
            std::to_string(limits::configuration_file_max >> 20U) +
            " MiB; name one with --config FILE, or --config \"\" for the defaults"};
}

}  // namespace

Reading read(std::string_view json, const std::filesystem::path& folder) {
    Reading reading;
    if (is_blank(json)) {
        return reading;
    }
    auto document = parse_json(json);
    if (!document) {
        reading.errors.push_back(document.error().text);
        return reading;
    }
    Findings findings;
    for (std::string& line : document->repeated) {
        findings.error(std::move(line));
    }
    Fields fields(document->root, findings, folder);
    read_drivers(fields, reading.config);
    read_mode(fields, reading.config);
    read_announcing(fields, reading.config);
    read_addressing(fields, reading.config);
    read_protection(fields, reading.config);
    read_frontends(fields, reading.config);
    read_operation(fields, reading.config);
    findings.hand_over(reading);
    return reading;
}

Result<Reading> read_file(const std::string& path, const std::filesystem::path& folder) {
    const std::string expanded = Poco::Path::expand(path);
    std::error_code error;
    if (std::filesystem::is_directory(expanded, error)) {
        return unreadable(path, expanded, "a directory");
    }
    errno = 0;
    std::ifstream file(expanded, std::ios::binary);
    if (!file.is_open()) {
        return unreadable(path, expanded, std::generic_category().message(errno));
    }
    std::string text(limits::configuration_file_max + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (file.bad()) {
        return unreadable(path, expanded, "a file that cannot be read to its end");
    }
    if (text.size() > limits::configuration_file_max) {
        return unreadable(path, expanded, "a larger file");
    }
    return read(text, folder);
}

}  // namespace chihaya::config
