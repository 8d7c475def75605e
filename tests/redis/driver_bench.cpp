#include "tests/redis/bench/lanes.hpp"
#include "tests/redis/bench/options.hpp"

#include <array>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace chihaya::redis::bench {
namespace {

constexpr double million = 1e6;

/// Prints `{"name": …, …}`, piece by piece.
class Json {
public:
    Json& put(const char* name, double value) {
        std::array<char, 64> text{};
        std::snprintf(text.data(), text.size(), "%.9g", value);
        return put(name, std::string(text.data()));
    }
    Json& put(const char* name, const std::string& value) {
        text_ += (text_.empty() ? "{\"" : ", \"") + std::string(name) + "\": " + value;
        return *this;
    }
    [[nodiscard]] std::string text() const { return text_.empty() ? "{}" : text_ + "}"; }

private:
    std::string text_;
};

Json json(const Run& run) {
    const auto us = [&](double share) {
        return static_cast<double>(run.latency.quantile(share)) / 1000;
    };
    const auto answers = static_cast<double>(run.answers);
    return Json()
        .put("seconds", run.seconds)
        .put("verified", static_cast<double>(run.answers - run.failed))
        .put("failed", static_cast<double>(run.failed))
        .put("redis_cpu_seconds", run.redis.cpu_seconds)
        .put("own_cpu_seconds", run.own_cpu_seconds)
        .put("bytes_in", static_cast<double>(run.redis.bytes_in) / answers)
        .put("bytes_out", static_cast<double>(run.redis.bytes_out) / answers)
        .put("p50_us", us(0.5))
        .put("p99_us", us(0.99))
        .put("p999_us", us(0.999));
}

void say(const char* name, const Run& run) {
    const auto answers = static_cast<double>(run.answers);
    std::fprintf(stderr,
                 "%-22s %8.0f/s  redis %6.2f us (%7.0f/s a core)  own %6.2f us  to redis %5.0f B, "
                 "back %5.0f B  p50 %6.0f us  p99 %6.0f  failed %llu\n",
                 name, answers / run.seconds, run.redis.cpu_seconds / answers * million,
                 answers / run.redis.cpu_seconds, run.own_cpu_seconds / answers * million,
                 static_cast<double>(run.redis.bytes_in) / answers,
                 static_cast<double>(run.redis.bytes_out) / answers,
                 static_cast<double>(run.latency.quantile(0.5)) / 1000,
                 static_cast<double>(run.latency.quantile(0.99)) / 1000,
                 static_cast<unsigned long long>(run.failed));
}

/// All runs of one lane in one way.
class Series {
public:
    Series(const char* name, Window window) : name_(name), window_(window) {}

    [[nodiscard]] Window window() const noexcept { return window_; }
    void add(const Run& run) {
        say(name_, run);
        failed_ += run.failed;
        runs_ += (runs_.empty() ? "" : ", ") + json(run).text();
    }
    void put(Json& to) const {
        if (!runs_.empty()) {
            to.put(name_, "[" + runs_ + "]");
        }
    }
    [[nodiscard]] std::uint64_t failed() const noexcept { return failed_; }

private:
    const char* name_;
    Window window_;
    std::string runs_;
    std::uint64_t failed_ = 0;
};

constexpr Window one_alone{.batches = 1, .size = 1};

class Bench {
public:
    explicit Bench(const Options& options)
        : options_(options),
          servers_(options.servers),
          population_(options.swarms, options.peers, options.mix) {}

    bool run() {
        figures_.put("redis", '"' + servers_.version() + '"')
            .put("swarms", population_.swarms())
            .put("peers", population_.peers())
            .put("want", options_.want);
        open();
        for (std::uint32_t round = 0; round < options_.rounds; ++round) {
            take_turns();
        }
        if (announces_) {
            const auto count = static_cast<double>(announced_);
            const double replanned = static_cast<double>(announces_->replanned() - replanned_);
            const auto missing = static_cast<double>(announces_->missing());
            std::fprintf(stderr, "replanned %.4f, peers missing %.6f an announce\n",
                         replanned / count, missing / count);
            figures_.put("replanned", replanned / count).put("missing", missing / count);
        }
        std::uint64_t failed = 0;
        for (const Series* series : {&fill_, &announce_, &naive_, &ping_, &alone_, &ping_alone_}) {
            series->put(figures_);
            failed += series->failed();
        }
        std::puts(figures_.text().c_str());
        return failed == 0;
    }

private:
    void open() {
        if (options_.has("announce")) {
            const std::uint64_t before = servers_.memory();
            announces_ = std::make_unique<DriverLane>(loop_, servers_.parameters(), population_,
                                                      options_.want, options_.round);
            fill_.add(announces_->run(servers_, options_.window, 0, population_.size()));
            announces_->be_strict();
            const double each = static_cast<double>(servers_.memory() - before) /
                                static_cast<double>(population_.size());
            std::fprintf(stderr, "%.1f bytes a peer in redis\n", each);
            figures_.put("bytes_a_peer", each);
        }
        if (options_.has("naive")) {
            naive_lane_ = std::make_unique<NaiveLane>(loop_, servers_.parameters(), population_,
                                                      options_.want);
            naive_lane_->fill(servers_.client());
        }
        if (options_.has("ping")) {
            ping_lane_ = std::make_unique<PingLane>(loop_, servers_.parameters());
        }
        replanned_ = announces_ ? announces_->replanned() : 0;
    }

    void take_turns() {
        if (announces_) {
            for (Series* const series : {&announce_, &alone_}) {
                const Run run = announces_->run(servers_, series->window(), options_.seconds);
                announced_ += run.answers;
                series->add(run);
            }
        }
        if (naive_lane_) {
            naive_.add(naive_lane_->run(servers_, naive_.window(), options_.seconds));
        }
        if (ping_lane_) {
            for (Series* const series : {&ping_, &ping_alone_}) {
                series->add(ping_lane_->run(servers_, series->window(), options_.seconds));
            }
        }
    }

    Options options_;
    Servers servers_;
    Population population_;
    Loop loop_;
    std::unique_ptr<DriverLane> announces_;
    std::unique_ptr<NaiveLane> naive_lane_;
    std::unique_ptr<PingLane> ping_lane_;
    Series fill_{"fill", options_.window};
    Series announce_{"announce", options_.window};
    Series naive_{"naive", options_.window};
    Series ping_{"ping", options_.window};
    Series alone_{"announce_alone", one_alone};
    Series ping_alone_{"ping_alone", one_alone};
    std::uint64_t announced_ = 0;
    std::uint64_t replanned_ = 0;
    Json figures_;
};

}  // namespace
}  // namespace chihaya::redis::bench

int main(int argc, char** argv) {
    using namespace chihaya::redis::bench;
    const auto options = read_options({argv, static_cast<std::size_t>(argc)});
    if (!options) {
        return 2;
    }
    try {
        return Bench(*options).run() ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 2;
    }
}
