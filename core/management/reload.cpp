#include "core/management/reload.hpp"

#include "core/config/json_value.hpp"

#include <utility>

namespace chihaya::management {
namespace {

config::Value list_of(const std::vector<std::string>& texts) {
    config::List list;
    for (const std::string& text : texts) {
        list.push_back({text});
    }
    return {std::move(list)};
}

}  // namespace

Reply reload_reply(const ReloadReport& report) {
    if (report.is_busy) {
        return text_reply(503, "the tracker is starting or stopping; try again");
    }
    if (report.is_refused) {
        Reply refused = json_reply({config::Object{{"errors", list_of(report.errors)}}},
                                   config::Layout::compact);
        refused.status = 422;
        return refused;
    }
    std::vector<std::string> waiting;
    std::vector<std::string> warnings = report.warnings;
    for (const WaitingKey& one : report.waiting) {
        waiting.push_back(one.key);
        if (!one.reason.empty()) {
            warnings.push_back(one.key + " waits for a restart: " + one.reason);
        }
    }
    return json_reply({config::Object{{"changed", list_of(report.changed)},
                                      {"restart", list_of(waiting)},
                                      {"warnings", list_of(warnings)}}},
                      config::Layout::compact);
}

}  // namespace chihaya::management
