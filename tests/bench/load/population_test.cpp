#include "tests/bench/load/population.hpp"

#include "tests/bench/load/histogram.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

TEST_SUITE_BEGIN("bench");

namespace chihaya::bench {

TEST_CASE("every swarm has its own info-hash and the longest request fits") {
    std::set<Hash> hashes;
    std::string out(request_size_max, '\0');
    for (std::uint32_t swarm = 0; swarm < 10'000; ++swarm) {
        hashes.insert(info_hash(swarm));
        const Asked asked{.swarm = swarm,
                          .peer = ports_per_address - 1,
                          .num_want = 200,
                          .started = true,
                          .account = first_account,
                          .uploaded = UINT64_MAX};
        CHECK(write_request(out.data(), asked, true) < request_size_max - 60);
    }
    CHECK(hashes.size() == 10'000);
}

TEST_CASE("a private request begins with the account's passkey") {
    std::string out(request_size_max, '\0');
    write_request(out.data(), {.account = 1'234}, false);
    CHECK(out.starts_with("GET /00000000000000000000000000001234/announce?info_hash="));
    write_request(out.data(), {}, false);
    CHECK(out.starts_with("GET /announce?info_hash="));
}

TEST_CASE("no two peers of a swarm are of one account while there are enough accounts") {
    for (const std::uint32_t swarm : {0U, 7U, 9'999U}) {
        std::set<std::uint32_t> accounts;
        for (std::uint32_t peer = 0; peer < 50; ++peer)
            accounts.insert(account_of(swarm, peer, 50));
        CHECK(accounts.size() == 50);
        CHECK(*accounts.begin() == first_account);
    }
}

TEST_CASE("a quantile is at most three percent above the value") {
    Histogram histogram;
    for (std::uint64_t value = 1; value <= 100'000; ++value)
        histogram.add(value);
    CHECK(histogram.quantile(0.5) >= 50'000);
    CHECK(histogram.quantile(0.5) <= 51'500);
    CHECK(histogram.quantile(0.999) >= 99'900);
    CHECK(histogram.quantile(1.0) == 100'000);
}

}  // namespace chihaya::bench
