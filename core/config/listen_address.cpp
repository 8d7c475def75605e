#include "core/config/listen_address.hpp"

#include "core/base/ip_address.hpp"
#include "core/base/text.hpp"

#include <algorithm>
#include <charconv>

namespace chihaya::config {
namespace {

bool all_digits(std::string_view text) {
    return !text.empty() &&
           std::ranges::all_of(text, [](char letter) { return letter >= '0' && letter <= '9'; });
}

Result<std::uint16_t> parse_port(std::string_view text) {
    std::uint16_t port = 0;
    const char* const end = text.data() + text.size();
    const auto parsed = std::from_chars(text.data(), end, port);
    if (!all_digits(text) || parsed.ec != std::errc()) {
        return Failure{"the port is a number up to 65535; 0 takes a free one"};
    }
    return port;
}

}  // namespace

Result<std::vector<Address>> parse_listen_address(std::string_view text) {
    if (text.empty()) {
        return std::vector<Address>{};
    }
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) {
        return Failure{all_digits(text) ? "write \":" + std::string(text) + "\" for every address"
                                        : "add a port, such as \":6881\""};
    }
    std::string_view host = text.substr(0, colon);
    const auto port = parse_port(text.substr(colon + 1));
    const bool bracketed = host.size() >= 2 && host.starts_with('[') && host.ends_with(']');
    if (!bracketed && host.find(':') != std::string_view::npos) {
        return Failure{"put an IPv6 address in brackets"};
    }
    if (!port) {
        return port.error();
    }
    if (text::equal_ignoring_case(host, "localhost")) {
        return std::vector<Address>{{"127.0.0.1", *port}, {"::1", *port}};
    }
    if (host.empty()) {
        return std::vector<Address>{{"", *port}};
    }
    if (bracketed) {
        host = host.substr(1, host.size() - 2);
    }
    const auto address = IpAddress::parse(host);
    if (!address || bracketed != (host.find(':') != std::string_view::npos)) {
        return Failure{"write an IP address; of names, only \"localhost\" is known here"};
    }
    const bool any = std::ranges::all_of(
        host, [](char letter) { return letter == '0' || letter == '.' || letter == ':'; });
    return std::vector<Address>{{any ? std::string() : address->text(), *port}};
}

std::string listen_address_text(const Address& address) {
    const bool six = address.host.find(':') != std::string::npos;
    return (six ? '[' + address.host + ']' : address.host) + ':' + std::to_string(address.port);
}

}  // namespace chihaya::config
