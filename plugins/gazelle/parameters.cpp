#include "plugins/gazelle/parameters.hpp"

#include "plugins/gazelle/parameter_reader.hpp"

#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <string>

namespace chihaya::gazelle {
namespace {

constexpr const char* accepted =
    "a JSON object like {\"url\": \"mysql://tracker:password@127.0.0.1/gazelle\"}; write one";

}  // namespace

Parameters read_parameters(std::string_view json, ParameterErrors& errors) {
    const char* found = "no object";
    try {
        Poco::JSON::Parser parser;
        const bool is_absent = json.empty() || json == "null";
        const Poco::Dynamic::Var root = parser.parse(is_absent ? "{}" : std::string(json));
        if (root.type() == typeid(Poco::JSON::Object::Ptr)) {
            return ParameterReader(errors, *root.extract<Poco::JSON::Object::Ptr>()).read();
        }
    } catch (const Poco::Exception&) {
        found = "no JSON";
    }
    errors.texts.push_back(std::string("backend.params: found ") + found + ", accepted is " +
                           accepted);
    return {};
}

}  // namespace chihaya::gazelle
