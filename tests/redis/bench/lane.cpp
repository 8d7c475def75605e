#include "tests/redis/bench/lane.hpp"

#include "tests/bench/load/clock.hpp"

#include <ctime>
#include <stdexcept>

namespace chihaya::redis::bench {
namespace {

using chihaya::bench::nanoseconds;

constexpr double nanos_per_second = 1e9;
constexpr std::uint64_t patience = 20'000'000'000;  // nanoseconds

double own_cpu_seconds() noexcept {
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / nanos_per_second;
}

}  // namespace

void Lane::answered(std::size_t slot, bool right) noexcept {
    ++answers_;
    failed_ += right ? 0 : 1;
    const std::size_t batch = slot / window_.size;
    if (--batches_[batch].left == 0) {
        ready_.push_back(batch);
    }
}

void Lane::send_batch(std::size_t batch) {
    batches_[batch] = {nanoseconds(), window_.size};
    sent_ += window_.size;
    send(batch * window_.size, window_.size);
}

bool Lane::turn() {
    owed_ += step() * static_cast<double>(answers_ - told_);
    told_ = answers_;
    const auto whole = std::chrono::floor<std::chrono::milliseconds>(owed_);
    loop_.clock.advance(whole);
    owed_ -= whole;
    const std::uint64_t before = answers_;
    loop_.host.turn(std::chrono::milliseconds(1));
    return answers_ != before;
}

Run Lane::run(Servers& servers, Window window, double seconds, std::uint64_t answers) {
    window_ = window;
    batches_.assign(window.batches, {});
    ready_.clear();
    ready_.reserve(window.batches);
    sent_ = answers_ = failed_ = told_ = 0;
    Run run;
    const Used before = servers.used();
    const double own_before = own_cpu_seconds();
    const std::uint64_t begin = nanoseconds();
    const std::uint64_t end = begin + static_cast<std::uint64_t>(seconds * nanos_per_second);
    std::uint64_t last = begin;
    const auto is_over = [&] {
        return answers != 0 ? sent_ >= answers : last >= end;
    };
    for (std::size_t batch = 0; batch < window.batches; ++batch) {
        send_batch(batch);
    }
    for (std::size_t flying = window.batches; flying > 0;) {
        const std::uint64_t now = turn() ? last = nanoseconds() : nanoseconds();
        if (now - last > patience) {
            throw std::runtime_error("there are no more answers");
        }
        std::vector<std::size_t> ready;
        ready.swap(ready_);
        ready_.reserve(window.batches);
        for (const std::size_t batch : ready) {
            run.latency.add(now - batches_[batch].sent);
            if (is_over()) {
                --flying;
            } else {
                send_batch(batch);
            }
        }
    }
    run.seconds = static_cast<double>(nanoseconds() - begin) / nanos_per_second;
    run.own_cpu_seconds = own_cpu_seconds() - own_before;
    run.redis = servers.used() - before;
    run.answers = answers_;
    run.failed = failed_;
    return run;
}

}  // namespace chihaya::redis::bench
