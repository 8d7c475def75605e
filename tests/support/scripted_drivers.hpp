#pragma once

/// @file scripted_drivers.hpp
/// Drivers that do what a test tells them: for tests of what talks to drivers, where the answer of
/// a driver is the thing that varies. What drivers owe is tested on the real ones.

#include "chihaya/backend_driver.hpp"
#include "chihaya/tracker_driver.hpp"

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace chihaya::test {

/// A session that answers when the test says so, from outside of `announce` and `scrape`, as a
/// driver does whose store is elsewhere. Thread: one
class ScriptedSession final : public TrackerSession {
public:
    struct WaitingAnnounce {
        AnnounceRequest request;
        AnnounceSink* sink;
    };
    struct WaitingScrape {
        std::vector<InfoHash> info_hashes;
        ScrapeSink* sink;
    };
    std::vector<WaitingAnnounce> announces;  // asked and not answered, in that order
    std::vector<WaitingScrape> scrapes;

    void announce(std::span<const AnnounceCall> batch) noexcept override {
        for (const AnnounceCall& call : batch) {
            announces.push_back({*call.request, call.sink});
        }
    }
    void scrape(std::span<const ScrapeCall> batch) noexcept override {
        for (const ScrapeCall& call : batch) {
            const auto hashes = call.request->info_hashes;
            scrapes.push_back({{hashes.begin(), hashes.end()}, call.sink});
        }
    }
    void release() noexcept override { fail({StatusCode::unavailable, "the session ends"}); }

    /// Answers every announce with this, the last first.
    void answer(const AnnounceReply& reply) {
        while (!announces.empty()) {
            const WaitingAnnounce last = announces.back();
            announces.pop_back();
            last.sink->done(reply);
        }
    }
    /// Answers every scrape: each swarm has these counts.
    void answer(const SwarmCounts& counts) {
        for (const WaitingScrape& one : std::exchange(scrapes, {})) {
            one.sink->done(std::vector<SwarmCounts>(one.info_hashes.size(), counts));
        }
    }
    /// Fails everything.
    void fail(Status status) noexcept {
        for (const WaitingAnnounce& one : std::exchange(announces, {})) {
            one.sink->failed(status);
        }
        for (const WaitingScrape& one : std::exchange(scrapes, {})) {
            one.sink->failed(status);
        }
    }
};

/// Remembers what was written through and shows the swarms it was given.
/// Thread: the registry's members from any; the fields while nothing else runs
class ScriptedTracker final : public TrackerDriver {
public:
    Status answer{};                                   // to every write
    Status health_answer{};                            // to `health`
    bool has_histories = true;                         // and they are current
    std::function<void()> while_busy;                  // runs inside every write
    std::function<Status(RegistrySink&)> shared_copy;  // answers a load
    std::vector<std::pair<SwarmRecord, std::vector<PeerRecord>>> swarms;
    std::vector<std::pair<const char*, double>> gauges;  // until somebody asks for a report

    /// Whoever asks meanwhile sees the one or the other.
    void report_from_now_on(std::vector<std::pair<const char*, double>> others) {
        const std::lock_guard lock(mutex_);
        gauges = std::move(others);
    }

    /// One word a call: "put_users:2".
    [[nodiscard]] std::vector<std::string> written() {
        const std::lock_guard lock(mutex_);
        return written_;
    }
    /// Whom `add_swarms` was given.
    std::vector<PeerRecord> added;

    TrackerSession* open_session(Host& /*worker*/) noexcept override { return nullptr; }
    Status put_users(std::span<const UserRecord> users) noexcept override {
        return write("put_users", users.size());
    }
    Status put_torrents(std::span<const TorrentRecord> torrents) noexcept override {
        return write("put_torrents", torrents.size());
    }
    Status put_clients(std::span<const ClientRecord> clients) noexcept override {
        return write("put_clients", clients.size());
    }
    Status put_tokens(std::span<const TokenRecord> tokens) noexcept override {
        return write("put_tokens", tokens.size());
    }
    Status erase_users(std::span<const UserId> users) noexcept override {
        return write("erase_users", users.size());
    }
    Status erase_torrents(std::span<const TorrentErasure> torrents) noexcept override {
        return write("erase_torrents", torrents.size());
    }
    Status erase_clients(std::span<const PeerIdPrefix> clients) noexcept override {
        return write("erase_clients", clients.size());
    }
    Status erase_tokens(std::span<const TokenRecord> tokens) noexcept override {
        return write("erase_tokens", tokens.size());
    }
    Status load(RegistrySink& sink) noexcept override {
        return shared_copy ? shared_copy(sink) : Status{};
    }
    Status follow(RegistrySink& /*sink*/) noexcept override { return {}; }
    void unfollow() noexcept override {}
    Status read_some(std::span<const InfoHash> names, SwarmSink& sink) noexcept override {
        for (const InfoHash& name : names) {
            for (const auto& [swarm, peers] : swarms) {
                if (swarm.info_hash == name && !sink.swarm(swarm, peers)) {
                    return answer;
                }
            }
        }
        return answer;
    }
    Status read_swarms(SwarmSink& sink) noexcept override {
        for (const auto& [swarm, peers] : swarms) {
            sink.swarm(swarm, peers);
        }
        return {};
    }
    Status add_swarms(std::span<const SwarmInTransit> some) noexcept override {
        std::size_t count = 0;
        for (const SwarmInTransit& one : some) {
            added.insert(added.end(), one.peers.begin(), one.peers.end());
            count += one.peers.size();
        }
        return write("add_swarms", count);
    }
    Status reconfigure(const TrackerSetup& /*setup*/) noexcept override { return {}; }
    Status health() noexcept override { return health_answer; }
    void report(MetricSink& sink) noexcept override {
        const std::lock_guard lock(mutex_);
        for (const auto& [name, value] : gauges) {
            sink.gauge(name, value);
        }
    }
    void release() noexcept override {}
    bool has_current_histories() noexcept override { return has_histories; }

private:
    Status write(const char* call, std::size_t count) noexcept {
        if (while_busy) {
            while_busy();
        }
        const std::lock_guard lock(mutex_);
        written_.push_back(std::string(call) + ":" + std::to_string(count));
        return answer;
    }

    std::mutex mutex_;
    std::vector<std::string> written_;
};

/// A backend driver whose health and site are the test's, and so are its answers to the site's
/// calls.
/// Thread: `on_control` is called by whoever performs a call; `record` from one thread only
class ScriptedBackend final : public BackendDriver {
public:
    Status health_answer{};
    std::function<Status(RegistrySink&)> site;                            // answers a load
    std::function<void(const ControlRequest&, ControlSink&)> on_control;  // none: no endpoint
    std::vector<std::vector<AnnounceDelta>> recorded;                     // one for each call

    Status load(RegistrySink& sink) noexcept override {
        return site ? site(sink) : Status{StatusCode::unsupported, "no site"};
    }
    void record(std::span<const AnnounceDelta> deltas) noexcept override {
        recorded.emplace_back(deltas.begin(), deltas.end());
    }
    void rules(SiteRules& /*rules*/) noexcept override {}
    bool has_control() noexcept override { return on_control != nullptr; }
    void control(const ControlRequest& request, ControlSink& sink) noexcept override {
        if (on_control) {
            on_control(request, sink);
        } else {
            sink.answer(404, "text/plain", "Not Found\n");
        }
    }
    Status flush(std::chrono::milliseconds /*deadline*/) noexcept override { return {}; }
    Status reconfigure(const BackendSetup& /*setup*/) noexcept override { return {}; }
    Status health() noexcept override { return health_answer; }
    void report(MetricSink& sink) noexcept override { sink.counter("spooled_deltas", 7); }
    void release() noexcept override {}
};

}  // namespace chihaya::test
