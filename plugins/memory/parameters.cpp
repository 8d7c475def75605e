#include "plugins/memory/parameters.hpp"

#include <Poco/Dynamic/Var.h>
#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <string>

namespace chihaya::memory {
namespace {

/// What the operator wrote, short enough for a log line.
std::string excerpt(const std::string& found) {
    constexpr std::size_t longest = 60;
    return found.size() <= longest ? found : found.substr(0, longest) + "...";
}

bool refuse(Host& control, const std::string& text) {
    control.log(Severity::error, text);
    return false;
}

bool read_parameter(Host& control, const std::string& key, const Poco::Dynamic::Var& value,
                    Parameters& parameters) {
    if (key != "peer_ids") {
        control.log(Severity::warning, "tracker.params." + excerpt(key) +
                                           ": unknown and ignored; accepted is peer_ids");
        return true;
    }
    if (!value.isBoolean()) {
        return refuse(control, "tracker.params.peer_ids: found " +
                                   excerpt(Poco::Dynamic::Var::toString(value)) +
                                   ", accepted are true and false; leave it out for the default");
    }
    parameters.peer_ids = value.extract<bool>();
    return true;
}

}  // namespace

std::optional<Parameters> read_parameters(Host& control, std::string_view json) {
    Parameters parameters;
    if (json.empty() || json == "null") {
        return parameters;
    }
    try {
        Poco::JSON::Parser parser;
        const Poco::Dynamic::Var root = parser.parse(std::string(json));
        if (root.type() != typeid(Poco::JSON::Object::Ptr)) {
            refuse(control, "tracker.params: found " + excerpt(std::string(json)) +
                                ", accepted is an object like {\"peer_ids\": true}");
            return std::nullopt;
        }
        const auto& object = root.extract<Poco::JSON::Object::Ptr>();
        for (const std::string& key : object->getNames()) {
            if (!read_parameter(control, key, object->get(key), parameters)) {
                return std::nullopt;
            }
        }
    } catch (const Poco::Exception& error) {
        refuse(control, "tracker.params: " + error.displayText() +
                            "; accepted is a JSON object like {\"peer_ids\": true}");
        return std::nullopt;
    }
    return parameters;
}

}  // namespace chihaya::memory
