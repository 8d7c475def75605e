#include "core/management/swarm_page.hpp"

#include "core/base/ip_address.hpp"
#include "core/base/limits.hpp"
#include "core/base/text.hpp"
#include "core/management/json_fields.hpp"

#include <algorithm>
#include <cstdint>
#include <new>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

namespace chihaya::management {
namespace {

/// Copies a swarm out of the driver.
class Copy final : public SwarmSink {
public:
    explicit Copy(std::size_t peers_max) : peers_max_(peers_max) {}

    bool swarm(const SwarmRecord& swarm, std::span<const PeerRecord> peers) noexcept override {
        record = swarm;
        found = true;
        try {
            for (const PeerRecord& peer : peers) {
                if (has(peer.flags, PeerFlags::dormant)) {
                    continue;
                }
                if (shown.size() == peers_max_) {
                    truncated = true;
                    return false;
                }
                shown.push_back(peer);
            }
            return peers_max_ != 0;
        } catch (const std::bad_alloc&) {
            truncated = true;
            return false;
        }
    }

    SwarmRecord record;
    std::vector<PeerRecord> shown;
    bool found = false;
    bool truncated = false;

private:
    std::size_t peers_max_;
};

std::uint64_t unix_seconds(std::chrono::sys_seconds moment) noexcept {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, moment.time_since_epoch().count()));
}

/// One address of a peer.
struct Place {
    char family;  // '4' or '6', as v1 marks keys
    std::string ip;
    std::uint16_t port;
};

std::vector<Place> places_of(const PeerRecord& peer) {
    std::vector<Place> places;
    if (peer.ipv4.present()) {
        const auto& wire = peer.ipv4.wire;
        places.push_back({'4', IpAddress::from_ipv4(std::span(wire).first<4>()).text(),
                          static_cast<std::uint16_t>(wire[4] << 8U | wire[5])});
    }
    if (peer.ipv6.present()) {
        const auto& wire = peer.ipv6.wire;
        places.push_back({'6', IpAddress::from_ipv6(std::span(wire).first<16>()).text(),
                          static_cast<std::uint16_t>(wire[16] << 8U | wire[17])});
    }
    return places;
}

/// Seeders or leechers, by v1's keys.
class PeerMap {
public:
    void add(const PeerRecord& peer, std::uint64_t torrent) {
        const bool has_id = peer.peer_id != PeerId{};
        const bool is_hidden = has(peer.flags, PeerFlags::hidden);
        const std::string id = has_id ? text::hex(peer.peer_id.bytes) : std::string();
        for (const Place& place : places_of(peer)) {
            const std::string address =
                is_hidden ? "hidden" : place.ip + '/' + std::to_string(place.port);
            config::Object shown;
            shown.push_back({"id", json(id)});
            shown.push_back({"user_id", json(static_cast<std::uint64_t>(peer.user))});
            shown.push_back({"torrent_id", json(torrent)});
            if (!is_hidden) {
                shown.push_back({"ip", json(place.ip)});
                shown.push_back({"port", json(std::uint64_t{place.port})});
            }
            shown.push_back({"uploaded", json(peer.uploaded)});
            shown.push_back({"downloaded", json(peer.downloaded)});
            shown.push_back({"left", json(peer.left)});
            shown.push_back({"last_announce", json(unix_seconds(peer.last_announce))});
            const std::string prefix = {place.family, ':'};
            peers_.push_back(
                {unused_key(prefix + (has_id ? id : address)), json(std::move(shown))});
        }
    }
    [[nodiscard]] config::Value take() { return json(std::move(peers_)); }

private:
    /// Peer ids are chosen by clients, and several may choose the same.
    std::string unused_key(std::string key) {
        if (!keys_.insert(key).second) {
            key += '#' + std::to_string(++repeats_);
        }
        return key;
    }

    config::Object peers_;
    std::unordered_set<std::string> keys_;
    std::size_t repeats_ = 0;
};

void add_peers(config::Object& page, const Copy& copy, std::uint64_t torrent) {
    PeerMap seeders;
    PeerMap leechers;
    std::uint64_t last_action = 0;
    for (const PeerRecord& peer : copy.shown) {
        (has(peer.flags, PeerFlags::seeder) ? seeders : leechers).add(peer, torrent);
        last_action = std::max(last_action, unix_seconds(peer.last_announce));
    }
    page.push_back({"seeders", seeders.take()});
    page.push_back({"leechers", leechers.take()});
    page.push_back({"last_action", json(last_action)});
    page.push_back({"peers_truncated", json(copy.truncated)});
}

}  // namespace

Reply swarm_page(const InfoHash& info_hash, const std::optional<TorrentRecord>& torrent,
                 TrackerDriver& tracker, bool show_peers) {
    Copy copy(show_peers ? limits::listed_peers_max : 0);
    const Status read = tracker.read_swarm(info_hash, copy);
    if (!read.ok()) {
        return status_reply(read);
    }
    if (!copy.found && !torrent) {
        return not_found();
    }
    const TorrentRecord record = torrent.value_or(TorrentRecord{});
    const SwarmCounts& counts = copy.record.counts;
    const auto id = static_cast<std::uint64_t>(record.id);
    const auto freeleech = static_cast<std::size_t>(record.freeleech);
    const bool has_name = freeleech < freeleech_names.size();
    config::Object page;
    page.push_back({"id", json(id)});
    page.push_back({"infohash", json(text::hex(info_hash.bytes))});
    add_peers(page, copy, id);
    page.push_back({"snatches", json(std::uint64_t{std::max(counts.snatches, record.snatches)})});
    page.push_back({"up_multiplier", json(record.up_multiplier)});
    page.push_back({"down_multiplier", json(record.down_multiplier)});
    page.push_back({"freeleech", json(std::string(freeleech_names[has_name ? freeleech : 0]))});
    page.push_back({"registered", json(torrent.has_value())});
    page.push_back({"seeders_count", json(std::uint64_t{counts.seeders})});
    page.push_back({"leechers_count", json(std::uint64_t{counts.leechers})});
    page.push_back({"partial_seeds_count", json(std::uint64_t{counts.partial_seeds})});
    return json_reply(json(std::move(page)), config::Layout::compact);
}

}  // namespace chihaya::management
