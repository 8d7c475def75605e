#include "tests/conformance/contract/parts.hpp"
#include "tests/conformance/contract/world.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace chihaya::test::contract {
namespace {

constexpr unsigned worker_count = 4;
constexpr unsigned peers_each = 100;

struct Ignore final : MetricSink {
    void gauge(const char* /*name*/, double /*value*/) noexcept override {}
    void counter(const char* /*name*/, std::uint64_t /*value*/) noexcept override {}
};

/// Everything that may be called beside the workers, again and again. Touches `debian` only.
void disturb(Tracker& tracker, int round) {
    TrackerDriver& driver = tracker.driver();
    const TorrentRecord record{.id = TorrentId{6}, .info_hash = debian};
    const TorrentErasure erasure{.info_hash = debian};
    const UserId nobody{99};
    const PeerRecord peer{.ipv4 = ipv4(1, 9),
                          .last_announce = std::chrono::floor<seconds>(tracker.clock().now())};
    CHECK(driver.put_torrents({&record, 1}).ok());
    CHECK(driver.add_peers({.info_hash = debian}, {&peer, 1}).ok());
    SwarmCollector found;
    CHECK(driver.read_swarms(found).ok());
    CHECK(driver.erase_users({&nobody, 1}).ok());
    CHECK(driver.erase_torrents({&erasure, 1}).ok());
    CHECK(driver.health().ok());
    Ignore numbers;
    driver.report(numbers);
    if (round % 10 == 0 && round < 1000) {  // a peer's lifetime must not end meanwhile
        tracker.let_pass(seconds(1));
    }
}

void work(Tracker& tracker, unsigned number) {
    Worker worker(tracker.driver(), tracker.clock());
    for (int round = 0; round < 3; ++round) {
        for (unsigned last = 1; last <= peers_each; ++last) {
            worker.announce({from(ipv4(last, number), some_left),
                             in_swarm(with_account(from(ipv4(last, number), some_left), 7, 'x'),
                                      InfoHash{{static_cast<std::uint8_t>(last)}})});
            worker.scrape({ubuntu, debian});
        }
    }
    worker.announce(from(ipv4(1, number), nothing_left, Event::completed));
}

}  // namespace

void threads(const MakeTrackerDriver& make) {
    Tracker tracker(make);

    SUBCASE("workers announce, scrape and sweep at once, and nothing is lost or counted twice") {
        std::atomic<unsigned> at_work = worker_count;
        std::vector<std::thread> workers;
        for (unsigned number = 0; number < worker_count; ++number) {
            workers.emplace_back([&, number] {
                work(tracker, number);
                --at_work;
            });
        }
        for (int round = 0; at_work > 0; ++round) {
            disturb(tracker, round);
        }
        for (std::thread& worker : workers) {
            worker.join();
        }
        CHECK(tracker.scrape() == SwarmCounts{.seeders = worker_count,
                                              .leechers = worker_count * (peers_each - 1),
                                              .snatches = worker_count});
        CHECK(tracker.scrape(InfoHash{{50}}) == SwarmCounts{.leechers = 1});
    }

    SUBCASE("sessions open and close while others announce") {
        std::vector<std::thread> workers;
        for (unsigned number = 0; number < worker_count; ++number) {
            workers.emplace_back([&, number] {
                for (unsigned last = 1; last <= 50; ++last) {
                    Worker worker(tracker.driver(), tracker.clock());
                    worker.announce(from(ipv4(last, number), nothing_left));
                }
            });
        }
        for (std::thread& worker : workers) {
            worker.join();
        }
        CHECK(tracker.scrape() == SwarmCounts{.seeders = worker_count * 50});
    }
}

}  // namespace chihaya::test::contract
