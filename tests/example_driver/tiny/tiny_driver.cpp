#include "tiny_driver.hpp"

#include "choice.hpp"
#include <algorithm>
#include <exception>
#include <new>

namespace tiny {
namespace {

using chihaya::SwarmCounts;
using chihaya::Task;

constexpr std::chrono::seconds sweep_pause{10};  // well within expiry_slack
constexpr Status out_of_memory{chihaya::StatusCode::unavailable, "out of memory"};

/// Runs `work`; what it throws becomes a status, for nothing may be thrown into the host.
template <class Work>
Status guarded(Work work) noexcept {
    try {
        work();
        return {};
    } catch (const std::bad_alloc&) {
        return out_of_memory;
    } catch (const std::exception&) {
        return {chihaya::StatusCode::internal, "unexpected exception"};
    }
}

}  // namespace

bool has_no_parameters(std::string_view params) {
    return std::ranges::all_of(params, [](char c) {
        return c == '{' || c == '}' || c == ' ' || c == '\t' || c == '\r' || c == '\n';
    });
}

Driver::Driver(Host& control, const TrackerSetup& setup)
    : control_(control), is_carried_to_(!setup.restore), setup_(setup), now_(control.now()) {
    control_.start_timer(sweep_pause, Task::to<&Driver::sweep>(*this));
}

Driver::~Driver() {
    control_.forget(this);
}

void Driver::announce(const AnnounceRequest& request, Time now, chihaya::AnnounceReply& reply) {
    const std::lock_guard lock(mutex_);
    now_ = std::max(now_, now);
    const auto found = swarms_.find(request.info_hash.bytes);
    const bool is_new = found == swarms_.end();
    if (is_new && request.event == chihaya::Event::stopped) {
        return;
    }
    Swarm& swarm = is_new ? swarms_[request.info_hash.bytes] : found->second;
    reply.history = swarm.announce(request, now);
    reply.counts = swarm.counts();
    if (request.event != chihaya::Event::stopped) {
        choose(swarm, request, setup_, random_, reply);
    } else if (is_forgettable(swarm)) {
        swarms_.erase(found);
    }
}

std::vector<SwarmCounts> Driver::scrape(std::span<const InfoHash> info_hashes) {
    const std::lock_guard lock(mutex_);
    std::vector<SwarmCounts> counts;
    for (const InfoHash& info_hash : info_hashes) {
        const auto found = swarms_.find(info_hash.bytes);
        counts.push_back(found == swarms_.end() ? SwarmCounts{} : found->second.counts());
    }
    return counts;
}

chihaya::TrackerSession* Driver::open_session(Host& worker) noexcept {
    chihaya::TrackerSession* session = new (std::nothrow) Session(*this, worker);
    if (session == nullptr) {
        worker.log(chihaya::Severity::error, out_of_memory.reason);
    }
    return session;
}

// Nobody shares this driver's registry and nothing keeps it: what swarms need of it is done, the
// rest needs no doing.

Status Driver::put_users(std::span<const chihaya::UserRecord> /*users*/) noexcept {
    return {};
}
Status Driver::put_clients(std::span<const chihaya::ClientRecord> /*clients*/) noexcept {
    return {};
}
Status Driver::put_tokens(std::span<const chihaya::TokenRecord> /*tokens*/) noexcept {
    return {};
}
Status Driver::erase_clients(std::span<const chihaya::PeerIdPrefix> /*clients*/) noexcept {
    return {};
}
Status Driver::erase_tokens(std::span<const chihaya::TokenRecord> /*tokens*/) noexcept {
    return {};
}
Status Driver::load(chihaya::RegistrySink& /*sink*/) noexcept {
    return {};
}
Status Driver::follow(chihaya::RegistrySink& /*sink*/) noexcept {
    return {};
}
void Driver::unfollow() noexcept {}

Status Driver::put_torrents(std::span<const chihaya::TorrentRecord> torrents) noexcept {
    return guarded([&] {
        const std::lock_guard lock(mutex_);
        for (const chihaya::TorrentRecord& torrent : torrents) {
            Swarm& swarm = swarms_[torrent.info_hash.bytes];
            swarm.is_registered = true;
            swarm.raise_snatches(torrent.snatches);
        }
    });
}

Status Driver::erase_torrents(std::span<const chihaya::TorrentErasure> torrents) noexcept {
    return guarded([&] {
        const std::lock_guard lock(mutex_);
        for (const chihaya::TorrentErasure& torrent : torrents) {
            swarms_.erase(torrent.info_hash.bytes);
        }
    });
}

Status Driver::erase_users(std::span<const chihaya::UserId> users) noexcept {
    return guarded([&] {
        const std::lock_guard lock(mutex_);
        for (auto& [info_hash, swarm] : swarms_) {
            for (const chihaya::UserId user : users) {
                swarm.forget_user(user);
            }
        }
    });
}

Status Driver::read_some(std::span<const InfoHash> names, chihaya::SwarmSink& sink) noexcept {
    return guarded([&] {
        for (const InfoHash& info_hash : names) {
            if (!show(info_hash, sink)) {
                return;
            }
        }
    });
}

Status Driver::read_swarms(chihaya::SwarmSink& sink) noexcept {
    return guarded([&] {
        std::vector<InfoHash> info_hashes;
        {
            const std::lock_guard lock(mutex_);
            for (const auto& [info_hash, swarm] : swarms_) {
                info_hashes.push_back({info_hash});
            }
        }
        for (const InfoHash& info_hash : info_hashes) {
            if (!show(info_hash, sink)) {
                return;
            }
        }
    });
}

bool Driver::show(const InfoHash& info_hash, chihaya::SwarmSink& sink) {
    const std::lock_guard lock(mutex_);
    const auto found = swarms_.find(info_hash.bytes);
    if (found == swarms_.end()) {
        return true;
    }
    const Swarm& swarm = found->second;
    std::vector<PeerRecord> peers;
    for (const auto& [key, peer] : swarm.peers()) {
        peers.push_back(peer.record);
    }
    return sink.swarm({info_hash, swarm.counts(), swarm.is_registered}, peers);
}

Status Driver::add_swarms(std::span<const chihaya::SwarmInTransit> swarms) noexcept {
    return guarded([&] {
        for (const chihaya::SwarmInTransit& one : swarms) {
            add(one.swarm, one.peers);
        }
    });
}

void Driver::add(const chihaya::SwarmRecord& record, std::span<const PeerRecord> peers) {
    const std::lock_guard lock(mutex_);
    Swarm& swarm = swarms_[record.info_hash.bytes];
    swarm.raise_snatches(record.counts.snatches);
    for (const PeerRecord& peer : peers) {
        // Who has neither an account nor an address is nobody; who is unsure comes anew.
        const bool is_somebody =
            peer.user != chihaya::UserId::none || peer.ipv4.present() || peer.ipv6.present();
        if (is_somebody && !chihaya::has(peer.flags, chihaya::PeerFlags::unsure)) {
            swarm.add(peer, now_, setup_);
        }
    }
}

Status Driver::reconfigure(const TrackerSetup& setup) noexcept {
    if (!has_no_parameters(setup.params)) {
        return {chihaya::StatusCode::rejected, "there are no parameters"};
    }
    const std::lock_guard lock(mutex_);
    setup_ = setup;
    return {};
}

Status Driver::health() noexcept {
    return {};
}

void Driver::report(chihaya::MetricSink& sink) noexcept {
    const std::lock_guard lock(mutex_);
    std::size_t peers = 0;
    for (const auto& [info_hash, swarm] : swarms_) {
        peers += swarm.counts().seeders + swarm.counts().leechers;
    }
    sink.gauge("swarms", static_cast<double>(swarms_.size()));
    sink.gauge("peers", static_cast<double>(peers));
}

void Driver::release() noexcept {
    delete this;
}

void Driver::sweep() noexcept {
    control_.start_timer(sweep_pause, Task::to<&Driver::sweep>(*this));
    std::vector<chihaya::ExpiredPeer> gone;
    const Status swept = guarded([&] { gone = expire(); });
    if (!swept.ok()) {
        control_.log(chihaya::Severity::warning, swept.reason);
    }
    if (setup_.expiry != nullptr && !gone.empty()) {
        setup_.expiry->expired(gone);
    }
}

/// Cost: every peer of every swarm, under the lock; a driver for many sweeps in slices
std::vector<chihaya::ExpiredPeer> Driver::expire() {
    const std::lock_guard lock(mutex_);
    now_ = std::max(now_, control_.now());
    std::vector<chihaya::ExpiredPeer> all;
    for (auto entry = swarms_.begin(); entry != swarms_.end();) {
        auto& [info_hash, swarm] = *entry;
        std::vector<PeerRecord> gone;
        swarm.expire(now_, setup_, gone);
        for (const PeerRecord& peer : gone) {
            all.push_back({.info_hash = {info_hash}, .peer = peer, .counts = swarm.counts()});
        }
        entry = is_forgettable(swarm) ? swarms_.erase(entry) : std::next(entry);
    }
    return all;
}

bool Driver::is_forgettable(const Swarm& swarm) const {
    return setup_.purge_empty_swarms && !swarm.is_registered && swarm.peers().empty();
}

void Session::announce(std::span<const chihaya::AnnounceCall> batch) noexcept {
    const Time now = worker_.now();
    for (const chihaya::AnnounceCall& call : batch) {
        chihaya::AnnounceReply reply;
        const Status status = guarded([&] { driver_.announce(*call.request, now, reply); });
        status.ok() ? call.sink->done(reply) : call.sink->failed(status);
    }
}

void Session::scrape(std::span<const chihaya::ScrapeCall> batch) noexcept {
    for (const chihaya::ScrapeCall& call : batch) {
        std::vector<SwarmCounts> counts;
        const Status status = guarded([&] { counts = driver_.scrape(call.request->info_hashes); });
        status.ok() ? call.sink->done(counts) : call.sink->failed(status);
    }
}

}  // namespace tiny
