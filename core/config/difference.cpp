#include "core/config/difference.hpp"

#include <algorithm>
#include <array>

namespace chihaya::config {
namespace {

/// A key, and how its value is compared and copied. Without the latter it leads to a value that has
/// its own row.
struct Row {
    std::string_view name;
    OnReload on_reload;
    bool (*is_same)(const Config&, const Config&) = nullptr;
    void (*copy)(const Config&, Config&) = nullptr;
};

template <auto first>
auto& at(auto& object) {
    return object.*first;
}
template <auto first, auto second, auto... rest>
auto& at(auto& object) {
    return at<second, rest...>(object.*first);
}

template <auto... path>
constexpr Row row(std::string_view name, OnReload on_reload) {
    return {name, on_reload,
            [](const Config& now, const Config& wanted) {
                return at<path...>(now) == at<path...>(wanted);
            },
            [](const Config& from, Config& to) {
                at<path...>(to) = at<path...>(from);
            }};
}

constexpr OnReload live = OnReload::live;
constexpr OnReload driver = OnReload::driver;
constexpr OnReload restart = OnReload::restart;

constexpr std::array rows{
    row<&Config::tracker, &Driver::name>("tracker.driver", live),
    row<&Config::tracker, &Driver::params>("tracker.params", live),
    row<&Config::backend, &Driver::name>("backend.driver", restart),
    row<&Config::backend, &Driver::params>("backend.params", driver),
    row<&Config::plugin_dir>("plugin_dir", restart),
    row<&Config::state_dir>("state_dir", restart),
    row<&Config::workers>("workers", live),

    row<&Config::private_mode>("private", restart),
    row<&Config::freeleech>("freeleech", live),
    row<&Config::client_whitelist_enabled>("whitelist", live),
    row<&Config::client_whitelist>("client_whitelist", live),
    row<&Config::purge_inactive_torrents>("purge_inactive_torrents", live),
    row<&Config::create_on_announce>("create_on_announce", live),

    row<&Config::announce>("announce", live),
    row<&Config::min_announce>("min_announce", live),
    row<&Config::interval_jitter>("interval_jitter", live),
    row<&Config::peer_lifetime>("peer_lifetime", live),
    row<&Config::request_timeout>("request_timeout", live),
    row<&Config::limits, &Limits::default_num_want>("default_num_want", live),

    row<&Config::allow_ip_spoofing>("allow_ip_spoofing", live),
    row<&Config::dual_stacked_peers>("dual_stacked_peers", live),
    row<&Config::http, &Http::real_ip_header>("real_ip_header", live),
    row<&Config::respect_af>("respect_af", live),
    row<&Config::preferred_subnet>("preferred_subnet", live),
    row<&Config::preferred_ipv4_subnet>("preferred_ipv4_subnet", live),
    row<&Config::preferred_ipv6_subnet>("preferred_ipv6_subnet", live),

    row<&Config::http, &Http::addr>("addr", live),
    row<&Config::http, &Http::trusted_proxies>("http.trusted_proxies", live),
    row<&Config::http, &Http::keep_alive>("http.keep_alive", live),
    row<&Config::http, &Http::head_timeout>("http.head_timeout", live),
    row<&Config::http, &Http::idle_timeout>("http.idle_timeout", live),
    row<&Config::http, &Http::write_timeout>("http.write_timeout", live),
    row<&Config::http, &Http::max_connections>("http.max_connections", live),
    row<&Config::http, &Http::full_scrape>("http.full_scrape", live),

    row<&Config::udp, &Udp::addr>("udp.addr", live),
    row<&Config::udp, &Udp::connection_id_key>("udp.connection_id_key", live),
    Row{"udp.connection_id_key_file", live},
    Row{"udp.connection_id_key_env", live},
    row<&Config::udp, &Udp::strict>("udp.strict", live),
    row<&Config::udp, &Udp::batched>("udp.batched", live),
    row<&Config::udp, &Udp::receive_buffer>("udp.receive_buffer", live),

    row<&Config::management, &Management::addr>("management.addr", live),
    row<&Config::management, &Management::token>("management.token", live),
    Row{"management.token_file", live},
    Row{"management.token_env", live},

    row<&Config::limits, &Limits::max_num_want>("limits.max_num_want", live),
    row<&Config::limits, &Limits::max_scrape_infohashes>("limits.max_scrape_infohashes", live),
    row<&Config::limits, &Limits::announces_per_address, &Rate::per_second>(
        "limits.announces_per_address", live),
    row<&Config::limits, &Limits::announces_per_address, &Rate::burst>(
        "limits.announces_per_address_burst", live),
    row<&Config::limits, &Limits::announces_per_prefix, &Rate::per_second>(
        "limits.announces_per_prefix", live),
    row<&Config::limits, &Limits::announces_per_prefix, &Rate::burst>(
        "limits.announces_per_prefix_burst", live),
    row<&Config::limits, &Limits::connections_per_address, &Rate::per_second>(
        "limits.connections_per_address", live),
    row<&Config::limits, &Limits::connections_per_address, &Rate::burst>(
        "limits.connections_per_address_burst", live),
    row<&Config::limits, &Limits::connections_per_prefix, &Rate::per_second>(
        "limits.connections_per_prefix", live),
    row<&Config::limits, &Limits::connections_per_prefix, &Rate::burst>(
        "limits.connections_per_prefix_burst", live),
    row<&Config::limits, &Limits::exempt>("limits.exempt", live),
    row<&Config::limits, &Limits::memory>("limits.memory", live),
    row<&Config::limits, &Limits::shed_after>("limits.shed_after", live),

    row<&Config::access, &Access::torrents_allow_file>("access.torrents_allow_file", live),
    row<&Config::access, &Access::torrents_deny_file>("access.torrents_deny_file", live),
    row<&Config::access, &Access::addresses_allow_file>("access.addresses_allow_file", live),
    row<&Config::access, &Access::addresses_deny_file>("access.addresses_deny_file", live),

    row<&Config::log, &Log::level>("log.level", live),
};

}  // namespace

std::string_view words_of(OnReload on_reload) noexcept {
    switch (on_reload) {
        case OnReload::live:
            return "yes";
        case OnReload::driver:
            return "if the driver can";
        case OnReload::restart:
            break;
    }
    return "restart";
}

Difference difference(const Config& now, const Config& wanted) {
    Difference found;
    for (const Row& row : rows) {
        if (row.is_same != nullptr && !row.is_same(now, wanted)) {
            (row.on_reload == OnReload::restart ? found.restart : found.live).push_back(row.name);
        }
    }
    return found;
}

std::optional<OnReload> on_reload(std::string_view key) noexcept {
    const auto* const found = std::ranges::find(rows, key, &Row::name);
    return found == rows.end() ? std::nullopt : std::optional(found->on_reload);
}

void keep(const Config& now, Config& wanted, std::span<const std::string_view> keys) {
    for (const Row& row : rows) {
        if (row.copy != nullptr && std::ranges::find(keys, row.name) != keys.end()) {
            row.copy(now, wanted);
        }
    }
}

}  // namespace chihaya::config
