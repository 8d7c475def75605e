#include "core/base/duration.hpp"
#include "core/config/json_parser.hpp"
#include "core/config/listen_address.hpp"
#include "core/config/reader.hpp"
#include "core/config/secret.hpp"

#include <array>
#include <charconv>

namespace chihaya::config {
namespace {

Value of(bool flag) {
    return {flag};
}

Value of(const std::string& text) {
    return {text};
}

Value of(milliseconds duration) {
    return {duration_text(duration)};
}

Value of(std::uint32_t number) {
    return {Number{std::to_string(number), static_cast<double>(number)}};
}

Value of(std::uint64_t number) {
    return {Number{std::to_string(number), static_cast<double>(number)}};
}

Value of(double number) {
    std::array<char, 32> digits{};
    auto* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return {Number{std::string(digits.data(), end), number}};
}

Value of(const std::vector<std::string>& texts) {
    List list;
    list.reserve(texts.size());
    for (const std::string& text : texts) {
        list.push_back(of(text));
    }
    return {std::move(list)};
}

/// One address as a text, several as a list, none as "".
Value of(const std::vector<Address>& addresses) {
    std::vector<std::string> texts;
    texts.reserve(addresses.size());
    for (const Address& address : addresses) {
        texts.push_back(listen_address_text(address));
    }
    return texts.empty() ? of(std::string()) : texts.size() == 1 ? of(texts.front()) : of(texts);
}

Value of(const Driver& driver) {
    auto params = parse_json(masked_params(driver.params));
    return {Object{{"driver", of(driver.name)},
                   {"params", params ? std::move(params->root) : Value{Object{}}}}};
}

Value http_of(const Http& http) {
    return {Object{{"trusted_proxies", of(http.trusted_proxies)},
                   {"keep_alive", of(http.keep_alive)},
                   {"head_timeout", of(http.head_timeout)},
                   {"idle_timeout", of(http.idle_timeout)},
                   {"write_timeout", of(http.write_timeout)},
                   {"max_connections", of(http.max_connections)},
                   {"full_scrape", of(http.full_scrape)}}};
}

Value udp_of(const Udp& udp) {
    const std::string key(udp.connection_id_key.empty() ? std::string_view() : mask);
    return {Object{{"addr", of(udp.addr)},
                   {"connection_id_key", of(key)},
                   {"strict", of(udp.strict)},
                   {"batched", of(udp.batched)},
                   {"receive_buffer", of(udp.receive_buffer)}}};
}

Value management_of(const Management& management) {
    const std::string token(management.token.empty() ? std::string_view() : mask);
    return {Object{{"addr", of(management.addr)}, {"token", of(token)}}};
}

Value limits_of(const Limits& limits) {
    return {Object{{"max_num_want", of(limits.max_num_want)},
                   {"max_scrape_infohashes", of(limits.max_scrape_infohashes)},
                   {"announces_per_address", of(limits.announces_per_address.per_second)},
                   {"announces_per_address_burst", of(limits.announces_per_address.burst)},
                   {"announces_per_prefix", of(limits.announces_per_prefix.per_second)},
                   {"announces_per_prefix_burst", of(limits.announces_per_prefix.burst)},
                   {"connections_per_address", of(limits.connections_per_address.per_second)},
                   {"connections_per_address_burst", of(limits.connections_per_address.burst)},
                   {"connections_per_prefix", of(limits.connections_per_prefix.per_second)},
                   {"connections_per_prefix_burst", of(limits.connections_per_prefix.burst)},
                   {"exempt", of(limits.exempt)},
                   {"memory", of(limits.memory)},
                   {"shed_after", of(limits.shed_after)}}};
}

Value access_of(const Access& access) {
    return {Object{{"torrents_allow_file", of(access.torrents_allow_file)},
                   {"torrents_deny_file", of(access.torrents_deny_file)},
                   {"addresses_allow_file", of(access.addresses_allow_file)},
                   {"addresses_deny_file", of(access.addresses_deny_file)}}};
}

}  // namespace

std::string print(const Config& config) {
    const Value value{Object{
        {"tracker", of(config.tracker)},
        {"backend", of(config.backend)},
        {"plugin_dir", of(config.plugin_dir)},
        {"state_dir", of(config.state_dir)},
        {"workers", of(config.workers)},
        {"private", of(config.private_mode)},
        {"freeleech", of(config.freeleech)},
        {"whitelist", of(config.client_whitelist_enabled)},
        {"client_whitelist", of(config.client_whitelist)},
        {"purge_inactive_torrents", of(config.purge_inactive_torrents)},
        {"create_on_announce", of(config.create_on_announce)},
        {"announce", of(config.announce)},
        {"min_announce", of(config.min_announce)},
        {"interval_jitter", of(config.interval_jitter)},
        {"peer_lifetime", of(config.peer_lifetime)},
        {"request_timeout", of(config.request_timeout)},
        {"default_num_want", of(config.limits.default_num_want)},
        {"allow_ip_spoofing", of(config.allow_ip_spoofing)},
        {"dual_stacked_peers", of(config.dual_stacked_peers)},
        {"real_ip_header", of(config.http.real_ip_header)},
        {"respect_af", of(config.respect_af)},
        {"preferred_subnet", of(config.preferred_subnet)},
        {"preferred_ipv4_subnet", of(std::uint32_t{config.preferred_ipv4_subnet})},
        {"preferred_ipv6_subnet", of(std::uint32_t{config.preferred_ipv6_subnet})},
        {"addr", of(config.http.addr)},
        {"http", http_of(config.http)},
        {"udp", udp_of(config.udp)},
        {"management", management_of(config.management)},
        {"limits", limits_of(config.limits)},
        {"access", access_of(config.access)},
        {"log", Value{Object{{"level", of(config.log.level)}}}},
    }};
    return json_text(value, Layout::indented) + '\n';
}

}  // namespace chihaya::config
