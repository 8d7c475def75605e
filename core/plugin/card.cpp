#include "core/plugin/card.hpp"

#include "core/base/limits.hpp"
#include "core/base/text.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace chihaya::plugin {
namespace {

/// What `string` points to, but never more than `size_max` + 1 bytes of it.
std::string_view bounded(const char* string, std::size_t size_max) {
    return {string, ::strnlen(string, size_max + 1)};
}

bool may_stand_in_a_name(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

bool is_name(std::string_view text) {
    return !text.empty() && text.size() <= limits::plugin_name_max &&
           std::ranges::all_of(text, may_stand_in_a_name);
}

bool is_version(std::string_view text) {
    return !text.empty() && text.size() <= limits::plugin_name_max && text::printable(text) == text;
}

/// `text` as a message may show it.
std::string shown(const char* string) {
    if (string == nullptr) {
        return "none";
    }
    const std::string_view text = bounded(string, limits::plugin_name_max);
    const bool is_whole = text.size() <= limits::plugin_name_max;
    return '"' + text::printable(text.substr(0, limits::plugin_name_max)) +
           (is_whole ? "\"" : "…\"");
}

}  // namespace

std::string version_text(std::uint16_t major, std::uint16_t minor) {
    return std::to_string(major) + '.' + std::to_string(minor);
}

std::string incompatibility(const PluginDescriptor& card) {
    if (card.magic != abi::magic) {
        return std::string("what ") + abi::entry_symbol +
               " returns is no plugin card; accepted is a constant PluginDescriptor; correct the "
               "plugin";
    }
    if (card.abi_major != abi::major || card.abi_minor > abi::minor) {
        return "built for plugin ABI " + version_text(card.abi_major, card.abi_minor) +
               "; this host accepts " + version_text(abi::major, 0) + " to " +
               version_text(abi::major, abi::minor) + "; rebuild the plugin with this host's SDK";
    }
    if (card.toolchain == nullptr ||
        bounded(card.toolchain, limits::plugin_name_max) != abi::toolchain_tag) {
        return "built with toolchain " + shown(card.toolchain) + "; this host accepts \"" +
               abi::toolchain_tag + "\"; rebuild the plugin with the host's compiler";
    }
    if (card.name == nullptr || !is_name(bounded(card.name, limits::plugin_name_max))) {
        return "the name on its card is " + shown(card.name) +
               "; accepted are 1 to 64 of A-Z, a-z, 0-9, '_' and '-'; correct the plugin";
    }
    if (card.version == nullptr || !is_version(bounded(card.version, limits::plugin_name_max))) {
        return "the version on its card is " + shown(card.version) +
               "; accepted are 1 to 64 printable ASCII characters; correct the plugin";
    }
    if (card.create_tracker == nullptr && card.create_backend == nullptr) {
        return "its card offers no driver; accepted is a tracker driver, a backend driver or both; "
               "correct the plugin";
    }
    return {};
}

}  // namespace chihaya::plugin
