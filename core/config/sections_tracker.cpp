#include "core/base/duration.hpp"
#include "core/base/limits.hpp"
#include "core/config/sections.hpp"

#include <algorithm>

namespace chihaya::config {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t path_max = 4'096;
constexpr std::size_t driver_name_max = 64;
constexpr std::size_t client_prefix_max = 20;  // a whole peer id

void read_driver(Fields& fields, const std::string& section, Driver& into) {
    const std::string name = section + ".driver";
    std::string given = into.name;
    fields.text(name, given, driver_name_max);
    if (given.empty()) {
        fields.wrong(*fields.find(name), "the name of a driver",
                     "leave it out for the default, \"" + into.name + "\"");
    } else {
        into.name = given;
    }
    if (const Entry* params = fields.find(section + ".params")) {
        if (params->value->as<Object>() != nullptr) {
            into.params = json_text(*params->value);
        } else {
            fields.wrong(*params, "an object", "write the driver's parameters between { and }");
        }
    }
}

/// v1 files may set `announce` alone, below the default of `min_announce`.
void read_intervals(Fields& fields, Config& config) {
    const bool announce_is_known =
        fields.duration("announce", config.announce, 1s, limits::announce_max);
    config.min_announce = std::min(config.min_announce, config.announce);
    fields.duration("min_announce", config.min_announce, 0s, limits::announce_max);
    fields.duration("peer_lifetime", config.peer_lifetime, 0s, limits::peer_lifetime_max);
    if (!announce_is_known) {
        return;
    }
    const std::string announce = "announce, which is " + duration_text(config.announce);
    if (config.min_announce > config.announce) {
        fields.wrong(*fields.find("min_announce"), "a duration up to " + announce,
                     "lower it, or raise announce");
    }
    if (config.peer_lifetime > 0s && config.peer_lifetime < config.announce) {
        fields.wrong(*fields.find("peer_lifetime"), "0s, or a duration from " + announce,
                     "raise it, or peers expire between two announces");
    }
}

}  // namespace

void read_drivers(Fields& fields, Config& config) {
    read_driver(fields, "tracker", config.tracker);
    read_driver(fields, "backend", config.backend);
    fields.file("plugin_dir", config.plugin_dir, path_max);
    fields.file("state_dir", config.state_dir, path_max);
    fields.whole("workers", config.workers, 0, limits::workers_max);
}

void read_mode(Fields& fields, Config& config) {
    fields.flag("private", config.private_mode);
    fields.flag("freeleech", config.freeleech);
    fields.flag("whitelist", config.client_whitelist_enabled);
    if (const auto clients = fields.texts("client_whitelist", limits::client_whitelist_max)) {
        for (const Entry& client : *clients) {
            const auto& text = *client.value->as<std::string>();
            const bool printable = std::ranges::all_of(
                text, [](char letter) { return letter >= 0x20 && letter < 0x7f; });
            if (!text.empty() && printable && text.size() <= client_prefix_max) {
                config.client_whitelist.push_back(text);
            } else {
                fields.wrong(client, "1 to 20 printable ASCII characters",
                             "write how the client's peer ids begin, such as \"TR2820\"");
            }
        }
    }
    fields.flag("purge_inactive_torrents", config.purge_inactive_torrents);
    fields.flag("create_on_announce", config.create_on_announce);
}

void read_announcing(Fields& fields, Config& config) {
    read_intervals(fields, config);
    fields.fraction("interval_jitter", config.interval_jitter, 0, 0.5);
    fields.duration("request_timeout", config.request_timeout, 0s, 1h);

    Limits& limits = config.limits;
    fields.whole("limits.max_num_want", limits.max_num_want, 1, limits::num_want_ceiling);
    limits.default_num_want = std::min(limits.default_num_want, limits.max_num_want);
    fields.whole("default_num_want", limits.default_num_want, 0, limits::num_want_ceiling);
    if (limits.default_num_want > limits.max_num_want) {
        fields.wrong(*fields.find("default_num_want"),
                     "a whole number up to limits.max_num_want, which is " +
                         std::to_string(limits.max_num_want),
                     "lower it, or raise limits.max_num_want");
    }
    fields.whole("limits.max_scrape_infohashes", limits.max_scrape_infohashes, 1,
                 limits::scrape_ceiling);
}

void read_addressing(Fields& fields, Config& config) {
    fields.flag("allow_ip_spoofing", config.allow_ip_spoofing);
    fields.flag("dual_stacked_peers", config.dual_stacked_peers);
    fields.flag("respect_af", config.respect_af);
    fields.flag("preferred_subnet", config.preferred_subnet);
    fields.whole("preferred_ipv4_subnet", config.preferred_ipv4_subnet, 0, 32);
    fields.whole("preferred_ipv6_subnet", config.preferred_ipv6_subnet, 0, 128);

    fields.networks("http.trusted_proxies", config.http.trusted_proxies,
                    limits::trusted_proxies_max);
}

}  // namespace chihaya::config
