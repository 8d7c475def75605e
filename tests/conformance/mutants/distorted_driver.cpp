#include "tests/conformance/mutants/distorted_driver.hpp"

#include <algorithm>
#include <deque>
#include <utility>

namespace chihaya::test {
namespace {

constexpr std::size_t room_entries = 512;

template <class Entry>
std::uint8_t* bytes_of(std::vector<Entry>& entries) {
    return reinterpret_cast<std::uint8_t*>(entries.data());
}

/// Takes the good driver's answer, distorts it, and hands it on.
class Relay final : public AnnounceSink {
public:
    Relay(const Distortion& distortion, const AnnounceCall& call)
        : distortion_(distortion),
          original_(*call.request),
          sink_(*call.sink),
          request_(original_) {
        if (distortion.request) {
            distortion.request(request_);
        }
        request_.room = {bytes_of(ipv4_), bytes_of(ipv6_), ipv4_ids_.data(), ipv6_ids_.data()};
    }

    AnnounceCall call() { return {&request_, this}; }

    void done(const AnnounceReply& reply) noexcept override {
        Draft draft{reply, {}, {}, {}, {}};
        draft.ipv4.assign(ipv4_.begin(), ipv4_.begin() + reply.ipv4_peers);
        draft.ipv6.assign(ipv6_.begin(), ipv6_.begin() + reply.ipv6_peers);
        if (reply.has_peer_ids) {
            draft.ipv4_ids.assign(ipv4_ids_.begin(), ipv4_ids_.begin() + reply.ipv4_peers);
            draft.ipv6_ids.assign(ipv6_ids_.begin(), ipv6_ids_.begin() + reply.ipv6_peers);
        }
        if (distortion_.reply) {
            distortion_.reply(original_, draft);
        }
        draft.reply.ipv4_peers = put(draft.ipv4, original_.room.ipv4);
        draft.reply.ipv6_peers = put(draft.ipv6, original_.room.ipv6);
        put(draft.ipv4_ids, original_.room.ipv4_ids);
        put(draft.ipv6_ids, original_.room.ipv6_ids);
        if (distortion_.answer) {
            distortion_.answer(sink_, draft.reply);
        } else {
            sink_.done(draft.reply);
        }
    }
    void failed(Status status) noexcept override { sink_.failed(status); }

private:
    template <class Entry, class Room>
    static std::uint32_t put(const std::vector<Entry>& entries, Room* room) {
        if (room == nullptr) {
            return 0;
        }
        const auto* const bytes = reinterpret_cast<const std::uint8_t*>(entries.data());
        std::copy_n(bytes, entries.size() * sizeof(Entry), reinterpret_cast<std::uint8_t*>(room));
        return static_cast<std::uint32_t>(entries.size());
    }

    const Distortion& distortion_;
    const AnnounceRequest& original_;
    AnnounceSink& sink_;
    AnnounceRequest request_;
    std::vector<Ipv4Endpoint> ipv4_{room_entries};
    std::vector<Ipv6Endpoint> ipv6_{room_entries};
    std::vector<PeerId> ipv4_ids_{room_entries};
    std::vector<PeerId> ipv6_ids_{room_entries};
};

class ScrapeRelay final : public ScrapeSink {
public:
    ScrapeRelay(const Distortion& distortion, ScrapeSink& sink)
        : distortion_(distortion), sink_(sink) {}
    void done(std::span<const SwarmCounts> counts) noexcept override {
        std::vector<SwarmCounts> all(counts.begin(), counts.end());
        if (distortion_.scrape) {
            distortion_.scrape(all);
        }
        sink_.done(all);
    }
    void failed(Status status) noexcept override { sink_.failed(status); }

private:
    const Distortion& distortion_;
    ScrapeSink& sink_;
};

class SwarmRelay final : public SwarmSink {
public:
    SwarmRelay(const Distortion& distortion, SwarmSink& sink)
        : distortion_(distortion), sink_(sink) {}
    bool swarm(const SwarmRecord& swarm, std::span<const PeerRecord> peers) noexcept override {
        SwarmRecord record = swarm;
        std::vector<PeerRecord> all(peers.begin(), peers.end());
        if (distortion_.shown) {
            distortion_.shown(record, all);
        }
        return sink_.swarm(record, all) || distortion_.is_never_enough;
    }

private:
    const Distortion& distortion_;
    SwarmSink& sink_;
};

// The good driver answers before it returns, so that the relays may live here.
class Session final : public TrackerSession {
public:
    Session(const Distortion& distortion, plugin::TrackerSessionPtr inner)
        : distortion_(distortion), inner_(std::move(inner)) {}

    void announce(std::span<const AnnounceCall> batch) noexcept override {
        if (distortion_.ignored.contains(Call::announce)) {
            for (const AnnounceCall& call : batch) {
                call.sink->done({});
            }
            return;
        }
        std::deque<Relay> relays;
        std::vector<AnnounceCall> calls;
        for (const AnnounceCall& call : batch) {
            calls.push_back(relays.emplace_back(distortion_, call).call());
        }
        if (distortion_.batch) {
            distortion_.batch(calls);
        }
        inner_->announce(calls);
    }

    void scrape(std::span<const ScrapeCall> batch) noexcept override {
        for (const ScrapeCall& call : batch) {
            ScrapeRelay relay(distortion_, *call.sink);
            const ScrapeCall relayed{call.request, &relay};
            inner_->scrape({&relayed, 1});
        }
    }

    void release() noexcept override { delete this; }

private:
    const Distortion& distortion_;
    plugin::TrackerSessionPtr inner_;
};

class Driver final : public TrackerDriver {
public:
    Driver(const Distortion& distortion, plugin::TrackerDriverPtr inner)
        : distortion_(distortion), inner_(std::move(inner)) {}

    TrackerSession* open_session(Host& worker) noexcept override {
        plugin::TrackerSessionPtr session(inner_->open_session(worker));
        auto* const distorted = new Session(distortion_, std::move(session));
        if (distortion_.opened) {
            distortion_.opened(distorted, worker);
        }
        return distorted;
    }

    Status put_users(std::span<const UserRecord> users) noexcept override {
        return inner_->put_users(users);
    }
    Status put_torrents(std::span<const TorrentRecord> torrents) noexcept override {
        std::vector<TorrentRecord> all(torrents.begin(), torrents.end());
        if (distortion_.put) {
            std::ranges::for_each(all, distortion_.put);
        }
        return ignores(Call::put_torrents) ? Status{} : inner_->put_torrents(all);
    }
    Status put_clients(std::span<const ClientRecord> clients) noexcept override {
        return inner_->put_clients(clients);
    }
    Status put_tokens(std::span<const TokenRecord> tokens) noexcept override {
        return inner_->put_tokens(tokens);
    }
    Status erase_users(std::span<const UserId> users) noexcept override {
        return ignores(Call::erase_users) ? Status{} : inner_->erase_users(users);
    }
    Status erase_torrents(std::span<const TorrentErasure> torrents) noexcept override {
        return ignores(Call::erase_torrents) ? Status{} : inner_->erase_torrents(torrents);
    }
    Status erase_clients(std::span<const PeerIdPrefix> clients) noexcept override {
        return inner_->erase_clients(clients);
    }
    Status erase_tokens(std::span<const TokenRecord> tokens) noexcept override {
        return inner_->erase_tokens(tokens);
    }
    Status load(RegistrySink& sink) noexcept override { return inner_->load(sink); }
    Status follow(RegistrySink& sink) noexcept override { return inner_->follow(sink); }
    void unfollow() noexcept override { inner_->unfollow(); }

    Status read_some(std::span<const InfoHash> names, SwarmSink& sink) noexcept override {
        SwarmRelay relay(distortion_, sink);
        std::vector<InfoHash> all(names.begin(), names.end());
        if (distortion_.names) {
            distortion_.names(all);
        }
        return ignores(Call::read_some) ? Status{} : inner_->read_some(all, relay);
    }
    Status read_swarms(SwarmSink& sink) noexcept override {
        SwarmRelay relay(distortion_, sink);
        return ignores(Call::read_swarms) ? Status{} : inner_->read_swarms(relay);
    }
    Status add_swarms(std::span<const SwarmInTransit> swarms) noexcept override {
        if (ignores(Call::add_swarms)) {
            return {};
        }
        std::vector<SwarmInTransit> all(swarms.begin(), swarms.end());
        std::vector<std::vector<PeerRecord>> peers;
        for (SwarmInTransit& one : all) {
            peers.emplace_back(one.peers.begin(), one.peers.end());
            if (distortion_.added) {
                distortion_.added(one.swarm, peers.back());
            }
            one.peers = peers.back();
        }
        if (distortion_.added_all) {
            distortion_.added_all(all);
        }
        return inner_->add_swarms(all);
    }

    Status reconfigure(const TrackerSetup& setup) noexcept override {
        return ignores(Call::reconfigure) ? Status{} : inner_->reconfigure(setup);
    }
    Status health() noexcept override { return inner_->health(); }
    void report(MetricSink& sink) noexcept override {
        if (!ignores(Call::report)) {
            inner_->report(sink);
        }
    }
    void release() noexcept override { delete this; }
    bool has_current_histories() noexcept override {
        return !ignores(Call::has_current_histories) && inner_->has_current_histories();
    }

private:
    [[nodiscard]] bool ignores(Call call) const { return distortion_.ignored.contains(call); }

    const Distortion& distortion_;
    plugin::TrackerDriverPtr inner_;
};

}  // namespace

plugin::TrackerDriverPtr distort(
    const Distortion& distortion, const TrackerSetup& setup,
    const std::function<plugin::TrackerDriverPtr(const TrackerSetup&)>& make) {
    TrackerSetup distorted = setup;
    if (distortion.setup) {
        distortion.setup(distorted);
    }
    return plugin::TrackerDriverPtr(new Driver(distortion, make(distorted)), {});
}

}  // namespace chihaya::test
