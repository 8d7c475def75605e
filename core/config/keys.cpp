#include "core/config/keys.hpp"

#include "core/base/text.hpp"

#include <algorithm>
#include <vector>

namespace chihaya::config {
namespace {

constexpr std::array keys{
    Key{"tracker.driver", {}},
    Key{"tracker.params", {}},
    Key{"backend.driver", {"driver"}},
    Key{"backend.params", {"params"}},
    Key{"plugin_dir", {}},
    Key{"state_dir", {}},
    Key{"workers", {}},

    Key{"private", {"private_enabled", "private_tracker", "privateEnabled"}},
    Key{"freeleech", {"freeleech_enabled", "freeleechEnabled"}},
    Key{"whitelist", {"client_whitelist_enabled", "clientWhitelistEnabled"}},
    Key{"client_whitelist", {"clientWhitelist"}},
    Key{"purge_inactive_torrents", {"purgeInactiveTorrents"}},
    Key{"create_on_announce", {"createOnAnnounce"}},

    Key{"announce", {}},
    Key{"min_announce", {"minAnnounce"}},
    Key{"interval_jitter", {}},
    Key{"peer_lifetime", {}},
    Key{"request_timeout", {"http_request_timeout", "httpRequestTimeout"}},
    Key{"default_num_want", {"limits.default_num_want", "defaultNumWant"}},

    Key{"allow_ip_spoofing", {"allowIPSpoofing"}},
    Key{"dual_stacked_peers", {"dualStackedPeers"}},
    Key{"real_ip_header", {"http.real_ip_header", "realIPHeader"}},
    Key{"respect_af", {"respectAF"}},
    Key{"preferred_subnet", {"preferredSubnet"}},
    Key{"preferred_ipv4_subnet", {"preferredIPv4Subnet"}},
    Key{"preferred_ipv6_subnet", {"preferredIPv6Subnet"}},

    Key{"addr", {"http.addr", "http_listen_addr", "httpListenAddr"}},
    Key{"http.trusted_proxies", {}},
    Key{"http.keep_alive", {}},
    Key{"http.head_timeout", {"http_read_timeout", "httpReadTimeout"}},
    Key{"http.idle_timeout", {}},
    Key{"http.write_timeout", {"http_write_timeout", "httpWriteTimeout"}},
    Key{"http.max_connections", {"http_listen_limit", "httpListenLimit"}},
    Key{"http.full_scrape", {}},

    Key{"udp.addr", {"udp_listen_addr", "udpListenAddr"}},
    Key{"udp.connection_id_key", {}},
    Key{"udp.connection_id_key_file", {}},
    Key{"udp.connection_id_key_env", {}},
    Key{"udp.strict", {}},
    Key{"udp.batched", {}},
    Key{"udp.receive_buffer", {"udpReadBufferSize"}},

    Key{"management.addr", {"api_listen_addr", "apiListenAddr"}},
    Key{"management.token", {}},
    Key{"management.token_file", {}},
    Key{"management.token_env", {}},

    Key{"limits.max_num_want", {}},
    Key{"limits.max_scrape_infohashes", {}},
    Key{"limits.announces_per_address", {}},
    Key{"limits.announces_per_address_burst", {}},
    Key{"limits.announces_per_prefix", {}},
    Key{"limits.announces_per_prefix_burst", {}},
    Key{"limits.connections_per_address", {}},
    Key{"limits.connections_per_address_burst", {}},
    Key{"limits.connections_per_prefix", {}},
    Key{"limits.connections_per_prefix_burst", {}},
    Key{"limits.exempt", {}},
    Key{"limits.memory", {}},
    Key{"limits.shed_after", {}},

    Key{"access.torrents_allow_file", {}},
    Key{"access.torrents_deny_file", {}},
    Key{"access.addresses_allow_file", {}},
    Key{"access.addresses_deny_file", {}},

    Key{"log.level", {}},
};

constexpr std::string_view tcp = "HTTP is always served over TCP";
constexpr std::string_view lifetime = "peer_lifetime says when a peer expires";
constexpr std::string_view timeouts = "the management port has its own timeouts and limits";
constexpr std::string_view statistics = "statistics are always counted, without a queue";
constexpr std::string_view memory = "/stats has no memory block of Go's";

constexpr std::array ignored{
    IgnoredKey{"network", tcp},
    IgnoredKey{"reap_interval", lifetime},
    IgnoredKey{"reapInterval", lifetime},
    IgnoredKey{"reap_ratio", lifetime},
    IgnoredKey{"reapRatio", lifetime},
    IgnoredKey{"apiRequestTimeout", timeouts},
    IgnoredKey{"apiReadTimeout", timeouts},
    IgnoredKey{"apiWriteTimeout", timeouts},
    IgnoredKey{"apiListenLimit", timeouts},
    IgnoredKey{"stats_buffer_size", statistics},
    IgnoredKey{"statsBufferSize", statistics},
    IgnoredKey{"include_mem_stats", memory},
    IgnoredKey{"includeMemStats", memory},
    IgnoredKey{"verbose_mem_stats", memory},
    IgnoredKey{"verboseMemStats", memory},
    IgnoredKey{"mem_stats_interval", memory},
    IgnoredKey{"memStatsInterval", memory},
    IgnoredKey{"torrentMapShards", "the tracker driver divides its memory by itself"},
    IgnoredKey{"torrent_map_shards", "the tracker driver divides its memory by itself"},
    IgnoredKey{"jwkSetURI", "announces carry no JWT", true},
    IgnoredKey{"jwkSetUpdateInterval", "announces carry no JWT"},
    IgnoredKey{"jwtAudience", "announces carry no JWT"},
};

constexpr std::string_view section_of(std::string_view spelling) noexcept {
    const auto dot = spelling.find('.');
    return dot == std::string_view::npos ? std::string_view{} : spelling.substr(0, dot);
}

constexpr std::string_view leaf_of(std::string_view spelling) noexcept {
    return spelling.substr(spelling.find('.') + 1);  // npos + 1 is 0
}

bool spelled_so(const Key& key, std::string_view spelling) noexcept {
    return key.name == spelling || std::ranges::find(key.also_as, spelling) != key.also_as.end();
}

/// Every spelling of every key.
std::vector<std::string_view> spellings() {
    std::vector<std::string_view> all;
    for (const Key& key : keys) {
        all.push_back(key.name);
        std::ranges::copy_if(key.also_as, std::back_inserter(all),
                             [](std::string_view other) { return !other.empty(); });
    }
    return all;
}

}  // namespace

std::span<const Key> known_keys() noexcept {
    return keys;
}

std::span<const IgnoredKey> ignored_keys() noexcept {
    return ignored;
}

const Key* find_key(std::string_view spelling) noexcept {
    if (spelling.empty()) {
        return nullptr;
    }
    const auto* const found =
        std::ranges::find_if(keys, [&](const Key& key) { return spelled_so(key, spelling); });
    return found == keys.end() ? nullptr : &*found;
}

const IgnoredKey* find_ignored_key(std::string_view spelling) noexcept {
    const auto* const found = std::ranges::find(ignored, spelling, &IgnoredKey::name);
    return found == ignored.end() ? nullptr : &*found;
}

bool is_section(std::string_view name) noexcept {
    return !name.empty() &&
           std::ranges::any_of(keys, [&](const Key& key) { return section_of(key.name) == name; });
}

std::string nearest_key(std::string_view spelling) {
    // First among the names that may stand in this place, then the last part among all of them.
    std::vector<std::string_view> here;
    std::vector<std::string_view> leaves;
    const std::vector<std::string_view> all = spellings();
    for (const std::string_view known : all) {
        leaves.push_back(leaf_of(known));
        if (section_of(known) == section_of(spelling)) {
            here.push_back(known);
        } else if (section_of(spelling).empty()) {
            here.push_back(section_of(known));
        }
    }
    if (const auto near = text::nearest(spelling, here); !near.empty()) {
        return std::string(near);
    }
    const auto leaf = text::nearest(leaf_of(spelling), leaves);
    const auto at = std::ranges::find(leaves, leaf);
    return leaf.empty() || at == leaves.end()
               ? std::string()
               : std::string(all[static_cast<std::size_t>(at - leaves.begin())]);
}

}  // namespace chihaya::config
