#include "plugins/redis/parameters.hpp"

#include "plugins/redis/parameter_reader.hpp"

#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <string>

namespace chihaya::redis {
namespace {

constexpr const char* accepted = "a JSON object like {\"url\": \"redis://127.0.0.1:6379\"}";

}  // namespace

std::optional<Parameters> read_parameters(Host& control, std::string_view json) {
    if (json.empty() || json == "null") {
        return Parameters();
    }
    try {
        Poco::JSON::Parser parser;
        const Poco::Dynamic::Var root = parser.parse(std::string(json));
        if (root.type() == typeid(Poco::JSON::Object::Ptr)) {
            return ParameterReader(control, *root.extract<Poco::JSON::Object::Ptr>()).read();
        }
        control.log(Severity::error,
                    std::string("tracker.params: found no object, accepted is ") + accepted);
    } catch (const Poco::Exception&) {
        control.log(Severity::error,
                    std::string("tracker.params: found no JSON, accepted is ") + accepted);
    }
    return std::nullopt;
}

}  // namespace chihaya::redis
