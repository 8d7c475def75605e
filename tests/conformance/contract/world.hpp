#pragma once

/// @file world.hpp
/// The words the contract is written in: peers that announce, a tracker they announce to, and what
/// they are told.

#include "tests/conformance/tracker_driver_contract.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chihaya::test::contract {

using std::chrono::seconds;

constexpr seconds lifetime{600};
constexpr std::uint64_t nothing_left = 0;
constexpr std::uint64_t some_left = 1 << 20;
constexpr InfoHash ubuntu{{0x2a, 0xa4}};
constexpr InfoHash debian{{0xde, 0xb1}};
constexpr InfoHash nobodys{{0x11}};

/// 10.0.`host`.`last`:6881 and fd00::`host`:`last`:6656: of one reach, so that all may meet all.
constexpr Ipv4Endpoint ipv4(unsigned last, unsigned host = 0) {
    return {{10, 0, static_cast<std::uint8_t>(host), static_cast<std::uint8_t>(last), 0x1a, 0xe1}};
}
constexpr Ipv6Endpoint ipv6(unsigned last, unsigned host = 0) {
    Ipv6Endpoint endpoint{{0xfd}};
    endpoint.wire[13] = static_cast<std::uint8_t>(host);
    endpoint.wire[15] = static_cast<std::uint8_t>(last);
    endpoint.wire[16] = 0x1a;
    return endpoint;
}

/// An announce of `ubuntu` from there, without an account, that wants 50 peers of each family.
AnnounceRequest from(Ipv4Endpoint endpoint, std::uint64_t left, Event event = Event::none);
AnnounceRequest from(Ipv6Endpoint endpoint, std::uint64_t left, Event event = Event::none);
AnnounceRequest from(Ipv4Endpoint endpoint, Ipv6Endpoint other, std::uint64_t left,
                     Event event = Event::none);

/// The same of account `user` with its client `client`: peer id "-A", "-B", …
AnnounceRequest with_account(AnnounceRequest request, std::uint64_t user, char client = 'A');
AnnounceRequest with_flags(AnnounceRequest request, AnnounceFlags flags);
AnnounceRequest wanting(AnnounceRequest request, std::uint32_t ipv4, std::uint32_t ipv6);
AnnounceRequest in_swarm(AnnounceRequest request, const InfoHash& info_hash);

/// Order does not matter in what a tracker hands out.
template <class Entry>
bool contains(const std::vector<Entry>& all, const Entry& one) {
    return std::ranges::find(all, one) != all.end();
}
template <class Entry>
bool same_set(std::vector<Entry> left, std::vector<Entry> right) {
    std::ranges::sort(left, {}, &Entry::wire);
    std::ranges::sort(right, {}, &Entry::wire);
    return left == right;
}

/// What one announce was told. Also its sink, and the room its peers are written into.
class Reply final : public AnnounceSink {
public:
    /// Gives `request` its room, with some bytes behind it that must stay as they are.
    void lend_room(AnnounceRequest& request);

    void done(const AnnounceReply& reply) noexcept override;
    void failed(Status status) noexcept override;

    int answers = 0;
    Status failure;
    SwarmCounts counts;
    PeerHistory history;
    std::vector<Ipv4Endpoint> ipv4;
    std::vector<Ipv6Endpoint> ipv6;
    bool has_peer_ids = false;
    std::vector<PeerId> ipv4_ids;
    std::vector<PeerId> ipv6_ids;

    /// Which rule that holds for every reply this one breaks; empty when none.
    [[nodiscard]] std::string broken_rule(const AnnounceRequest& request) const;

private:
    std::vector<Ipv4Endpoint> ipv4_room_;
    std::vector<Ipv6Endpoint> ipv6_room_;
    std::vector<PeerId> ipv4_ids_room_;
    std::vector<PeerId> ipv6_ids_room_;
    bool is_overfull_ = false;
    bool is_spare_used_ = false;
};

/// One swarm as a driver shows it; peers in an order of our own.
struct SwarmView {
    SwarmRecord record;
    std::vector<PeerRecord> peers;

    /// The one peer of account `user`; of no account, the one at `endpoint`.
    [[nodiscard]] const PeerRecord* of(UserId user) const;
    [[nodiscard]] const PeerRecord* at(Ipv4Endpoint endpoint) const;
};

/// Collects swarms, and says "enough" after `enough` calls.
class SwarmCollector final : public SwarmSink {
public:
    explicit SwarmCollector(std::size_t enough = ~std::size_t{0}) : enough_(enough) {}
    bool swarm(const SwarmRecord& swarm, std::span<const PeerRecord> peers) noexcept override;

    std::vector<SwarmView> swarms;
    std::size_t calls = 0;
    bool is_spare_used = false;   // bytes without a meaning were not zero
    bool is_interleaved = false;  // a swarm came, then another, then the first again

private:
    std::size_t enough_;
};

/// Remembers who fell silent.
class Mourner final : public ExpirySink {
public:
    void expired(std::span<const ExpiredPeer> peers) noexcept override {
        const std::lock_guard lock(mutex_);
        gone_.insert(gone_.end(), peers.begin(), peers.end());
    }
    [[nodiscard]] std::vector<ExpiredPeer> gone() const {
        const std::lock_guard lock(mutex_);
        return gone_;
    }

private:
    mutable std::mutex mutex_;
    std::vector<ExpiredPeer> gone_;
};

/// A worker: a loop and its session.
class Worker {
public:
    Worker(TrackerDriver& driver, FakeClock& clock);
    ~Worker();
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    /// Announces in one batch. A networked driver gets some seconds to answer.
    std::deque<Reply> announce(std::vector<AnnounceRequest> requests);
    Reply announce(const AnnounceRequest& request);

    std::vector<SwarmCounts> scrape(const std::vector<InfoHash>& info_hashes);
    SwarmCounts scrape(const InfoHash& info_hash) { return scrape(std::vector{info_hash})[0]; }

    FakeHost host;

private:
    /// A session that has to connect first is given some seconds for it.
    void await_service();

    plugin::TrackerSessionPtr session_;
};

/// How many loops still had a timer, watch or task of a driver's or session's after its release,
/// since this was last asked.
unsigned take_busy_loops();

/// The setup the contract starts from.
TrackerSetup plain_setup();

/// A driver with its control loop, its clock and one worker.
class Tracker {
public:
    explicit Tracker(const MakeTrackerDriver& make, const TrackerSetup& setup = plain_setup());
    ~Tracker();
    Tracker(const Tracker&) = delete;
    Tracker& operator=(const Tracker&) = delete;

    TrackerDriver& driver() { return *driver_; }
    FakeClock& clock() { return clock_; }
    FakeHost& control() { return control_; }
    Worker& worker() { return *worker_; }

    /// Moves the time of all loops of this thread, with a turn every second.
    void let_pass(seconds time);

    Reply announce(const AnnounceRequest& request) { return worker_->announce(request); }
    SwarmCounts scrape(const InfoHash& info_hash = ubuntu) { return worker_->scrape(info_hash); }
    std::optional<SwarmView> read(const InfoHash& info_hash = ubuntu);

    /// Who a newcomer of the same reach is handed, of everybody: it leaves again at once.
    Reply visit();

private:
    FakeClock clock_;
    FakeHost control_{clock_};
    plugin::TrackerDriverPtr driver_;
    std::optional<Worker> worker_;
};

}  // namespace chihaya::test::contract
