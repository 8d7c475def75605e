#include "core/app/command_line.hpp"

#include <array>
#include <optional>
#include <string_view>
#include <utility>

namespace chihaya::app {
namespace {

struct Alias {
    std::string_view old_name;
    std::string_view name;
};

constexpr std::array<Alias, 4> with_value{{{"--config", "config"},
                                           {"-config", "config"},
                                           {"-maxprocs", "workers"},
                                           {"--workers", "workers"}}};

std::string option(std::string_view name, const std::string& value) {
    return "--" + std::string(name) + "=" + value;
}

}  // namespace

std::vector<std::string> normalised(std::vector<std::string> arguments) {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
        const std::string_view argument = arguments[i];
        std::optional<std::string> replaced;
        for (const Alias& alias : with_value) {
            if (!argument.starts_with(alias.old_name)) {
                continue;
            }
            const std::string_view rest = argument.substr(alias.old_name.size());
            if (rest.starts_with('=')) {
                replaced = option(alias.name, std::string(rest.substr(1)));
            } else if (rest.empty() && i + 1 < arguments.size()) {
                replaced = option(alias.name, arguments[++i]);
            }
            break;
        }
        out.push_back(replaced ? std::move(*replaced) : std::string(argument));
    }
    return out;
}

}  // namespace chihaya::app
