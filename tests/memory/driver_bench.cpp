#include "plugins/memory/memory_driver.hpp"
#include "tests/support/fake_host.hpp"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <filesystem>
#include <memory>
#include <random>
#include <span>
#include <string_view>
#include <vector>

namespace chihaya::memory {
namespace {

/// The time this thread has had a processor: others on the machine do not count.
struct Clock {
    using duration = std::chrono::nanoseconds;
    using rep = duration::rep;
    using period = duration::period;
    using time_point = std::chrono::time_point<Clock>;
    static time_point now() noexcept {
        timespec time{};
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
        return time_point(std::chrono::seconds(time.tv_sec) + duration(time.tv_nsec));
    }
};

/// What the process has in memory, in bytes.
std::size_t resident() {
    std::size_t total = 0;
    std::size_t pages = 0;
    std::FILE* const file = std::fopen("/proc/self/statm", "r");
    if (file == nullptr || std::fscanf(file, "%zu %zu", &total, &pages) != 2) {
        std::abort();
    }
    std::fclose(file);
    return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

/// A tracker's population: so many swarms of so many peers each.
struct Shape {
    std::uint32_t swarms;
    std::uint32_t peers;
    bool accounts = false;
    std::uint32_t want = 30;
};

class Sink final : public AnnounceSink {
public:
    void done(const AnnounceReply& reply) noexcept override {
        peers += reply.ipv4_peers;
        known += reply.history.known ? 1 : 0;
    }
    void failed(Status /*status*/) noexcept override { std::abort(); }
    std::uint64_t peers = 0;
    std::uint64_t known = 0;
};

class Bench {
public:
    explicit Bench(const Shape& shape, const Parameters& kept = {})
        : shape_(shape), driver_(new MemoryDriver(host_, setup_, false)) {
        if (!driver_->keep(kept, setup_)) {
            std::abort();
        }
        session_ = driver_->open_session(host_);
    }
    ~Bench() {
        session_->release();
        driver_->release();
    }
    Bench(const Bench&) = delete;
    Bench& operator=(const Bench&) = delete;

    /// Everybody announces once, in the order in which a tracker sees them: mixed.
    void fill() {
        for (std::uint32_t peer = 0; peer < shape_.peers; ++peer) {
            for (std::uint32_t swarm = 0; swarm < shape_.swarms;) {
                for (std::size_t i = 0; i < batch; ++i, ++swarm) {
                    prepare(i, swarm % shape_.swarms, peer, 0);
                }
                session_->announce(calls_);
            }
        }
    }

    static constexpr int runs = 60;  // short ones: one of them will be left in peace

    /// Random peers announce again. Returns nanoseconds an announce, the best of all runs.
    double churn(std::uint64_t announces) {
        std::mt19937_64 dice(7);
        double best = 1e9;
        for (int run = 0; run < runs; ++run) {
            std::chrono::nanoseconds spent{};
            for (std::uint64_t done = 0; done < announces; done += batch) {
                for (std::size_t i = 0; i < batch; ++i) {
                    const std::uint64_t drawn = dice();
                    prepare(i, static_cast<std::uint32_t>((drawn & 0xffffffff) % shape_.swarms),
                            static_cast<std::uint32_t>((drawn >> 32) % shape_.peers), shape_.want);
                }
                const auto start = Clock::now();
                session_->announce(calls_);
                spent += Clock::now() - start;
            }
            best =
                std::min(best, static_cast<double>(spent.count()) / static_cast<double>(announces));
        }
        return best;
    }

    /// Random peers announce again, one by one, until `snapshots` have been written. Returns how
    /// long each took by the clock on the wall, in microseconds: without, and during one.
    std::array<std::vector<double>, 2> alone(const std::filesystem::path& file, double snapshots) {
        std::array<std::vector<double>, 2> all;
        std::mt19937_64 dice(11);
        const auto fresh = std::filesystem::path(file).concat(".new");
        const double enough = reported("snapshots") + snapshots;
        while (reported("snapshots") < enough) {
            const bool is_saving = std::filesystem::exists(fresh);
            for (int announce = 0; announce < 512; ++announce) {
                const std::uint64_t drawn = dice();
                prepare(0, static_cast<std::uint32_t>((drawn & 0xffffffff) % shape_.swarms),
                        static_cast<std::uint32_t>((drawn >> 32) % shape_.peers), shape_.want);
                const auto start = std::chrono::steady_clock::now();
                session_->announce(std::span(calls_).first(1));
                const std::chrono::duration<double, std::micro> spent =
                    std::chrono::steady_clock::now() - start;
                all.at(is_saving ? 1 : 0).push_back(spent.count());
            }
        }
        return all;
    }
    [[nodiscard]] double reported(std::string_view name) {
        class Found final : public MetricSink {
        public:
            explicit Found(std::string_view sought) : sought_(sought) {}
            void gauge(const char* key, double number) noexcept override {
                value = key == sought_ ? number : value;
            }
            void counter(const char* key, std::uint64_t number) noexcept override {
                gauge(key, static_cast<double>(number));
            }
            double value = 0;

        private:
            std::string_view sought_;
        };
        Found found(name);
        driver_->report(found);
        return found.value;
    }

    struct Slices {
        double p999 = 0;
        double longest = 0;
    };

    /// Time goes on in small steps. Returns how long the turns took, in microseconds.
    Slices turns(std::chrono::seconds time) {
        std::vector<double> all;
        for (std::chrono::milliseconds passed{0}; passed < time; passed += step) {
            clock_.advance(step);
            const auto start = Clock::now();
            host_.turn();
            const std::chrono::duration<double, std::micro> spent = Clock::now() - start;
            all.push_back(spent.count());
        }
        std::ranges::sort(all);
        return {.p999 = all[all.size() - 1 - all.size() / 1000], .longest = all.back()};
    }

    [[nodiscard]] MemoryDriver& driver() { return *driver_; }
    [[nodiscard]] const Sink& sink() const { return sink_; }

private:
    static constexpr std::size_t batch = 64;
    static constexpr std::chrono::milliseconds step{5};

    void prepare(std::size_t at, std::uint32_t swarm, std::uint32_t peer, std::uint32_t want) {
        AnnounceRequest& request = requests_[at];
        request = {};
        std::memcpy(request.info_hash.bytes.data() + 8, &swarm, sizeof swarm);
        const std::uint32_t number = swarm * 2654435761U + peer;
        request.ipv4.wire = {static_cast<std::uint8_t>(11 + (number >> 24) % 80),
                             static_cast<std::uint8_t>(number >> 16),
                             static_cast<std::uint8_t>(number >> 8),
                             static_cast<std::uint8_t>(number),
                             static_cast<std::uint8_t>(0x80 | (peer >> 8)),
                             static_cast<std::uint8_t>(peer)};
        request.left = peer % 3 == 0 ? 0 : 1;
        request.num_want_ipv4 = want;
        request.room.ipv4 = room_[at].data();
        if (shape_.accounts) {
            request.user = UserId{number % 2000 + 1};
            std::memcpy(request.peer_id.bytes.data(), &number, sizeof number);
        }
        calls_[at] = {&request, &sink_};
    }

    Shape shape_;
    test::FakeClock clock_;
    test::FakeHost host_{clock_};
    TrackerSetup setup_{};
    MemoryDriver* driver_;
    TrackerSession* session_ = nullptr;
    Sink sink_;
    std::array<AnnounceRequest, batch> requests_{};
    std::array<AnnounceCall, batch> calls_{};
    std::array<std::array<std::uint8_t, 6 * 200>, batch> room_{};
};

/// The driver's own figure.
class Memory final : public MetricSink {
public:
    void gauge(const char* name, double value) noexcept override {
        if (std::string_view(name) == "memory_bytes") {
            bytes = value;
        }
    }
    void counter(const char* /*name*/, std::uint64_t /*value*/) noexcept override {}
    double bytes = 0;
};

double share(std::vector<double>& all, double share) {
    std::ranges::sort(all);
    return all.empty() ? 0
                       : all[static_cast<std::size_t>(static_cast<double>(all.size() - 1) * share)];
}

/// In two processes, so that the second has the memory of a fresh one: the first fills and saves,
/// the second restores.
void measure_kept(const Shape& shape, const std::filesystem::path& file) {
    const std::size_t before = resident();
    Bench bench(shape, {.snapshot = file, .snapshot_interval = std::chrono::seconds(10)});
    const double restored = bench.reported("restored_peers");
    if (restored > 0) {
        std::printf("restored %.0f peers in %.2f s, resident %.1f MiB\n", restored,
                    bench.reported("restore_seconds"),
                    static_cast<double>(resident() - before) / 1048576);
        return;
    }
    bench.fill();
    const auto grown = static_cast<double>(resident() - before);
    auto times = bench.alone(file, 3);
    std::printf(
        "%u x %u: resident %.1f MiB, and %.1f MiB after snapshots; file %.1f MiB, written "
        "in %.2f s\n",
        shape.swarms, shape.peers, grown / 1048576,
        static_cast<double>(resident() - before) / 1048576,
        bench.reported("snapshot_bytes") / 1048576, bench.reported("snapshot_seconds"));
    for (const std::size_t saving : {0U, 1U}) {
        auto& all = times.at(saving);
        std::printf("%s: %zu announces, p50 %.2f us, p99 %.2f us, p99.9 %.2f us, p99.99 %.2f us\n",
                    saving == 1 ? "during a snapshot" : "without", all.size(), share(all, 0.5),
                    share(all, 0.99), share(all, 0.999), share(all, 0.9999));
    }
}

void measure(const Shape& shape, bool with_expiry) {
    const std::size_t before = resident();
    Bench bench(shape);
    const auto start = Clock::now();
    bench.fill();
    const std::chrono::duration<double> filling = Clock::now() - start;
    const auto grown = static_cast<double>(resident() - before);
    const double all_peers = static_cast<double>(shape.swarms) * shape.peers;
    const std::uint64_t announces = 64'000;
    Memory own;
    bench.driver().report(own);
    const double each = bench.churn(announces);
    std::printf(
        "%9u x %-6u %-8s %7.1f B/peer %7.1f B/swarm (own figure %.1f)  fill %6.0f ns  announce "
        "%6.1f ns"
        "  %4.1f peers back\n",
        shape.swarms, shape.peers, shape.accounts ? "accounts" : "", grown / all_peers,
        grown / shape.swarms, own.bytes / shape.swarms, filling.count() * 1e9 / all_peers, each,
        static_cast<double>(bench.sink().peers) / (Bench::runs * static_cast<double>(announces)));
    if (with_expiry) {
        const auto rest = bench.turns(std::chrono::seconds(60));
        const auto busy = bench.turns(std::chrono::seconds(4200));
        std::printf(
            "%20s sweep: p99.9 %.0f us, longest %.0f us at rest; %.0f us, %.0f us while all "
            "expire\n",
            "", rest.p999, rest.longest, busy.p999, busy.longest);
    }
    std::fflush(stdout);
}

}  // namespace
}  // namespace chihaya::memory

int main(int argc, char** argv) {
    using chihaya::memory::measure;
    const std::string_view what = argc > 1 ? argv[1] : "usual";
    if (what == "usual") {
        measure({.swarms = 10'000, .peers = 100}, false);
        measure({.swarms = 10'000, .peers = 300}, true);
        measure({.swarms = 1'000'000, .peers = 1}, false);
        measure({.swarms = 1'000'000, .peers = 3}, true);
        measure({.swarms = 10'000, .peers = 300, .accounts = true}, true);
    } else if (what == "one" && argc >= 5) {
        measure({.swarms = static_cast<std::uint32_t>(std::atoi(argv[2])),
                 .peers = static_cast<std::uint32_t>(std::atoi(argv[3])),
                 .accounts = std::string_view(argv[4]) == "accounts"},
                argc > 5);
    } else if (what == "kept" && argc >= 5) {
        chihaya::memory::measure_kept({.swarms = static_cast<std::uint32_t>(std::atoi(argv[2])),
                                       .peers = static_cast<std::uint32_t>(std::atoi(argv[3]))},
                                      argv[4]);
    } else {
        std::puts(
            "memory_driver_bench [usual | one SWARMS PEERS accounts|plain [expiry] | kept SWARMS "
            "PEERS FILE, twice]");
    }
}
