#include "tests/conformance/contract/parts.hpp"
#include "tests/conformance/contract/world.hpp"

#include <doctest/doctest.h>

#include <array>
#include <vector>

namespace chihaya::test::contract {
namespace {

constexpr Ipv4Endpoint ipv4_at(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) {
    return {{a, b, c, d, 0x1a, 0xe1}};
}

constexpr Ipv6Endpoint ipv6_at(std::uint8_t first, std::uint8_t second, std::uint8_t last) {
    Ipv6Endpoint endpoint{{first, second}};
    endpoint.wire[15] = last;
    endpoint.wire[16] = 0x1a;
    return endpoint;
}

constexpr Ipv4Endpoint global4 = ipv4_at(203, 0, 113, 9);
constexpr Ipv4Endpoint private4 = ipv4_at(192, 168, 1, 9);
constexpr Ipv4Endpoint shared4 = ipv4_at(100, 64, 0, 9);
constexpr Ipv4Endpoint loopback4 = ipv4_at(127, 0, 0, 9);
constexpr Ipv4Endpoint link_local4 = ipv4_at(169, 254, 1, 9);
constexpr Ipv4Endpoint nowhere4 = ipv4_at(224, 0, 0, 9);
constexpr Ipv6Endpoint global6 = ipv6_at(0x20, 0x01, 9);
constexpr Ipv6Endpoint private6 = ipv6_at(0xfd, 0x00, 9);
constexpr Ipv6Endpoint loopback6 = ipv6_at(0, 0, 1);
constexpr Ipv6Endpoint nowhere6 = ipv6_at(0xfe, 0x80, 9);

constexpr std::array all4{global4, private4, shared4, loopback4, link_local4, nowhere4};
constexpr std::array all6{global6, private6, loopback6, nowhere6};

void everybody_announces(Tracker& tracker) {
    for (const Ipv4Endpoint& endpoint : all4) {
        tracker.announce(from(endpoint, some_left));
    }
    for (const Ipv6Endpoint& endpoint : all6) {
        tracker.announce(from(endpoint, nothing_left));
    }
}

}  // namespace

void reach(const MakeTrackerDriver& make) {
    Tracker tracker(make);

    SUBCASE("a client is handed the global peers and those of its own kind") {
        everybody_announces(tracker);
        const auto handed_to = [&](const auto& endpoint) {
            const Reply reply = tracker.announce(from(endpoint, some_left));
            tracker.announce(from(endpoint, some_left, Event::stopped));
            return reply;
        };
        const auto check = [&](const Reply& reply, const std::vector<Ipv4Endpoint>& expected4,
                               const std::vector<Ipv6Endpoint>& expected6) {
            CHECK(same_set(reply.ipv4, expected4));
            CHECK(same_set(reply.ipv6, expected6));
        };
        check(handed_to(ipv4_at(198, 51, 100, 7)), {global4}, {global6});
        check(handed_to(ipv4_at(10, 1, 1, 7)), {global4, private4, shared4}, {global6, private6});
        check(handed_to(ipv4_at(127, 1, 1, 7)), {global4, loopback4}, {global6, loopback6});
        check(handed_to(ipv4_at(169, 254, 9, 7)), {global4, link_local4}, {global6});
        check(handed_to(ipv4_at(240, 0, 0, 7)), {global4}, {global6});
        check(handed_to(ipv6_at(0x20, 0x01, 7)), {global4}, {global6});
        check(handed_to(ipv6_at(0xfc, 0x00, 7)), {global4, private4, shared4}, {global6, private6});
        check(handed_to(ipv6_at(0xfe, 0x80, 7)), {global4}, {global6});
    }

    SUBCASE("who is out of reach is counted all the same") {
        everybody_announces(tracker);
        CHECK(tracker.scrape() == SwarmCounts{.seeders = all6.size(), .leechers = all4.size()});
    }

    SUBCASE("a dual-stacked client shares the reach of both its addresses") {
        everybody_announces(tracker);
        const Reply reply =
            tracker.announce(from(ipv4_at(127, 1, 1, 7), ipv6_at(0xfd, 0, 7), some_left));
        CHECK(same_set(reply.ipv4, {global4, private4, shared4, loopback4}));
        CHECK(same_set(reply.ipv6, {global6, private6, loopback6}));
    }

    SUBCASE("a peer's two addresses are judged each by itself") {
        tracker.announce(from(private4, global6, some_left));
        const Reply stranger = tracker.announce(from(ipv4_at(198, 51, 100, 7), some_left));
        CHECK(stranger.ipv4.empty());
        CHECK(stranger.ipv6 == std::vector{global6});
    }

    SUBCASE("a peer that moves is judged by its new address") {
        tracker.announce(with_account(from(private4, some_left), 7));
        tracker.announce(with_account(from(global4, some_left), 7));
        tracker.announce(with_account(from(ipv4_at(203, 0, 113, 8), some_left), 8));
        tracker.announce(with_account(from(shared4, some_left), 8));
        CHECK(tracker.announce(from(ipv4_at(198, 51, 100, 7), some_left)).ipv4 ==
              std::vector{global4});
    }

    SUBCASE("peers out of reach take nobody's place in a reply") {
        for (unsigned last = 1; last <= 100; ++last) {
            const auto number = static_cast<std::uint8_t>(last);
            tracker.announce(from(ipv4_at(10, 0, 0, number), last % 2 == 0 ? 0 : some_left));
        }
        for (unsigned last = 1; last <= 5; ++last) {
            const auto number = static_cast<std::uint8_t>(last);
            tracker.announce(from(ipv4_at(203, 0, 113, number), last % 2 == 0 ? 0 : some_left));
        }
        const Reply reply = tracker.announce(from(ipv4_at(198, 51, 100, 7), some_left));
        CHECK(reply.ipv4.size() == 5);
    }

    SUBCASE("a seeder is handed leechers within its reach only") {
        everybody_announces(tracker);
        const Reply reply = tracker.announce(
            with_flags(from(ipv4_at(198, 51, 100, 7), nothing_left), AnnounceFlags::only_leechers));
        CHECK(reply.ipv4 == std::vector{global4});
        CHECK(reply.ipv6.empty());
    }
}

}  // namespace chihaya::test::contract
