#include "tests/bench/load/udp_reply.hpp"

#include "tests/bench/load/udp_packets.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

TEST_SUITE_BEGIN("bench");

namespace chihaya::bench {
namespace {

constexpr std::uint32_t transaction = 0x0A0B'0C0D;

template <class T>
std::string packed(T value) {
    std::string out(sizeof value, '\0');
    store(out.data(), value);
    return out;
}

std::string compact(const std::vector<std::uint32_t>& peers) {
    std::string out;
    for (const std::uint32_t peer : peers)
        out += packed(first_address + address_index(peer)) + packed(port_of(peer));
    return out;
}

std::string reply(const std::string& peers, std::uint32_t leechers = 4, std::uint32_t seeders = 0,
                  std::uint32_t interval = 1800) {
    return packed(std::uint32_t{1}) + packed(transaction) + packed(interval) + packed(leechers) +
           packed(seeders) + peers;
}

Fault check(const std::string& datagram, Expectation expect = Expectation::others) {
    return DatagramCheck(expect, 4)(datagram, Asked{.swarm = 0, .peer = 1, .num_want = 30});
}

}  // namespace

TEST_CASE("a datagram with every other peer of the swarm is right") {
    CHECK(check(reply(compact({3, 0, 2}))) == Fault::none);
    CHECK(check(reply(compact({0, 2, 3}), 3, 1)) == Fault::none);
}

TEST_CASE("a datagram that is short of a peer, repeats one, or names a stranger is wrong") {
    CHECK(check(reply(compact({0, 2}))) == Fault::peers);
    CHECK(check(reply(compact({0, 2, 2}))) == Fault::peers);
    CHECK(check(reply(compact({0, 2, 4}))) == Fault::peers);
    CHECK(check(reply(compact({0, 2, ports_per_address}))) == Fault::peers);
    CHECK(check(reply(compact({0, 2, 3}) + "x")) == Fault::peers);
    CHECK(check(reply(compact({0, 2}) + std::string(6, '\0'))) == Fault::peers);
}

TEST_CASE("the announcer may be in the datagram only where everyone is expected") {
    CHECK(check(reply(compact({0, 1, 3}))) == Fault::peers);
    CHECK(check(reply(compact({0, 1, 2, 3})), Expectation::everyone) == Fault::none);
}

TEST_CASE("leechers and seeders that are not the swarm's are wrong") {
    CHECK(check(reply(compact({0, 2, 3}), 3)) == Fault::peers);
    CHECK(check(reply(compact({0, 2, 3}), 4, 1)) == Fault::peers);
    CHECK(check(reply(compact({0, 2, 3}), 5, UINT32_MAX)) == Fault::peers);
    CHECK(check(reply(compact({0, 2, 3}), 3), Expectation::uncounted) == Fault::none);
    CHECK(check(reply(compact({0, 2, 3}), 4), Expectation::uncounted) == Fault::peers);
}

TEST_CASE("an interval that no client would take is wrong") {
    CHECK(check(reply(compact({0, 2, 3}), 4, 0, 0)) == Fault::interval);
    CHECK(check(reply(compact({0, 2, 3}), 4, 0, UINT32_MAX)) == Fault::interval);
}

TEST_CASE("a datagram that is cut short or of another kind is no announce reply") {
    const std::string good = reply("");
    for (std::size_t size = 0; size < good.size(); ++size)
        CHECK(check(good.substr(0, size)) == Fault::packet);
    CHECK(check(packed(std::uint32_t{2}) + good.substr(4)) == Fault::packet);
    CHECK(check(packed(std::uint32_t{3}) + packed(transaction) + "no") == Fault::failure);
}

TEST_CASE("a swarm that is being filled may have any size, but its reply must be one") {
    DatagramCheck filling(Expectation::others, 4);
    const Asked first{.swarm = 0, .peer = 0, .num_want = 0, .started = true};
    CHECK(filling(reply("", 1), first) == Fault::none);
    CHECK(filling(reply(compact({0, 1, 2}), 1), first) == Fault::none);
    CHECK(filling(reply("x", 1), first) == Fault::peers);
    CHECK(filling(packed(std::uint32_t{3}) + packed(transaction), first) == Fault::failure);
}

TEST_CASE("a right reply tells which peers it named") {
    DatagramCheck good(Expectation::others, 4);
    REQUIRE(good(reply(compact({3, 0, 2})), Asked{.swarm = 0, .peer = 1, .num_want = 30}) ==
            Fault::none);
    const auto named = good.peers().named();
    CHECK(std::vector(named.begin(), named.end()) == std::vector<std::uint32_t>{3, 0, 2});
}

TEST_CASE("only an answer of sixteen bytes gives a connection id") {
    const std::string good =
        packed(std::uint32_t{0}) + packed(transaction) + packed(0x1122'3344'5566'7788U);
    CHECK(read_connection(good) == 0x1122'3344'5566'7788U);
    CHECK(read_connection(good + "x") == 0);
    CHECK(read_connection(good.substr(0, 15)) == 0);
    CHECK(read_connection(packed(std::uint32_t{3}) + good.substr(4)) == 0);
}

TEST_CASE("an announce has libtorrent's layout") {
    std::string out(request_datagram_max, '\0');
    const Asked asked{.swarm = 7, .peer = ports_per_address + 3, .num_want = 30, .started = true};
    out.resize(write_announce(out.data(), 0x1122'3344'5566'7788U, transaction, asked));
    REQUIRE(out.size() == 109);
    const Hash hash = info_hash(7);
    CHECK(out.substr(0, 8) == packed(0x1122'3344'5566'7788U));
    CHECK(out.substr(8, 8) == packed(std::uint32_t{1}) + packed(transaction));
    CHECK(std::equal(hash.begin(), hash.end(), out.begin() + 16,
                     [](std::uint8_t a, char b) { return a == static_cast<std::uint8_t>(b); }));
    CHECK(out.substr(36, 8) == "-LT2080-");
    CHECK(out.substr(56, 24) ==
          packed(std::uint64_t{0}) + packed(std::uint64_t{65'536}) + packed(std::uint64_t{0}));
    CHECK(out.substr(80, 8) == packed(std::uint32_t{2}) + packed(std::uint32_t{0}));
    CHECK(out.substr(92, 6) == packed(std::uint32_t{30}) + packed(std::uint16_t{first_port + 3}));
    CHECK(out.substr(98) == "\x02\x09/announce");
}

TEST_CASE("an announce to a private tracker has the passkey in its path") {
    std::string out(request_datagram_max, '\0');
    const Asked asked{.account = 1'234, .uploaded = 77};
    out.resize(write_announce(out.data(), 1, transaction, asked));
    CHECK(out.substr(72, 8) == packed(std::uint64_t{77}));
    CHECK(out.substr(98) == "\x02\x2A/00000000000000000000000000001234/announce");
}

}  // namespace chihaya::bench
