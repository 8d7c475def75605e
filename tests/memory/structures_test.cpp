#include "plugins/memory/members.hpp"
#include "plugins/memory/moment.hpp"
#include "plugins/memory/packed_array.hpp"
#include "plugins/memory/position_index.hpp"
#include "plugins/memory/random.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <set>
#include <vector>

TEST_SUITE_BEGIN("the memory driver's structures");

namespace chihaya::memory {

TEST_CASE("an index finds what was put, moved and kept, whatever was erased") {
    for (const std::uint32_t spread : {0xffffffffU, 7U}) {  // also when hashes collide
        CAPTURE(spread);
        Heap heap;
        PositionIndex index;
        Random random(spread);
        std::vector<std::uint32_t> hashes;
        const auto hash_at = [&](std::uint32_t at) {
            return hashes[at];
        };
        for (int step = 0; step < 4000; ++step) {
            if (hashes.size() < 50 || (random.below(2) == 0 && hashes.size() < 300)) {
                index.reserve(heap, hash_at);
                const std::uint32_t hash = random.next() & spread;
                index.insert(hash, static_cast<std::uint32_t>(hashes.size()));
                hashes.push_back(hash);
            } else {
                const auto at = random.below(static_cast<std::uint32_t>(hashes.size()));
                const auto last = static_cast<std::uint32_t>(hashes.size() - 1);
                index.erase(hashes[at], at, hash_at);
                if (at != last) {
                    index.relocate(hashes[last], last, at);
                    hashes[at] = hashes[last];
                }
                hashes.pop_back();
                index.shrink(heap, hash_at);
            }
            for (std::uint32_t at = 0; at < hashes.size(); at += 17) {
                REQUIRE(index.find(hashes[at], [&](std::uint32_t found) { return found == at; }) ==
                        at);
            }
        }
        CHECK(index.find(12345, [](std::uint32_t /*at*/) { return false; }) == absent);
        index.release(heap);
        CHECK(heap.bytes() == 0);
    }
}

TEST_CASE("an array keeps its items in order through every size, and gives all memory back") {
    Heap heap;
    PackedArray<std::uint64_t, 4> array;
    for (const std::uint32_t most : {1U, 3U, 4U, 5U, 8U, 9U, 33U, 100U}) {
        CAPTURE(most);
        for (std::uint32_t i = 0; i < most; ++i) {
            array.reserve(heap);
            array.append(i);
        }
        for (std::uint32_t i = 0; i < most; ++i) {
            REQUIRE(array[i] == i);
        }
        while (array.size() > most / 3) {
            array.remove(array.size() - 1);
            array.shrink(heap);
        }
        for (std::uint32_t i = 0; i < array.size(); ++i) {
            REQUIRE(array[i] == i);
        }
        array.release(heap);
        CHECK(heap.bytes() == 0);
    }
}

TEST_CASE("the last item takes a removed one's place") {
    Heap heap;
    PackedArray<std::uint64_t, 4> array;
    for (std::uint32_t i = 0; i < 10; ++i) {
        array.reserve(heap);
        array.append(i);
    }
    array.remove(2);
    CHECK(array[2] == 9);
    CHECK(array.size() == 9);
    array.release(heap);
}

TEST_CASE("the clients of an account are counted off up to a bound, and all are found beyond it") {
    Heap heap;
    const HashSecret secret;
    Members* const members = Members::create(heap);
    const auto client = [](std::uint64_t user, std::uint8_t number) {
        Member member;
        member.user = user;
        member.peer_id.bytes[0] = number;
        return member;
    };
    for (std::uint8_t number = 0; number < 100; ++number) {
        members->reserve(heap, secret);
        members->add(secret, client(7, number));
        members->reserve(heap, secret);
        members->add(secret, client(1000U + number, 0));
        const auto siblings = members->siblings(secret, 7);
        CHECK(siblings.complete == (number < Members::siblings_max));
        if (siblings.complete) {
            CHECK(siblings.count == number + 1U);
        }
        for (std::uint8_t known = 0; known <= number;
             known = static_cast<std::uint8_t>(known + 9)) {
            REQUIRE(members->find(secret, UserId{7}, client(7, known).peer_id) == 2U * known);
        }
    }
    CHECK(members->find(secret, UserId{7}, client(7, 200).peer_id) == absent);
    Members::destroy(heap, members);
    CHECK(heap.bytes() == 0);
}

TEST_CASE("a tick is fine enough for the slack and coarse enough for thirteen bits") {
    using std::chrono::hours;
    using std::chrono::minutes;
    using std::chrono::seconds;
    CHECK(TickScale(seconds(60)).seconds() == 1);
    CHECK(TickScale(seconds(3900)).seconds() == 2);
    CHECK(TickScale(hours(11)).seconds() == 20);
    CHECK(TickScale(hours(24)).seconds() == 20);
    for (const seconds lifetime :
         {seconds(1), seconds(60), seconds(3900), seconds(hours(30)), seconds(hours(24 * 365))}) {
        CHECK(TickScale(lifetime).carries(lifetime));
    }
    CHECK(TickScale(seconds(3900)).carries(3 * seconds(3900)));
    CHECK_FALSE(TickScale(seconds(3900)).carries(seconds(hours(24))));
}

TEST_CASE("ages are right across the turn of the ticks, and a clock that lags makes nobody old") {
    CHECK(TickScale::age(5, 0x1ffe) == 7);
    CHECK(TickScale::age(100, 100) == 0);
    CHECK(TickScale::age(100, 103) == 0);
    CHECK(TickScale::age(0, 5) == 0);
    const TickScale ticks(std::chrono::seconds(3900));
    const Moment now = ticks.moment(1'700'000'000);
    for (const std::uint32_t ago : {0U, 1U, 2U, 77U, 3900U, 9000U}) {
        const std::uint32_t second = now.second - ago;
        const std::uint32_t told = ticks.second_of(ticks.moment(second).tick, now);
        CHECK(told <= second);
        CHECK(second - told < ticks.seconds());
        CHECK(ticks.moment(told).tick == ticks.moment(second).tick);
    }
}

TEST_CASE("hashes differ from process to process, and between things that differ in a bit") {
    const HashSecret one;
    const HashSecret two;
    InfoHash info_hash;
    CHECK(one.hash(info_hash) != two.hash(info_hash));
    std::set<std::uint64_t> seen{one.hash(info_hash)};
    for (unsigned bit = 0; bit < 160; ++bit) {
        InfoHash other;
        other.bytes[bit / 8] = static_cast<std::uint8_t>(1U << (bit % 8));
        CHECK(seen.insert(one.hash(other)).second);
    }
    std::set<std::uint32_t> endpoints;
    for (unsigned bit = 0; bit < 144; ++bit) {
        Ipv6Endpoint endpoint;
        endpoint.wire[bit / 8] = static_cast<std::uint8_t>(1U << (bit % 8));
        CHECK(endpoints.insert(one.hash(endpoint)).second);
    }
}

}  // namespace chihaya::memory
TEST_SUITE_END();
