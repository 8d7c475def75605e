#include "tests/bench/load/udp_loop.hpp"

#include "tests/bench/load/clock.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <array>

namespace chihaya::bench {
namespace {

constexpr std::uint64_t second = 1'000'000'000;
constexpr std::uint64_t sweep_interval = second / 10;
constexpr std::uint64_t connect_time = 5 * second;
constexpr std::uint64_t silence_max = 40 * second;
constexpr std::uint64_t faults_max = 1000;
constexpr std::uint32_t slot_bits = 10;
constexpr std::uint32_t slot_mask = (1U << slot_bits) - 1;

}  // namespace

UdpLoop::UdpLoop(const UdpOptions& options, Plan& plan)
    : options_(options),
      plan_(plan),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      check_(options.expect, options.peers),
      received_(answer_datagram_max, false),
      slots_(options.window) {
    for (std::uint32_t i = 0; i < options.window; ++i) {
        slots_[i].transaction = i;
        free_.push_back(i);
    }
    if (options.selection)
        selection_.emplace(options.peers, options.expect == Expectation::everyone);
}

UdpLoop::~UdpLoop() {
    ::close(epoll_);
}

Totals UdpLoop::run(double seconds) {
    if (!open() || !connect()) {
        totals_.fail(Fault::connect);
        return totals_;
    }
    const std::uint64_t start = nanoseconds();
    const std::uint64_t end =
        seconds > 0 ? start + static_cast<std::uint64_t>(seconds * 1e9) : UINT64_MAX;
    std::uint64_t next_sweep = start + sweep_interval;
    now_ = heard_ = start;
    for (issue(); free_.size() < slots_.size(); issue()) {
        wait(100);
        now_ = nanoseconds();
        if (now_ >= end || hopeless())
            plan_.stop();
        if (now_ >= next_sweep) {
            sweep();
            next_sweep = now_ + sweep_interval;
        }
    }
    finish(start);
    return totals_;
}

bool UdpLoop::open() {
    const std::uint32_t addresses = address_index(options_.peers - 1) + 1;
    channels_.reserve(std::size_t{addresses} * options_.sockets);
    for (std::uint32_t i = 0; i < addresses * options_.sockets; ++i) {
        UdpChannel& channel = channels_.emplace_back(i / options_.sockets, options_.port);
        epoll_event event{};
        event.events = EPOLLIN;
        event.data.ptr = &channel;
        if (channel.fd() < 0 || ::epoll_ctl(epoll_, EPOLL_CTL_ADD, channel.fd(), &event) != 0)
            return false;
    }
    return true;
}

/// Nothing is measured before every channel has its connection id.
bool UdpLoop::connect() {
    const std::uint64_t end = nanoseconds() + connect_time;
    const auto connected = [](const UdpChannel& channel) {
        return channel.connected();
    };
    while (!std::all_of(channels_.begin(), channels_.end(), connected)) {
        now_ = nanoseconds();
        if (now_ >= end || totals_.failed() > 0)
            return false;
        for (UdpChannel& channel : channels_)
            channel.connect(now_);
        wait(50);
    }
    return true;
}

/// Fills every free place; a channel's requests go together.
void UdpLoop::issue() {
    while (!free_.empty()) {
        const auto next = plan_.next();
        if (!next)
            break;
        Slot& slot = slots_[free_.back()];
        free_.pop_back();
        slot.transaction =
            (slot.transaction + (1U << slot_bits)) & ~connect_transaction;  // another generation
        slot.asked = *next;
        slot.busy = true;
        slot.sent = now_;
        const std::uint32_t port = (slot.transaction & slot_mask) % options_.sockets;
        channels_[address_index(next->peer) * options_.sockets + port].announce(slot.transaction,
                                                                                *next);
    }
    for (UdpChannel& channel : channels_)
        channel.flush();
}

void UdpLoop::wait(int milliseconds) {
    std::array<epoll_event, 64> events{};
    const int ready = ::epoll_wait(epoll_, events.data(), events.size(), milliseconds);
    for (int i = 0; i < ready; ++i)
        receive(*static_cast<UdpChannel*>(events.at(static_cast<std::size_t>(i)).data.ptr));
}

/// What does not fit into one batch is there at the next wait.
void UdpLoop::receive(UdpChannel& channel) {
    const std::size_t count = received_.receive(channel.fd(), MSG_DONTWAIT);
    now_ = nanoseconds();
    for (std::size_t i = 0; i < count; ++i)
        settle(channel, received_.datagram(i));
}

void UdpLoop::settle(UdpChannel& channel, std::string_view datagram) {
    totals_.bytes += datagram.size();
    if (datagram.size() < 8) {
        totals_.fail(Fault::packet);
        return;
    }
    const auto transaction = load<std::uint32_t>(datagram.data() + 4);
    if ((transaction & connect_transaction) != 0) {
        ++totals_.connections;
        if (!channel.take_connection(datagram, now_))
            totals_.fail(Fault::connect);
        return;
    }
    const std::uint32_t number = transaction & slot_mask;
    if (number < slots_.size() && slots_[number].busy &&
        slots_[number].transaction == transaction) {
        judge(slots_[number], datagram);
    } else if (totals_.late < given_up_) {
        ++totals_.late;
    } else {
        totals_.fail(Fault::transaction);
    }
}

void UdpLoop::judge(Slot& slot, std::string_view datagram) {
    const Fault fault = check_(datagram, slot.asked);
    release(slot);
    if (fault != Fault::none) {
        totals_.fail(fault);
        return;
    }
    heard_ = now_;
    totals_.verify(now_ - slot.sent, check_.peers().swarm_size());
    if (selection_ && !slot.asked.started)
        selection_->note(slot.asked, check_.peers().named());
}

void UdpLoop::release(Slot& slot) {
    slot.busy = false;
    free_.push_back(slot.transaction & slot_mask);
}

/// A lost answer counts among the latencies with the time that it was waited for.
void UdpLoop::sweep() {
    const std::uint64_t timeout = std::uint64_t{options_.timeout_ms} * 1'000'000;
    for (Slot& slot : slots_) {
        if (!slot.busy || now_ - slot.sent <= timeout)
            continue;
        totals_.fail(Fault::timeout);
        totals_.latency.add(now_ - slot.sent);
        ++given_up_;
        release(slot);
    }
    for (UdpChannel& channel : channels_)
        channel.connect(now_);
}

void UdpLoop::finish(std::uint64_t started) {
    totals_.seconds = static_cast<double>(nanoseconds() - started) / 1e9;
    if (selection_)
        totals_.extra = selection_->json();
}

/// Lost answers alone are no reason to stop: the network between may be flooded.
bool UdpLoop::hopeless() const noexcept {
    const std::uint64_t lost = totals_.faults.at(static_cast<std::size_t>(Fault::timeout));
    return totals_.failed() - lost > faults_max || now_ - heard_ > silence_max;
}

}  // namespace chihaya::bench
