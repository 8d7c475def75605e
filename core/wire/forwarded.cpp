#include "core/wire/forwarded.hpp"

#include "core/base/limits.hpp"
#include "core/base/text.hpp"
#include "core/wire/address_text.hpp"
#include "core/wire/http_request.hpp"

#include <array>
#include <cstddef>

namespace chihaya::wire {
namespace {

/// Takes the last part of a list off its end, quotes respected. From the right, because there the
/// trusted proxy wrote: an unclosed quote further left swallows nothing of it.
std::string_view take_last(std::string_view& list, char separator) noexcept {
    bool quoted = false;
    for (std::size_t i = list.size(); i != 0; --i) {
        const char c = list[i - 1];
        quoted = quoted != (c == '"');
        if (c == separator && !quoted) {
            const std::string_view last = list.substr(i);
            list = list.substr(0, i - 1);
            return text::trim(last);
        }
    }
    const std::string_view last = list;
    list = {};
    return text::trim(last);
}

std::string_view unquoted(std::string_view text) noexcept {
    return text.size() >= 2 && text.front() == '"' && text.back() == '"'
               ? text.substr(1, text.size() - 2)
               : text;
}

/// The value of `for=` in an element of RFC 7239; empty when there is none.
std::string_view for_value(std::string_view element) noexcept {
    while (!element.empty()) {
        const std::string_view pair = take_last(element, ';');
        const auto equals = pair.find('=');
        if (equals != std::string_view::npos &&
            text::equal_ignoring_case(text::trim(pair.substr(0, equals)), "for")) {
            return text::trim(pair.substr(equals + 1));
        }
    }
    return {};
}

}  // namespace

std::optional<IpAddress> forwarded_client(std::string_view fields, std::string_view header_name,
                                          std::span<const IpNetwork> trusted) noexcept {
    std::array<std::string_view, limits::request_header_lines_max> lines{};
    std::size_t count = 0;
    std::string_view name;
    std::string_view value;
    FieldCursor cursor(fields);
    while (count < lines.size() && cursor.next(name, value)) {
        if (text::equal_ignoring_case(name, header_name)) {
            lines[count++] = value;
        }
    }
    const bool is_rfc7239 = text::equal_ignoring_case(header_name, "forwarded");
    std::optional<IpAddress> left_most;
    while (count != 0) {
        std::string_view& line = lines[count - 1];
        if (line.empty()) {
            --count;
            continue;
        }
        const std::string_view element = take_last(line, ',');
        if (element.empty()) {
            continue;
        }
        const auto address = address_of(unquoted(is_rfc7239 ? for_value(element) : element));
        if (!address || !is_in(trusted, *address)) {
            return address;
        }
        left_most = address;
    }
    return left_most;
}

}  // namespace chihaya::wire
