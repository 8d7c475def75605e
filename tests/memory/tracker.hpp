#pragma once

/// @file tracker.hpp
/// A memory driver with a worker, and peers that announce to it.

#include "plugins/memory/memory_driver.hpp"
#include "tests/support/fake_host.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace chihaya::memory::test {

using chihaya::test::FakeClock;
using chihaya::test::FakeHost;
using std::chrono::seconds;

inline constexpr seconds lifetime{600};
inline constexpr InfoHash ubuntu{{0x2a, 0xa4}};

/// Public addresses, one for each number.
inline Ipv4Endpoint ipv4(std::uint32_t number) {
    return {{static_cast<std::uint8_t>(20 + number / 0x1000000),
             static_cast<std::uint8_t>(number / 0x10000), static_cast<std::uint8_t>(number / 0x100),
             static_cast<std::uint8_t>(number), 0x1a, 0xe1}};
}
inline Ipv6Endpoint ipv6(std::uint32_t number) {
    Ipv6Endpoint endpoint{{0x2a, 0x01}};
    std::memcpy(endpoint.wire.data() + 8, &number, sizeof number);
    endpoint.wire[17] = 1;
    return endpoint;
}

inline AnnounceRequest announce_of(std::uint32_t number, std::uint64_t left = 1,
                                   Event event = Event::none) {
    AnnounceRequest request;
    request.info_hash = ubuntu;
    request.ipv4 = ipv4(number);
    std::memcpy(request.peer_id.bytes.data(), &number, sizeof number);
    request.left = left;
    request.event = event;
    request.num_want_ipv4 = 50;
    request.num_want_ipv6 = 50;
    return request;
}
inline AnnounceRequest over_ipv6(AnnounceRequest request, std::uint32_t number) {
    request.ipv4 = {};
    request.ipv6 = ipv6(number);
    return request;
}
inline AnnounceRequest with_account(AnnounceRequest request, std::uint64_t user) {
    request.user = UserId{user};
    return request;
}

/// What an announce was told, and the room it was told it in.
class Reply final : public AnnounceSink {
public:
    void done(const AnnounceReply& reply) noexcept override {
        ++answers;
        told = reply;
    }
    void failed(Status status) noexcept override {
        ++answers;
        failure = status;
    }
    void lend_room(AnnounceRequest& request) {
        ipv4_room.resize(request.num_want_ipv4);
        ipv6_room.resize(request.num_want_ipv6);
        ipv4_ids.resize(request.num_want_ipv4);
        request.room = {.ipv4 = reinterpret_cast<std::uint8_t*>(ipv4_room.data()),
                        .ipv6 = reinterpret_cast<std::uint8_t*>(ipv6_room.data()),
                        .ipv4_ids = ipv4_ids.data()};
    }
    [[nodiscard]] std::span<const Ipv4Endpoint> ipv4s() const {
        return std::span(ipv4_room).first(told.ipv4_peers);
    }
    [[nodiscard]] std::span<const Ipv6Endpoint> ipv6s() const {
        return std::span(ipv6_room).first(told.ipv6_peers);
    }

    int answers = 0;
    Status failure;
    AnnounceReply told;
    std::vector<Ipv4Endpoint> ipv4_room;
    std::vector<Ipv6Endpoint> ipv6_room;
    std::vector<PeerId> ipv4_ids;
};

class Metrics final : public MetricSink {
public:
    void gauge(const char* name, double value) noexcept override { values[name] = value; }
    void counter(const char* name, std::uint64_t value) noexcept override {
        values[name] = static_cast<double>(value);
    }
    std::map<std::string, double> values;
};

class Collector final : public SwarmSink {
public:
    bool swarm(const SwarmRecord& swarm, std::span<const PeerRecord> some) noexcept override {
        record = swarm;
        ++calls;
        peers.insert(peers.end(), some.begin(), some.end());
        return true;
    }
    SwarmRecord record;
    std::vector<PeerRecord> peers;
    int calls = 0;
};

class Tracker {
public:
    explicit Tracker(const TrackerSetup& setup = {.peer_lifetime = lifetime,
                                                  .history_lifetime = lifetime})
        : driver_(new MemoryDriver(host_, setup, setup.keep_peer_ids)),
          session_(driver_->open_session(host_)) {}
    ~Tracker() {
        session_->release();
        driver_->release();
    }
    Tracker(const Tracker&) = delete;
    Tracker& operator=(const Tracker&) = delete;

    Reply announce(AnnounceRequest request) {
        Reply reply;
        reply.lend_room(request);
        const AnnounceCall call{&request, &reply};
        session_->announce({&call, 1});
        return reply;
    }
    /// Without anything that might allocate.
    void announce(std::span<const AnnounceCall> batch) { session_->announce(batch); }

    void let_pass(seconds time) { host_.let_pass(time); }
    /// One turn of the loop, `time` later.
    void turn(std::chrono::milliseconds time) {
        clock_.advance(time);
        host_.turn();
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
    MemoryDriver& driver() { return *driver_; }
    FakeHost& host() { return host_; }
    [[nodiscard]] seconds now() const {
        return std::chrono::floor<seconds>(clock_.now().time_since_epoch());
    }

private:
    FakeClock clock_;
    FakeHost host_{clock_};
    MemoryDriver* driver_;
    TrackerSession* session_;
};

}  // namespace chihaya::memory::test
