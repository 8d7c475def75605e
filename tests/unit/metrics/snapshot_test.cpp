#include "core/metrics/snapshot.hpp"

#include <doctest/doctest.h>

using chihaya::metrics::Snapshot;
using chihaya::metrics::WorkerCounters;

TEST_SUITE_BEGIN("counters' snapshot");

TEST_CASE("a snapshot is the sum over the workers") {
    WorkerCounters first;
    WorkerCounters second;
    first.announces.add(3);
    second.announces.add(4);
    second.scrapes.add(1);
    first.ipv4.joined.add(2);
    second.ipv6.seeds_left.add(5);
    first.connections_open.add(2);
    first.connections_open.subtract(1);
    Snapshot sum;
    sum.add(first);
    sum.add(second);
    CHECK(sum.workers == 2);
    CHECK(sum.announces == 7);
    CHECK(sum.scrapes == 1);
    CHECK(sum.ipv4.joined == 2);
    CHECK(sum.ipv6.seeds_left == 5);
    CHECK(sum.connections_open == 1);
}

TEST_CASE("without requests there is no latency") {
    CHECK(Snapshot{}.latency_below(0.5) == 0.0);
}

TEST_CASE("a share of the requests had their reply within the bounds of its bucket") {
    Snapshot sum;
    sum.latency[4] = 90;   // 8 to 16 microseconds
    sum.latency[10] = 10;  // 512 to 1024 microseconds
    CHECK(sum.latency_below(0.5) > 0.008);
    CHECK(sum.latency_below(0.5) < 0.016);
    CHECK(sum.latency_below(0.9) == doctest::Approx(0.016));
    CHECK(sum.latency_below(0.95) > 0.512);
    CHECK(sum.latency_below(0.95) < 1.024);
    CHECK(sum.latency_below(1.0) == doctest::Approx(1.024));
    CHECK(sum.latency_below(0.0) == doctest::Approx(0.008));
}

TEST_SUITE_END();
