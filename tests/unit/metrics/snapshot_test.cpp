#include "core/metrics/snapshot.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

namespace chihaya::metrics {
namespace {

constexpr RequestKind http_announce{.action = Action::announce};
constexpr RequestKind udp_announce{
    .front_end = FrontEnd::udp, .family = Family::ipv6, .action = Action::announce};
constexpr RequestKind udp_scrape{.front_end = FrontEnd::udp, .action = Action::scrape};
constexpr RequestKind udp_connect{.front_end = FrontEnd::udp, .action = Action::connect};

}  // namespace

TEST_SUITE_BEGIN("counters' snapshot");

TEST_CASE("a snapshot is the sum over the workers") {
    WorkerCounters first;
    WorkerCounters second;
    first.requests.at(http_announce, Ending::ok).add(3);
    second.requests.at(http_announce, Ending::ok).add(4);
    second.requests.count(udp_scrape, Ending::ok);
    first.peers_of(Family::ipv4).joined.add(2);
    second.peers_of(Family::ipv6).seeds_left.add(5);
    first.connections_open.add(2);
    first.connections_open.subtract(1);
    first.traffic_of(FrontEnd::http, Family::ipv4).received.add(10);
    second.traffic_of(FrontEnd::udp, Family::ipv6).received.add(1);
    second.traffic_of(FrontEnd::udp, Family::ipv6).transmitted.add(7);
    first.connections_of(Family::ipv4, Arrival::evicted).add(1);
    second.connections_of(Family::ipv6, Arrival::evicted).add(1);
    Snapshot sum;
    sum.add(first);
    sum.add(second);
    CHECK(sum.workers == 2);
    CHECK(sum.requests.at(http_announce, Ending::ok) == 7);
    CHECK(sum.announces() == 7);
    CHECK(sum.scrapes() == 1);
    CHECK(sum.peers[0].joined == 2);
    CHECK(sum.peers[1].seeds_left == 5);
    CHECK(sum.connections_open == 1);
    CHECK(sum.bytes_received() == 11);
    CHECK(sum.bytes_transmitted() == 7);
    CHECK(sum.arrived(Arrival::evicted) == 2);
}

TEST_CASE("an ending stands at its place and has words of its own") {
    std::set<std::string> words;
    for (std::size_t i = 0; i < ending_count; ++i) {
        CHECK(index_of(endings[i].ending) == i);
        CHECK_FALSE(endings[i].reason.empty());
        const auto outcome = outcome_names[index_of(endings[i].outcome)];
        CHECK(words.insert(std::string(outcome) + ' ' + std::string(endings[i].reason)).second);
    }
    for (std::size_t i = 0; i < arrival_count; ++i) {
        CHECK(index_of(arrivals[i].arrival) == i);
    }
}

TEST_CASE("each cell of the table is a cell of its own") {
    RequestTable<int> table;
    std::size_t cells = 0;
    for_each_request(table, [&](const RequestKind& kind, const EndingLabels& labels, int count) {
        CHECK(count == 0);
        table.count(kind, labels.ending);
        ++cells;
    });
    CHECK(cells == table.cells().size());
    for (const int cell : table.cells()) {
        CHECK(cell == 1);
    }
}

TEST_CASE("v1's sums are those of the table") {
    WorkerCounters worker;
    const auto add = [&](const RequestKind& kind, Ending ending, std::uint64_t count) {
        worker.requests.at(kind, ending).add(count);
    };
    add(http_announce, Ending::ok, 100);
    add(udp_announce, Ending::ok, 10);
    add(http_announce, Ending::malformed, 5);
    add(http_announce, Ending::unknown_torrent, 4);
    add(udp_announce, Ending::store_away, 3);
    add(udp_announce, Ending::bad_connection_id, 20);
    add(udp_announce, Ending::bad_connection_id_dropped, 30);
    add(udp_announce, Ending::no_room, 40);
    add(udp_scrape, Ending::ok, 6);
    add(udp_scrape, Ending::malformed, 7);
    add(udp_connect, Ending::ok, 9);
    worker.udp_replies_lost.add(1);
    Snapshot sum;
    sum.add(worker);
    CHECK(sum.announces() == 117);
    CHECK(sum.announces_answered() == 110);
    CHECK(sum.announces_failed() == 12);
    CHECK(sum.scrapes() == 6);
    CHECK(sum.udp_connects() == 9);
    CHECK(sum.handled() == 100 + 10 + 5 + 4 + 3 + 20 + 6 + 7 + 9 - 1);
    CHECK(sum.bad() == 5 + 4 + 7);
    CHECK(sum.errored() == 3);
    CHECK(sum.dropped() == 30 + 40 + 1);
    CHECK(sum.ended(Ending::malformed) == 12);
}

TEST_CASE("what cannot end so is told from what can") {
    CHECK(can_end(http_announce, Ending::ok));
    CHECK(can_end(udp_connect, Ending::ok));
    CHECK_FALSE(can_end({.action = Action::connect}, Ending::ok));
    CHECK_FALSE(can_end({.front_end = FrontEnd::udp, .action = Action::control}, Ending::ok));
    CHECK_FALSE(can_end(http_announce, Ending::garbage));
    CHECK(can_end({.front_end = FrontEnd::udp, .action = Action::other}, Ending::garbage));
    CHECK(can_end({.action = Action::control}, Ending::control_busy));
    CHECK_FALSE(can_end({.front_end = FrontEnd::udp, .action = Action::connect},
                        Ending::rate_limited_dropped));  // counted behind the connection id
    CHECK_FALSE(can_end({.action = Action::scrape}, Ending::denied_info_hash));
    CHECK_FALSE(can_end({.front_end = FrontEnd::udp, .action = Action::announce},
                        Ending::denied_address));  // dropped without a word
}

TEST_CASE("without requests there is no latency") {
    CHECK(LatencyTotals{}.below(0.5) == 0.0);
    CHECK(LatencyTotals{}.mean() == 0.0);
}

TEST_CASE("a time is measured into the bucket that ends above it") {
    using std::chrono::microseconds;
    WorkerCounters worker;
    Latency& latency = worker.latency_of(FrontEnd::udp, Action::announce);
    latency.measure(microseconds(-5));
    latency.measure(microseconds(0));
    latency.measure(microseconds(1));
    latency.measure(microseconds(8));
    latency.measure(microseconds(15));
    latency.measure(std::chrono::hours(1));
    Snapshot sum;
    sum.add(worker);
    const LatencyTotals& seen = sum.latency[1][0];
    CHECK(seen.buckets[0] == 2);
    CHECK(seen.buckets[1] == 1);
    CHECK(seen.buckets[4] == 2);
    CHECK(seen.buckets[Latency::bucket_count - 1] == 1);
    CHECK(seen.count() == 6);
    CHECK(seen.microseconds == 3'600'000'024);
    CHECK(sum.all_latency().count() == 6);
}

TEST_CASE("a share of the requests had their reply within the bounds of its bucket") {
    LatencyTotals sum;
    sum.buckets[4] = 90;   // 8 to 16 microseconds
    sum.buckets[10] = 10;  // 512 to 1024 microseconds
    sum.microseconds = 10'000;
    CHECK(sum.below(0.5) > 0.008);
    CHECK(sum.below(0.5) < 0.016);
    CHECK(sum.below(0.9) == doctest::Approx(0.016));
    CHECK(sum.below(0.95) > 0.512);
    CHECK(sum.below(0.95) < 1.024);
    CHECK(sum.below(1.0) == doctest::Approx(1.024));
    CHECK(sum.below(0.0) == doctest::Approx(0.008));
    CHECK(sum.mean() == doctest::Approx(0.1));
}

TEST_SUITE_END();

}  // namespace chihaya::metrics
