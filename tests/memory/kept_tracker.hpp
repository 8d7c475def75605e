#pragma once

/// @file kept_tracker.hpp
/// A tracker whose state survives it.

#include "tests/memory/tracker.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <set>
#include <sstream>
#include <string>
#include <thread>

namespace chihaya::memory::test {

inline InfoHash swarm_name(std::uint32_t number) {
    InfoHash name = ubuntu;
    std::memcpy(name.bytes.data() + 4, &number, sizeof number);
    return number == 0 ? ubuntu : name;
}

inline TrackerSetup setup_of(bool keeps_ids) {
    return {
        .peer_lifetime = lifetime, .history_lifetime = 4 * lifetime, .keep_peer_ids = keeps_ids};
}

/// Every peer, in words that compare. What is not owed of a peer without an account, and may be
/// known or not, is left out.
inline std::multiset<std::string> texts(std::span<const PeerRecord> peers, bool keeps_ids) {
    std::multiset<std::string> all;
    for (PeerRecord peer : peers) {
        if (peer.user == UserId::none) {
            peer.key = 0;
            peer.peer_id = keeps_ids ? peer.peer_id : PeerId{};
        }
        std::ostringstream text;
        text << static_cast<std::uint64_t>(peer.user) << ' ' << peer.key << ' ' << peer.uploaded
             << ' ' << peer.downloaded << ' ' << peer.left << ' ' << peer.corrupt << ' '
             << peer.first_announce.time_since_epoch().count() << ' '
             << peer.last_announce.time_since_epoch().count() << ' ' << peer.announces << ' '
             << static_cast<std::uint32_t>(peer.flags);
        const auto add = [&](const auto& bytes) {
            text << ' ' << std::hex;
            for (const std::uint8_t byte : bytes) {
                text << unsigned{byte} << '.';
            }
            text << std::dec;
        };
        add(peer.peer_id.bytes);
        add(peer.ipv4.wire);
        add(peer.ipv6.wire);
        all.insert(text.str());
    }
    return all;
}

/// The registry that a host lends: what was put.
class Registry final : public RegistrySink, public RegistrySource {
public:
    Status read(RegistrySink& sink) noexcept override {
        if (!answer.ok()) {
            return answer;
        }
        static_cast<void>(sink.put_users(users));
        static_cast<void>(sink.put_torrents(torrents));
        static_cast<void>(sink.put_clients(clients));
        return sink.put_tokens(tokens);
    }
    Status put_users(std::span<const UserRecord> some) noexcept override {
        users.insert(users.end(), some.begin(), some.end());
        return answer;
    }
    Status put_torrents(std::span<const TorrentRecord> some) noexcept override {
        torrents.insert(torrents.end(), some.begin(), some.end());
        return {};
    }
    Status put_clients(std::span<const ClientRecord> some) noexcept override {
        clients.insert(clients.end(), some.begin(), some.end());
        return {};
    }
    Status put_tokens(std::span<const TokenRecord> some) noexcept override {
        tokens.insert(tokens.end(), some.begin(), some.end());
        return {};
    }
    Status erase_users(std::span<const UserId> /*some*/) noexcept override { return {}; }
    Status erase_torrents(std::span<const TorrentErasure> /*some*/) noexcept override { return {}; }
    Status erase_clients(std::span<const PeerIdPrefix> /*some*/) noexcept override { return {}; }
    Status erase_tokens(std::span<const TokenRecord> /*some*/) noexcept override { return {}; }
    Status remember_peers(const InfoHash& /*name*/,
                          std::span<const PeerRecord> /*peers*/) noexcept override {
        return {};
    }
    void lapsed() noexcept override {}

    std::vector<UserRecord> users;
    std::vector<TorrentRecord> torrents;
    std::vector<ClientRecord> clients;
    std::vector<TokenRecord> tokens;
    Status answer;
};

class KeptTracker {
public:
    using Milliseconds = std::chrono::milliseconds;

    /// `file`: empty for none. `time`: what its clock says; the usual when zero.
    KeptTracker(const TrackerSetup& setup, std::filesystem::path file, Milliseconds time = {},
                Milliseconds interval = limits::snapshot_interval) {
        if (time.count() != 0) {
            clock_.advance(time - clock_.now().time_since_epoch());
            host_.turn();
        }
        driver_ = new MemoryDriver(host_, setup, setup.keep_peer_ids);
        const Parameters parameters{.snapshot = std::move(file), .snapshot_interval = interval};
        is_kept_ = driver_->keep(parameters, setup);
        CHECK(is_kept_);
        session_ = driver_->open_session(host_);
    }
    ~KeptTracker() { stop(); }
    KeptTracker(const KeptTracker&) = delete;
    KeptTracker& operator=(const KeptTracker&) = delete;

    /// As an operator stops it.
    void stop() {
        if (driver_ != nullptr) {
            session_->release();
            driver_->release();
        }
        driver_ = nullptr;
    }

    Reply announce(AnnounceRequest request) {
        Reply reply;
        reply.lend_room(request);
        const AnnounceCall call{&request, &reply};
        session_->announce({&call, 1});
        return reply;
    }
    void let_pass(seconds time) { host_.let_pass(time); }
    /// The same in turns as short as those of a busy worker.
    void run(seconds time) {
        constexpr Milliseconds turn{4};
        for (Milliseconds passed{0}; passed < time; passed += turn) {
            clock_.advance(turn);
            host_.turn();
        }
    }

    void register_torrents(std::vector<std::uint32_t> numbers) {
        for (const std::uint32_t number : numbers) {
            const TorrentRecord torrent{.info_hash = swarm_name(number), .snatches = number};
            CHECK(driver_->put_torrents({&torrent, 1}).ok());
        }
    }
    [[nodiscard]] Collector read(const InfoHash& info_hash = ubuntu) {
        Collector collector;
        static_cast<void>(driver_->read_swarm(info_hash, collector));
        return collector;
    }
    [[nodiscard]] double metric(const std::string& name) {
        Metrics metrics;
        driver_->report(metrics);
        return metrics.values.at(name);
    }
    /// Until the metric is so high; `meanwhile` again and again.
    void wait_for(const std::string& name, double least,
                  const std::function<void()>& meanwhile = {}) {
        const auto patience = std::chrono::steady_clock::now() + std::chrono::minutes(1);
        while (metric(name) < least) {
            if (std::chrono::steady_clock::now() > patience) {
                FAIL(name << " has stayed at " << metric(name) << ", below " << least);
            }
            if (meanwhile) {
                meanwhile();
            }
            std::this_thread::sleep_for(Milliseconds(5));
        }
    }
    void wait_for_snapshot() { wait_for("snapshots", metric("snapshots") + 1); }

    [[nodiscard]] Milliseconds time() const { return clock_.now().time_since_epoch(); }
    [[nodiscard]] MemoryDriver& driver() { return *driver_; }
    [[nodiscard]] FakeHost& host() { return host_; }

private:
    FakeClock clock_;
    FakeHost host_{clock_};
    bool is_kept_ = false;
    MemoryDriver* driver_ = nullptr;
    TrackerSession* session_ = nullptr;
};

}  // namespace chihaya::memory::test
