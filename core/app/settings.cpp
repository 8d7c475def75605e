#include "core/app/settings.hpp"

#include "core/app/connection_id_key.hpp"
#include "core/app/descriptors.hpp"
#include "core/base/result.hpp"
#include "core/logic/client_list.hpp"
#include "core/logic/interval.hpp"

#include <Poco/Util/Application.h>

#include <algorithm>
#include <string>
#include <thread>
#include <utility>

namespace chihaya::app {
namespace {

using std::chrono::ceil;
using std::chrono::seconds;

constexpr seconds shortest_answer{1};

void append_networks(std::vector<IpNetwork>& to, const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
        if (const auto network = IpNetwork::parse(text)) {
            to.push_back(*network);
        }
    }
}

}  // namespace

std::uint32_t worker_count(const config::Config& config) noexcept {
    return config.workers != 0 ? config.workers : std::max(1U, std::thread::hardware_concurrency());
}

InEffect::InEffect(config::Config configured)
    : config(std::move(configured)),
      policy(policy_of(config)),
      udp(udp_settings_of(config, made_up_key())),
      clients(client_records_of(config)) {}

void InEffect::adopt() {
    const logic::Policy before = policy;
    policy = policy_of(config);
    policy.site = before.site;
    policy.interval_setting = before.interval_setting;
    policy.protection.access = before.protection.access;
    auto ids =
        udp.ids.value_or(wire::ChangingIds(udp.connection_id_key, udp.connection_id_lifetime));
    udp = udp_settings_of(config, udp.connection_id_key);
    ids.change(udp.connection_id_key, udp.connection_id_lifetime,
               std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
    udp.ids = ids;  // a worker that begins later knows the keys before, too
}

std::shared_ptr<WorkerSettings> worker_settings_of(const InEffect& in_effect, Log& log,
                                                   bool tells) {
    const std::uint32_t workers = worker_count(in_effect.config);
    auto settings = std::make_shared<WorkerSettings>();
    settings->policy = in_effect.policy;
    settings->http = http_settings_of(in_effect.config, workers);
    settings->udp = in_effect.udp;
    const std::uint64_t possible = possible_connections(in_effect.config, workers, log, tells);
    settings->http.max_connections = std::max<std::uint32_t>(
        1,
        std::min(settings->http.max_connections, static_cast<std::uint32_t>(possible / workers)));
    return settings;
}

logic::ProtectionSettings protection_of(const config::Config& config) {
    const auto rate = [](const config::Rate& one) {
        return logic::Rate{.per_second = one.per_second, .burst = one.burst};
    };
    const config::Limits& limits = config.limits;
    logic::ProtectionSettings settings;
    settings.workers = worker_count(config);
    settings.announces = {rate(limits.announces_per_address), rate(limits.announces_per_prefix)};
    settings.connections = {rate(limits.connections_per_address),
                            rate(limits.connections_per_prefix)};
    settings.shed_after = limits.shed_after;
    settings.interval = std::chrono::duration_cast<seconds>(config.announce);
    // For a proxy, its clients are counted, and looked for in the lists.
    std::vector<IpNetwork> proxies;
    if (!config.http.real_ip_header.empty()) {
        append_networks(proxies, config.http.trusted_proxies);
    }
    std::vector<IpNetwork> exempt = proxies;
    append_networks(exempt, limits.exempt);
    settings.proxies = std::make_shared<const std::vector<IpNetwork>>(std::move(proxies));
    settings.exempt = std::make_shared<const std::vector<IpNetwork>>(std::move(exempt));
    return settings;
}

logic::Policy policy_of(const config::Config& config) {
    logic::Policy policy;
    policy.private_mode = config.private_mode;
    policy.freeleech = config.freeleech;
    policy.client_whitelist = config.client_whitelist_enabled;
    policy.create_on_announce = config.create_on_announce;
    policy.allow_ip_spoofing = config.allow_ip_spoofing;
    policy.dual_stacked_peers = config.dual_stacked_peers;
    policy.respect_address_family = config.respect_af;
    policy.full_scrape = config.http.full_scrape;
    policy.interval = std::chrono::duration_cast<seconds>(config.announce);
    policy.min_interval = std::chrono::duration_cast<seconds>(config.min_announce);
    policy.interval_jitter = config.interval_jitter;
    policy.default_num_want = config.limits.default_num_want;
    policy.max_num_want = config.limits.max_num_want;
    policy.max_scrape = config.limits.max_scrape_infohashes;
    policy.protection = protection_of(config);
    return policy;
}

frontend::HttpSettings http_settings_of(const config::Config& config, std::uint32_t workers) {
    frontend::HttpSettings settings;
    settings.real_ip_header = config.http.real_ip_header;
    for (const std::string& text : config.http.trusted_proxies) {
        if (const auto network = IpNetwork::parse(text)) {
            settings.trusted_proxies.push_back(*network);
        }
    }
    settings.keep_alive = config.http.keep_alive;
    settings.head_timeout = config.http.head_timeout;
    settings.idle_timeout = config.http.idle_timeout;
    settings.write_timeout = config.http.write_timeout;
    settings.max_connections = std::max(1U, config.http.max_connections / workers);
    return settings;
}

frontend::UdpSettings udp_settings_of(const config::Config& config,
                                      const wire::ConnectionIds::Key& key) {
    using Lifetime = wire::ConnectionIds::Lifetime;
    frontend::UdpSettings settings;
    settings.connection_id_key = key_of_hex(config.udp.connection_id_key).value_or(key);
    settings.connection_id_lifetime = config.udp.strict ? Lifetime::strict : Lifetime::grace;
    settings.transfer = {.batched = config.udp.batched,
                         .receive_buffer = config.udp.receive_buffer};
    return settings;
}

TrackerSetup tracker_setup_of(const config::Config& config) {
    TrackerSetup setup;
    setup.params = config.tracker.params;
    setup.state_dir = config.state_dir;
    setup.peer_lifetime = config.effective_peer_lifetime();
    setup.history_lifetime = setup.peer_lifetime;
    setup.answer_within =
        std::max(ceil<std::chrono::milliseconds>(shortest_answer), config.request_timeout / 2);
    setup.workers = worker_count(config);
    setup.memory_limit = config.limits.memory;
    const logic::Intervals told(policy_of(config));
    setup.longest_interval = told.interval() + told.jitter();
    setup.purge_empty_swarms = config.purge_inactive_torrents;
    setup.keep_peer_ids = config.private_mode;
    setup.preferred_ipv4_bits = config.preferred_subnet ? config.preferred_ipv4_subnet : 0;
    setup.preferred_ipv6_bits = config.preferred_subnet ? config.preferred_ipv6_subnet : 0;
    return setup;
}

std::vector<ClientRecord> client_records_of(const config::Config& config) {
    std::vector<ClientRecord> records;
    for (const std::string& text : config.client_whitelist) {
        const auto prefix = logic::client_prefix(text);
        if (!prefix) {
            throw StartupError("client_whitelist: found an entry of " +
                               std::to_string(text.size()) +
                               " bytes; accepted are the first 1 to 20 bytes of a peer id");
        }
        records.push_back({.prefix = *prefix});
    }
    return records;
}

management::Settings management_settings_of(const config::Config& config) {
    management::Settings settings;
    settings.addr = config.management.addr;
    settings.token = config.management.token;
    settings.client_whitelist_enabled = config.client_whitelist_enabled;
    settings.private_mode = config.private_mode;
    settings.version = CHIHAYA_VERSION;
    settings.tracker_driver = config.tracker.name;
    settings.backend_driver = config.backend.name;
    return settings;
}

std::string spool_dir_of(const config::Config& config) {
    if (config.state_dir.empty()) {
        return {};
    }
    return std::filesystem::path(config.state_dir) / "spool" / config.backend.name;
}

std::filesystem::path plugin_dir_of(const config::Config& config) {
    if (!config.plugin_dir.empty()) {
        return config.plugin_dir;
    }
    const std::filesystem::path executable = Poco::Util::Application::instance().commandPath();
    const auto prefix = executable.parent_path().parent_path();
    std::error_code ignored;
    if (auto beside = prefix / "plugins"; std::filesystem::is_directory(beside, ignored)) {
        return beside;
    }
    return prefix / CHIHAYA_LIBDIR / "chihaya" / "plugins";
}

}  // namespace chihaya::app
