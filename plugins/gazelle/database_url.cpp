#include "plugins/gazelle/database_url.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

namespace chihaya::gazelle {
namespace {

bool is_alphanumeric(char letter) noexcept {
    return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
           (letter >= 'A' && letter <= 'Z');
}

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string result;
    for (std::size_t i = 0; i < text.size(); ++i) {
        char letter = text[i];
        if (letter == '%') {
            unsigned value = 0;
            const std::string_view digits = text.substr(i + 1, 2);
            const auto [end, error] =
                std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
            if (digits.size() != 2 || error != std::errc{} || end != digits.data() + 2 ||
                value == 0) {
                return std::nullopt;
            }
            letter = static_cast<char>(value);
            i += 2;
        }
        result += letter;
    }
    return result;
}

/// What stands before `mark`, which is taken away with it; all of it without one.
std::string_view take_until(std::string_view& text, char mark) {
    const std::size_t at = text.find(mark);
    const std::string_view first = text.substr(0, at);
    text = at == std::string_view::npos ? std::string_view() : text.substr(at + 1);
    return first;
}

bool read_account(std::string_view text, DatabaseAddress& address) {
    const auto user = percent_decoded(take_until(text, ':'));
    const auto password = percent_decoded(text);
    if (!user || user->empty() || !password) {
        return false;
    }
    address.user = *user;
    address.password = *password;
    return true;
}

bool read_host(std::string_view text, DatabaseAddress& address) {
    std::string_view port;
    const bool is_bracketed = text.starts_with('[');
    if (is_bracketed) {
        text.remove_prefix(1);
        if (text.find(']') == std::string_view::npos) {
            return false;
        }
        address.host = std::string(take_until(text, ']'));
        if (!text.empty() && !text.starts_with(':')) {
            return false;
        }
        port = text.empty() ? text : text.substr(1);
    } else {
        address.host = std::string(take_until(text, ':'));
        port = text;
    }
    if (!port.empty()) {
        const auto number = parse_port(port);
        if (!number) {
            return false;
        }
        address.port = *number;
    }
    return is_host(address.host) && is_bracketed == (address.host.find(':') != std::string::npos);
}

}  // namespace

std::optional<std::uint16_t> parse_port(std::string_view text) noexcept {
    std::uint16_t port = 0;
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, port);
    if (error != std::errc{} || end != last || port == 0) {
        return std::nullopt;
    }
    return port;
}

bool is_host(std::string_view text) noexcept {
    constexpr std::size_t longest = 253;
    return !text.empty() && text.size() <= longest && std::ranges::all_of(text, [](char letter) {
        return is_alphanumeric(letter) || letter == '.' || letter == '-' || letter == '_' ||
               letter == ':';
    });
}

bool is_schema(std::string_view text) noexcept {
    constexpr std::size_t longest = 64;
    return !text.empty() && text.size() <= longest && std::ranges::all_of(text, [](char letter) {
        return is_alphanumeric(letter) || letter == '_' || letter == '$' || letter == '-';
    });
}

std::optional<DatabaseAddress> parse_database_url(std::string_view text) {
    DatabaseAddress address;
    const std::string_view scheme = text.substr(0, text.find("://"));
    if (scheme.size() == text.size() || (scheme != "mysql" && scheme != "mariadb")) {
        return std::nullopt;
    }
    text.remove_prefix(scheme.size() + 3);
    std::string_view query = text;
    std::string_view rest = take_until(query, '?');
    if (const std::size_t at = rest.rfind('@'); at != std::string_view::npos) {
        if (!read_account(rest.substr(0, at), address)) {
            return std::nullopt;
        }
        rest.remove_prefix(at + 1);
    }
    const std::string_view host = take_until(rest, '/');
    if (!rest.empty()) {
        address.schema = std::string(rest);
    }
    if (!is_schema(address.schema)) {
        return std::nullopt;
    }
    if (!host.empty()) {
        return query.empty() && read_host(host, address) ? std::optional(address) : std::nullopt;
    }
    constexpr std::string_view socket = "socket=";
    const auto path =
        query.starts_with(socket) ? percent_decoded(query.substr(socket.size())) : std::nullopt;
    if (!path || !path->starts_with('/')) {
        return std::nullopt;
    }
    address.unix_socket = *path;
    return address;
}

}  // namespace chihaya::gazelle
