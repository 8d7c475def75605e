#include "tests/redis/bench/lanes.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>

namespace chihaya::redis::bench {
namespace {

/// Of so many replies one has its peers looked at: that costs more than the driver itself.
constexpr std::uint64_t look_at_one_of = 16;

class Replanned final : public MetricSink {
public:
    void gauge(const char* /*name*/, double /*value*/) noexcept override {}
    void counter(const char* name, std::uint64_t value) noexcept override {
        if (std::string_view(name) == "replanned_announces") {
            count = value;
        }
    }
    std::uint64_t count = 0;
};

}  // namespace

DriverLane::DriverLane(Loop& loop, const Parameters& parameters, Population& population,
                       std::uint32_t want, std::chrono::seconds round)
    : Lane(loop),
      population_(population),
      want_(want),
      step_(std::chrono::duration<double, std::milli>(round) /
            static_cast<double>(population.size())),
      driver_(new RedisDriver(loop.host, setup_, parameters)),
      session_(driver_->open_session(loop.host)) {
    if (session_ == nullptr || !driver_->health().ok()) {
        throw std::runtime_error("the driver does not reach redis");
    }
    for (int turns = 0; turns < 100; ++turns) {
        loop.host.turn(std::chrono::milliseconds(10));  // connects
    }
    for (std::size_t i = 0; i < slots_.size(); ++i) {
        slots_[i].lane = this;
        slots_[i].number = i;
        slots_[i].request.room = {.ipv4 = slots_[i].ipv4.data(), .ipv6 = slots_[i].ipv6.data()};
    }
}

DriverLane::~DriverLane() {
    session_->release();
    driver_->release();
}

std::uint64_t DriverLane::replanned() const noexcept {
    Replanned sink;
    driver_->report(sink);
    return sink.count;
}

void DriverLane::send(std::size_t first, std::size_t count) {
    calls_.clear();
    for (std::size_t i = first; i < first + count; ++i) {
        Slot& slot = slots_[i];
        slot.who = population_.at(place_++);
        population_.describe(slot.who, want_, slot.request);
        slot.request.event = is_strict_ ? Event::none : Event::started;
        calls_.push_back({&slot.request, &slot});
    }
    session_->announce(calls_);
}

bool DriverLane::is_right(const Slot& slot, const AnnounceReply& reply) noexcept {
    if (reply.ipv4_peers > slot.request.num_want_ipv4 ||
        reply.ipv6_peers > slot.request.num_want_ipv6) {
        return false;
    }
    if (is_strict_) {
        const AnnounceReply expected = population_.expected(slot.who, slot.request);
        if (reply.counts.seeders != expected.counts.seeders ||
            reply.counts.leechers != expected.counts.leechers || !reply.history.known ||
            reply.ipv4_peers > expected.ipv4_peers || reply.ipv6_peers > expected.ipv6_peers) {
            return false;
        }
        missing_ += expected.ipv4_peers - reply.ipv4_peers;
        missing_ += expected.ipv6_peers - reply.ipv6_peers;
    }
    return ++checked_ % look_at_one_of != 0 ||
           population_.are_members(slot.who, slot.request, reply);
}

void DriverLane::Slot::done(const AnnounceReply& reply) noexcept {
    lane->answered(number, lane->is_right(*this, reply));
}

void DriverLane::Slot::failed(Status /*status*/) noexcept {
    lane->answered(number, false);
}

}  // namespace chihaya::redis::bench
