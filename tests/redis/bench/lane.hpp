#pragma once

/// @file lane.hpp
/// One thing that is measured, in a closed loop: batches of requests, each sent again once it is
/// answered.

#include "tests/bench/load/histogram.hpp"
#include "tests/redis/bench/servers.hpp"
#include "tests/support/fake_host.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace chihaya::redis::bench {

/// How much is in flight: so many batches of so many requests.
struct Window {
    std::size_t batches = 1;
    std::size_t size = 1;
};

/// Where a lane sends from: a loop whose clock goes as the announces do.
struct Loop {
    chihaya::test::FakeClock clock{};
    chihaya::test::FakeHost host{clock};
};

/// What one run showed.
struct Run {
    double seconds = 0;
    std::uint64_t answers = 0;
    std::uint64_t failed = 0;  // wrong ones, and those that did not come
    Used redis{};
    double own_cpu_seconds = 0;
    chihaya::bench::Histogram latency{};  // of batches
};

class Lane {
public:
    explicit Lane(Loop& loop) noexcept : loop_(loop) {}
    Lane(const Lane&) = delete;
    Lane& operator=(const Lane&) = delete;
    virtual ~Lane() = default;

    /// Goes on for `seconds`, or until `answers` are asked for where that is not 0, and then until
    /// all is answered.
    /// Errors: std::runtime_error when nothing comes any more
    [[nodiscard]] Run run(Servers& servers, Window window, double seconds,
                          std::uint64_t answers = 0);

    static constexpr std::size_t slots_max = 1024;

protected:
    /// Sends the requests of slots `first` to `first + count - 1`. Each is answered later, or now.
    virtual void send(std::size_t first, std::size_t count) = 0;
    /// How far the clock goes on with each answer.
    [[nodiscard]] virtual std::chrono::duration<double, std::milli> step() const { return {}; }

    void answered(std::size_t slot, bool right) noexcept;

private:
    struct Batch {
        std::uint64_t sent = 0;  // nanoseconds
        std::size_t left = 0;
    };
    void send_batch(std::size_t batch);
    bool turn();

    Loop& loop_;
    Window window_;
    std::vector<Batch> batches_;
    std::vector<std::size_t> ready_;
    std::uint64_t sent_ = 0;
    std::uint64_t answers_ = 0;
    std::uint64_t failed_ = 0;
    std::chrono::duration<double, std::milli> owed_{};  // to the clock
    std::uint64_t told_ = 0;                            // answers that the clock knows of
};

}  // namespace chihaya::redis::bench
