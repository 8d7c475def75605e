#include "core/management/request.hpp"

#include "core/base/text.hpp"

#include <algorithm>

namespace chihaya::management {
namespace {

/// "http://host/path" without its scheme and host.
std::string_view without_origin(std::string_view text) noexcept {
    const auto scheme_end = text.find("://");
    if (text.starts_with('/') || scheme_end == std::string_view::npos) {
        return text;
    }
    const auto path = text.find('/', scheme_end + 3);
    return path == std::string_view::npos ? "/" : text.substr(path);
}

/// Errors: false at a bad escape
bool parse_query(std::string_view text, Target& target) {
    while (!text.empty()) {
        const auto end = std::min(text.find('&'), text.size());
        const std::string_view pair = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        const auto equals = std::min(pair.find('='), pair.size());
        auto key = percent_decoded(pair.substr(0, equals), true);
        auto value = percent_decoded(pair.substr(std::min(equals + 1, pair.size())), true);
        if (!key || !value) {
            return false;
        }
        if (!key->empty()) {
            target.query.emplace_back(std::move(*key), std::move(*value));
        }
    }
    return true;
}

}  // namespace

std::optional<std::string_view> Target::value(std::string_view key) const noexcept {
    const auto found = std::ranges::find(
        query, key, [](const auto& pair) { return std::string_view(pair.first); });
    return found == query.end() ? std::nullopt : std::optional<std::string_view>(found->second);
}

std::optional<Target> parse_target(std::string_view text) {
    text = without_origin(text);
    const auto mark = std::min(text.find('?'), text.size());
    std::string_view path = text.substr(0, mark);
    Target target;
    if (!path.starts_with('/') ||
        !parse_query(text.substr(std::min(mark + 1, text.size())), target)) {
        return std::nullopt;
    }
    path.remove_prefix(1);
    const bool is_root = path.empty();
    if (path.ends_with('/')) {
        path.remove_suffix(1);
    }
    const auto slash = path.find('/');
    target.collection = path.substr(0, slash);
    if (slash != std::string_view::npos) {
        target.item = path.substr(slash + 1);
    }
    const bool deeper = target.item && target.item->find('/') != std::string::npos;
    const bool is_nothing = target.collection.empty() && !is_root;
    return is_nothing || deeper ? std::nullopt : std::optional(std::move(target));
}

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_blank) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == '%') {
            const int high = i + 1 < text.size() ? text::hex_digit(text[i + 1]) : -1;
            const int low = i + 2 < text.size() ? text::hex_digit(text[i + 2]) : -1;
            if (high < 0 || low < 0) {
                return std::nullopt;
            }
            out += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            out += plus_is_blank && text[i] == '+' ? ' ' : text[i];
        }
    }
    return out;
}

}  // namespace chihaya::management
