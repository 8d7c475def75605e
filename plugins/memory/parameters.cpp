#include "plugins/memory/parameters.hpp"

#include "plugins/memory/duration.hpp"

#include <Poco/Dynamic/Var.h>
#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <string>

namespace chihaya::memory {
namespace {

constexpr const char* default_snapshot = "memory.snapshot";

/// What the operator wrote, short enough for a log line.
std::string excerpt(const std::string& found) {
    constexpr std::size_t longest = 60;
    return found.size() <= longest ? found : found.substr(0, longest) + "...";
}

/// The parameters on their way in.
class Reading {
public:
    Reading(Host& control, std::string_view state_dir) : control_(control), state_dir_(state_dir) {
        if (!state_dir.empty()) {
            parameters_.snapshot = state_dir_ / default_snapshot;
        }
    }

    bool read(const std::string& key, const Poco::Dynamic::Var& value) {
        if (key == "peer_ids") {
            return read_peer_ids(value);
        }
        if (key == "snapshot") {
            return read_snapshot(value);
        }
        if (key == "snapshot_interval") {
            return read_interval(value);
        }
        control_.log(Severity::warning,
                     "tracker.params." + excerpt(key) +
                         ": unknown and ignored; accepted are peer_ids, snapshot and "
                         "snapshot_interval");
        return true;
    }
    [[nodiscard]] const Parameters& parameters() const noexcept { return parameters_; }

private:
    bool refuse(const std::string& key, const Poco::Dynamic::Var& found, const char* accepted) {
        control_.log(Severity::error, "tracker.params." + key + ": found " +
                                          excerpt(Poco::Dynamic::Var::toString(found)) +
                                          ", accepted " + accepted);
        return false;
    }

    bool read_peer_ids(const Poco::Dynamic::Var& value) {
        if (!value.isBoolean()) {
            return refuse("peer_ids", value, "are true and false; leave it out for the default");
        }
        parameters_.peer_ids = value.extract<bool>();
        return true;
    }

    bool read_snapshot(const Poco::Dynamic::Var& value) {
        std::filesystem::path file;
        if (value.isBoolean() && value.extract<bool>()) {
            file = default_snapshot;
        } else if (value.isString()) {
            file = value.extract<std::string>();
        } else if (!value.isBoolean()) {
            return refuse("snapshot", value,
                          "is the name of a file, like \"memory.snapshot\"; \"\" for none");
        }
        const bool ends_in_slash = !file.empty() && file.filename().empty();
        if (ends_in_slash || file.native().size() > limits::path_bytes_max ||
            file.native().find('\0') != std::string::npos) {
            return refuse("snapshot", value, "is the name of a file of at most 4096 bytes");
        }
        if (!file.empty() && file.is_relative() && state_dir_.empty()) {
            return refuse("snapshot", value,
                          "is an absolute path while state_dir is not set; set it, or name the "
                          "whole path");
        }
        parameters_.snapshot = file.empty() ? file : state_dir_ / file;
        return true;
    }

    bool read_interval(const Poco::Dynamic::Var& value) {
        const auto interval =
            value.isString() ? parse_duration(value.extract<std::string>()) : std::nullopt;
        if (!interval || *interval < limits::snapshot_interval_min ||
            *interval > limits::snapshot_interval_max) {
            return refuse("snapshot_interval", value,
                          "is a duration from 100ms to 24h, like \"5m\"");
        }
        parameters_.snapshot_interval = *interval;
        return true;
    }

    Host& control_;
    const std::filesystem::path state_dir_;
    Parameters parameters_;
};

}  // namespace

std::optional<Parameters> read_parameters(Host& control, std::string_view json,
                                          std::string_view state_dir) {
    Reading reading(control, state_dir);
    if (json.empty() || json == "null") {
        return reading.parameters();
    }
    const auto refuse = [&](const std::string& text) {
        control.log(Severity::error, text);
        return std::nullopt;
    };
    try {
        Poco::JSON::Parser parser;
        const Poco::Dynamic::Var root = parser.parse(std::string(json));
        if (root.type() != typeid(Poco::JSON::Object::Ptr)) {
            return refuse("tracker.params: found " + excerpt(std::string(json)) +
                          ", accepted is an object like {\"peer_ids\": true}");
        }
        const auto& object = root.extract<Poco::JSON::Object::Ptr>();
        for (const std::string& key : object->getNames()) {
            if (!reading.read(key, object->get(key))) {
                return std::nullopt;
            }
        }
    } catch (const Poco::Exception& error) {
        return refuse("tracker.params: " + error.displayText() +
                      "; accepted is a JSON object like {\"peer_ids\": true}");
    }
    return reading.parameters();
}

}  // namespace chihaya::memory
