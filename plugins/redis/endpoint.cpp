#include "plugins/redis/endpoint.hpp"

#include <charconv>

namespace chihaya::redis {
namespace {

constexpr std::size_t longest_path = 107;  // of a unix socket: sockaddr_un
constexpr std::size_t longest_host = 253;  // of a name: RFC 1035

template <class Number>
std::optional<Number> parse_number(std::string_view text) noexcept {
    Number number = 0;
    const char* const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, number);
    if (text.empty() || error != std::errc{} || stopped != end) {
        return std::nullopt;
    }
    return number;
}

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string out;
    for (; !text.empty(); text.remove_prefix(1)) {
        if (text.front() != '%') {
            out += text.front();
            continue;
        }
        std::uint8_t byte = 0;
        if (text.size() < 3) {
            return std::nullopt;
        }
        const auto [end, error] = std::from_chars(text.data() + 1, text.data() + 3, byte, 16);
        if (error != std::errc{} || end != text.data() + 3) {
            return std::nullopt;
        }
        out += static_cast<char>(byte);
        text.remove_prefix(2);
    }
    return out;
}

bool is_host(std::string_view text) noexcept {
    constexpr std::string_view no_part_of_a_host = "/?#@[]%\\\"' ";
    for (const char letter : text) {
        if (letter <= 0x20 || letter == 0x7f) {
            return false;
        }
    }
    return !text.empty() && text.size() <= longest_host &&
           text.find_first_of(no_part_of_a_host) == std::string_view::npos;
}

bool is_path(std::string_view text) noexcept {
    return text.size() > 1 && text.size() <= longest_path && text.front() == '/' &&
           text.find('\0') == std::string_view::npos;
}

bool read_account(std::string_view text, Url& url) {
    const auto colon = text.find(':');
    auto user = percent_decoded(text.substr(0, colon));
    auto password = percent_decoded(colon == std::string_view::npos ? std::string_view()
                                                                    : text.substr(colon + 1));
    if (!user || !password) {
        return false;
    }
    url.user = std::move(*user);
    url.password = std::move(*password);
    return true;
}

bool read_database(std::string_view text, Url& url) {
    if (!text.empty()) {
        url.database = parse_number<std::uint32_t>(text);
        return url.database.has_value();
    }
    return true;
}

bool read_unix(std::string_view rest, Url& url) {
    constexpr std::string_view database = "?db=";
    const auto question = rest.find('?');
    if (question != std::string_view::npos) {
        if (!rest.substr(question).starts_with(database) ||
            !read_database(rest.substr(question + database.size()), url)) {
            return false;
        }
        rest = rest.substr(0, question);
    }
    url.endpoint = {{}, 0, std::string(rest)};
    return is_path(rest);
}

bool read_tcp(std::string_view rest, Url& url) {
    const auto slash = rest.find('/');
    if (slash != std::string_view::npos) {
        if (!read_database(rest.substr(slash + 1), url)) {
            return false;
        }
        rest = rest.substr(0, slash);
    }
    const bool in_brackets = rest.starts_with('[');
    const auto colon = rest.find(':', in_brackets ? rest.find(']') : 0);
    url.has_port = colon != std::string_view::npos;
    const auto endpoint =
        parse_host_and_port(url.has_port ? std::string(rest) : std::string(rest) + ":6379");
    if (!endpoint || endpoint->host.empty() ||
        (!in_brackets && endpoint->host.find(':') != std::string::npos)) {
        return false;
    }
    url.endpoint = *endpoint;
    return true;
}

}  // namespace

std::string Endpoint::text() const {
    if (!path.empty()) {
        return path;
    }
    const std::string brackets = host.find(':') != std::string::npos ? "[]" : "";
    return brackets.substr(0, brackets.size() / 2) + host + brackets.substr(brackets.size() / 2) +
           ":" + std::to_string(port);
}

std::optional<std::uint16_t> parse_port(std::string_view text) noexcept {
    const auto port = parse_number<std::uint16_t>(text);
    return port && *port != 0 ? port : std::nullopt;
}

std::optional<Endpoint> parse_host_and_port(std::string_view text) {
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return std::nullopt;
    }
    const auto port = parse_port(text.substr(colon + 1));
    std::string_view host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) {
        host = host.substr(1, host.size() - 2);
        if (host.find(':') == std::string_view::npos) {
            return std::nullopt;
        }
    }
    if (!port || (!host.empty() && !is_host(host))) {
        return std::nullopt;
    }
    return Endpoint{std::string(host), *port, {}};
}

std::optional<Url> parse_url(std::string_view text) {
    const auto scheme_end = text.find("://");
    if (scheme_end == std::string_view::npos) {
        return std::nullopt;
    }
    const std::string_view scheme = text.substr(0, scheme_end);
    std::string_view rest = text.substr(scheme_end + 3);
    Url url;
    url.tls = scheme == "rediss";
    const auto at = rest.rfind('@');
    if (at != std::string_view::npos) {
        if (!read_account(rest.substr(0, at), url)) {
            return std::nullopt;
        }
        rest = rest.substr(at + 1);
    }
    const bool is_unix = scheme == "unix";
    if (!is_unix && scheme != "redis" && !url.tls) {
        return std::nullopt;
    }
    if (!(is_unix ? read_unix(rest, url) : read_tcp(rest, url))) {
        return std::nullopt;
    }
    return url;
}

}  // namespace chihaya::redis
