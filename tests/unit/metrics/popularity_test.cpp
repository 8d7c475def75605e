#include "core/metrics/popularity.hpp"

#include "core/base/limits.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace chihaya::metrics {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr Popularity::Moment start{seconds(1'000)};

InfoHash swarm(std::uint32_t number) {
    InfoHash info_hash;
    for (std::size_t i = 0; i < 4; ++i) {
        info_hash.bytes[i] = static_cast<std::uint8_t>(number >> (8 * i));
    }
    return info_hash;
}

PeerId client(std::string_view prefix, std::uint32_t number = 0) {
    PeerId peer_id;
    std::ranges::copy(prefix, peer_id.bytes.begin());
    for (std::size_t i = 0; i < 4; ++i) {
        peer_id.bytes[12 + i] = static_cast<std::uint8_t>(number >> (8 * i));
    }
    return peer_id;
}

PopularityTotals totals_of(const Popularity& popularity, Popularity::Moment now) {
    PopularityTotals totals;
    popularity.add_swarms_to(totals, now);
    PopularityTotals clients;
    popularity.add_clients_to(clients, now);
    totals.clients = clients.clients;
    settle(totals);
    return totals;
}

/// Numbers from 0, the lower the more frequent: a Zipf distribution with exponent 1.
class Zipf {
public:
    explicit Zipf(std::size_t size) {
        double sum = 0;
        for (std::size_t rank = 1; rank <= size; ++rank) {
            sum += 1.0 / static_cast<double>(rank);
            below_.push_back(sum);
        }
    }
    template <class Random>
    std::uint32_t operator()(Random& random) const {
        std::uniform_real_distribution<double> anywhere(0.0, below_.back());
        return static_cast<std::uint32_t>(std::ranges::lower_bound(below_, anywhere(random)) -
                                          below_.begin());
    }

private:
    std::vector<double> below_;
};

}  // namespace

TEST_SUITE_BEGIN("popularity");

TEST_CASE("a frequent key's count is never too low, and too high by its error at most") {
    const auto seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937_64 random(seed);
    const Zipf zipf(100'000);
    const auto keys = std::make_unique<FrequentKeys<std::uint32_t, 64>>();
    const KeyedHash hash;
    std::map<std::uint32_t, std::uint32_t> truth;
    constexpr std::uint32_t all = 200'000;
    for (std::uint32_t i = 0; i < all; ++i) {
        const std::uint32_t key = zipf(random);
        ++truth[key];
        keys->add(key, hash({static_cast<const std::uint8_t*>(static_cast<const void*>(&key)), 4}),
                  1);
    }
    std::map<std::uint32_t, std::uint32_t> found;
    std::uint64_t sum = 0;
    keys->for_each([&](const auto& entry) {
        CHECK(entry.count >= truth[entry.key]);
        CHECK(entry.count - entry.error <= truth[entry.key]);
        found[entry.key] = entry.count;
        sum += entry.count;
    });
    CHECK(sum == all);  // nothing added is lost
    CHECK(found.size() <= 64 * 8);
    for (std::uint32_t rank = 0; rank < 20; ++rank) {
        CAPTURE(rank);
        REQUIRE(found.contains(rank));
        CHECK(found[rank] <= truth[rank] * 1.25 + all / 512.0);
    }
}

TEST_CASE("at a quiet tracker every announce is counted") {
    const auto popularity = std::make_unique<Popularity>();
    for (std::uint32_t i = 0; i < 30; ++i) {
        popularity->turn(start + seconds(i));
        popularity->seen(swarm(i % 3 == 0 ? 1 : 2), client("-qB4650-", i));
    }
    const PopularityTotals totals = totals_of(*popularity, start + seconds(30));
    CHECK(totals.announces == 30);
    CHECK(totals.span == seconds(30));
    REQUIRE(totals.swarms.size() == 2);
    CHECK(totals.swarms[0].key == swarm(2));
    CHECK(totals.swarms[0].announces == 20);
    CHECK(totals.swarms[0].error == 0);
    CHECK(totals.swarms[1].announces == 10);
    REQUIRE(totals.clients.size() == 1);
    CHECK(totals.clients[0].announces == 30);
}

TEST_CASE("at a busy tracker a sample tells the shares") {
    const auto popularity = std::make_unique<Popularity>();
    std::mt19937 random(std::random_device{}());
    const Zipf zipf(10'000);
    constexpr int per_second = 50'000;
    constexpr int duration = 20;
    std::vector<std::uint32_t> truth(10'000);
    for (int second = 0; second < duration; ++second) {
        for (int i = 0; i < per_second; ++i) {
            if (i % 50 == 0) {
                popularity->turn(start + seconds(second) + std::chrono::microseconds(20 * i));
            }
            const std::uint32_t number = zipf(random);
            ++truth[number];
            popularity->seen(swarm(number), client(i % 4 == 0 ? "-TR4040-" : "-qB4650-"));
        }
    }
    const PopularityTotals totals = totals_of(*popularity, start + seconds(duration));
    constexpr double all = per_second * duration;
    CHECK(static_cast<double>(totals.announces) == doctest::Approx(all).epsilon(0.15));
    REQUIRE(totals.clients.size() == 2);
    const double share =
        static_cast<double>(totals.clients[1].announces) / static_cast<double>(totals.announces);
    CHECK(share == doctest::Approx(0.25).epsilon(0.2));
    CHECK(totals.swarms[0].key == swarm(0));
    CHECK(static_cast<double>(totals.swarms[0].announces) ==
          doctest::Approx(static_cast<double>(truth[0])).epsilon(0.3));
}

TEST_CASE("what was popular some time ago is forgotten") {
    const auto popularity = std::make_unique<Popularity>();
    popularity->turn(start);
    popularity->seen(swarm(1), client("-qB4650-"));
    const auto later = start + limits::popularity_window + seconds(1);
    popularity->turn(later);
    popularity->seen(swarm(2), client("-qB4650-"));
    CHECK(totals_of(*popularity, later).swarms.size() == 2);
    CHECK(totals_of(*popularity, later).span == limits::popularity_window + seconds(1));
    const auto last = later + limits::popularity_window + seconds(1);
    popularity->turn(last);
    const PopularityTotals totals = totals_of(*popularity, last);
    REQUIRE(totals.swarms.size() == 1);
    CHECK(totals.swarms[0].key == swarm(2));
    CHECK(totals.announces == 1);
}

TEST_CASE("millions of swarms and programs take no more memory than one") {
    CHECK(sizeof(Popularity) < 100'000);
    const auto popularity = std::make_unique<Popularity>();
    for (std::uint32_t i = 0; i < 200'000; ++i) {
        popularity->turn(start + std::chrono::milliseconds(i));
        popularity->seen(swarm(i), client(std::to_string(i)));
    }
    const PopularityTotals totals = totals_of(*popularity, start + seconds(200));
    CHECK(totals.swarms.size() <= 1024);
    CHECK(totals.clients.size() <= 512);
}

TEST_CASE("who reads does not disturb who counts") {
    const auto popularity = std::make_unique<Popularity>();
    std::atomic<bool> has_read{false};
    std::thread reader([&] {
        for (int times = 0; times < 200; ++times) {
            const PopularityTotals totals = totals_of(*popularity, start + seconds(10));
            CHECK(totals.swarms.size() <= 7);
        }
        has_read = true;
    });
    std::uint32_t number = 0;
    const auto announce = [&] {
        popularity->turn(start + std::chrono::microseconds(10 * number));
        popularity->seen(swarm(number % 7), client("-TR4040-"));
        ++number;
    };
    while (!has_read) {
        announce();
    }
    reader.join();
    for (int i = 0; i < 200'000; ++i) {
        announce();  // what was missed while the lock was held is made up for
    }
    CHECK(totals_of(*popularity, start + seconds(10)).swarms.size() == 7);
}

TEST_SUITE_END();

}  // namespace chihaya::metrics
