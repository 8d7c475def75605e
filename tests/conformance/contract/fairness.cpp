#include "tests/conformance/contract/parts.hpp"
#include "tests/conformance/contract/world.hpp"

#include <doctest/doctest.h>

#include <map>
#include <vector>

namespace chihaya::test::contract {
namespace {

struct Mix {
    std::size_t seeders = 0;
    std::size_t leechers = 0;
    friend bool operator==(const Mix&, const Mix&) = default;
};

/// Seeders are 10.0.1.x, leechers 10.0.2.x.
constexpr unsigned seeding_host = 1;
constexpr unsigned leeching_host = 2;

void fill(Tracker& tracker, unsigned seeders, unsigned leechers) {
    for (unsigned last = 1; last <= seeders; ++last) {
        tracker.announce(from(ipv4(last, seeding_host), nothing_left));
    }
    for (unsigned last = 1; last <= leechers; ++last) {
        tracker.announce(from(ipv4(last, leeching_host), some_left));
    }
}

/// Of whom a leecher that wants 20 is handed how many.
Mix mix_of_20(Tracker& tracker) {
    const Reply reply = tracker.announce(wanting(from(ipv4(1, 3), some_left), 20, 0));
    const auto is_seeder = [](const Ipv4Endpoint& peer) {
        return peer.wire[2] == seeding_host;
    };
    const auto seeders = static_cast<std::size_t>(std::ranges::count_if(reply.ipv4, is_seeder));
    return {seeders, reply.ipv4.size() - seeders};
}

void mixtures(Tracker& tracker) {
    SUBCASE("a leecher is handed three quarters seeders and the rest leechers") {
        fill(tracker, 40, 40);
        for (int i = 0; i < 20; ++i) {
            CHECK(mix_of_20(tracker) == Mix{15, 5});
        }
    }

    SUBCASE("where leechers are few, seeders fill the reply") {
        fill(tracker, 40, 2);
        CHECK(mix_of_20(tracker) == Mix{18, 2});
    }

    SUBCASE("where seeders are few, leechers fill the reply") {
        fill(tracker, 3, 40);
        CHECK(mix_of_20(tracker) == Mix{3, 17});
    }

    SUBCASE("where there is one kind only, it fills the reply") {
        fill(tracker, 40, 0);
        CHECK(mix_of_20(tracker) == Mix{20, 0});
    }

    SUBCASE("hidden seeders take nobody's place") {
        for (unsigned last = 1; last <= 40; ++last) {
            tracker.announce(
                with_flags(from(ipv4(last, seeding_host), nothing_left), AnnounceFlags::hidden));
        }
        fill(tracker, 0, 40);
        CHECK(mix_of_20(tracker) == Mix{0, 20});
    }

    SUBCASE("the three quarters are of each family by itself") {
        for (unsigned last = 1; last <= 20; ++last) {
            tracker.announce(from(ipv6(last, seeding_host), nothing_left));
            tracker.announce(from(ipv6(last, leeching_host), some_left));
        }
        const Reply reply = tracker.announce(wanting(from(ipv4(1, 3), some_left), 40, 8));
        const auto is_seeder = [](const Ipv6Endpoint& peer) {
            return peer.wire[13] == seeding_host;
        };
        CHECK(reply.ipv6.size() == 8);
        CHECK(std::ranges::count_if(reply.ipv6, is_seeder) == 6);
    }
}

/// How often each endpoint is handed out in `rounds` replies of `want`.
std::map<unsigned, int> tally(Tracker& tracker, int rounds, std::uint32_t want,
                              AnnounceFlags flags) {
    std::map<unsigned, int> times;
    const AnnounceRequest request =
        with_flags(wanting(from(ipv4(1, 3), some_left), want, 0), flags);
    for (int i = 0; i < rounds; ++i) {
        for (const Ipv4Endpoint& peer : tracker.announce(request).ipv4) {
            ++times[256U * peer.wire[2] + peer.wire[3]];
        }
    }
    return times;
}

void check_even(const std::map<unsigned, int>& times, std::size_t peers, int expected) {
    CHECK(times.size() == peers);
    for (const auto& entry : times) {
        CAPTURE(entry.first);
        CHECK(entry.second > expected * 3 / 4);  // more than six standard deviations
        CHECK(entry.second < expected * 5 / 4);
    }
}

void evenness(Tracker& tracker) {
    SUBCASE("in time every leecher is handed out as often as any other") {
        fill(tracker, 0, 40);
        check_even(tally(tracker, 4000, 10, AnnounceFlags::none), 40, 1000);
    }

    SUBCASE("in time every seeder is handed out as often as any other") {
        fill(tracker, 40, 0);
        check_even(tally(tracker, 4000, 10, AnnounceFlags::none), 40, 1000);
    }

    SUBCASE("who asks for leechers is handed each as often as any other") {
        fill(tracker, 40, 40);
        check_even(tally(tracker, 4000, 10, AnnounceFlags::only_leechers), 40, 1000);
    }

    SUBCASE("the choice stays even after peers have come and gone") {
        fill(tracker, 30, 60);
        for (unsigned last = 1; last <= 60; last += 3) {
            tracker.announce(from(ipv4(last, leeching_host), some_left, Event::stopped));
        }
        for (unsigned last = 1; last <= 30; ++last) {
            tracker.announce(from(ipv4(last, seeding_host), some_left));
        }
        check_even(tally(tracker, 4000, 14, AnnounceFlags::only_leechers), 70, 800);
    }

    SUBCASE("who is handed out beside whom changes from reply to reply") {
        fill(tracker, 0, 200);
        const AnnounceRequest request = wanting(from(ipv4(1, 3), some_left), 10, 0);
        const auto first = tracker.announce(request).ipv4;
        REQUIRE(first.size() == 10);
        int chances = 0;
        int again = 0;
        for (int i = 0; i < 1000; ++i) {
            const auto found = tracker.announce(request).ipv4;
            for (std::size_t k = 0; k + 1 < first.size(); ++k) {
                if (contains(found, first[k])) {
                    ++chances;
                    again += contains(found, first[k + 1]) ? 1 : 0;
                }
            }
        }
        CHECK(chances > 200);        // expected: 450
        CHECK(again < chances / 4);  // expected: chances / 22; windows of a fixed order: 9 in 10
    }

    SUBCASE("consecutive replies are no shifted copies of each other") {
        fill(tracker, 0, 100);
        const AnnounceRequest request = wanting(from(ipv4(1, 3), some_left), 50, 0);
        auto before = tracker.announce(request).ipv4;
        std::size_t kept = 0;
        for (int i = 0; i < 50; ++i) {
            auto now = tracker.announce(request).ipv4;
            REQUIRE(now.size() == 50);
            for (std::size_t k = 0; k + 1 < now.size(); ++k) {
                const auto at = std::ranges::find(before, now[k]);
                const bool follows =
                    at != before.end() && at + 1 != before.end() && *(at + 1) == now[k + 1];
                kept += follows ? 1 : 0;
            }
            before = std::move(now);
        }
        CHECK(kept < 50 * 49 / 3);  // neighbours that stay neighbours
    }
}

void subnets(const MakeTrackerDriver& make, bool prefers_subnets) {
    TrackerSetup setup = plain_setup();
    setup.preferred_ipv4_bits = 24;
    setup.preferred_ipv6_bits = 112;
    Tracker tracker(make, setup);
    for (unsigned host = 1; host <= 4; ++host) {
        for (unsigned last = 1; last <= 20; ++last) {
            tracker.announce(from(ipv4(last, host), ipv6(last, host), some_left));
        }
    }
    const AnnounceRequest request = from(ipv4(99, 2), ipv6(99, 2), some_left);
    const auto is_near4 = [](const Ipv4Endpoint& peer) {
        return peer.wire[2] == 2;
    };
    const auto is_near6 = [](const Ipv6Endpoint& peer) {
        return peer.wire[13] == 2;
    };

    SUBCASE("a preference for the own subnet costs nobody a place") {
        const Reply reply = tracker.announce(wanting(request, 30, 30));
        CHECK(reply.ipv4.size() == 30);
        CHECK(reply.ipv6.size() == 30);
    }

    if (!prefers_subnets) {
        return;
    }
    SUBCASE("peers of the announcer's own subnet come first, in both families") {
        const Reply few = tracker.announce(wanting(request, 10, 10));
        CHECK(few.ipv4.size() == 10);
        CHECK(std::ranges::all_of(few.ipv4, is_near4));
        CHECK(few.ipv6.size() == 10);
        CHECK(std::ranges::all_of(few.ipv6, is_near6));
        const Reply many = tracker.announce(wanting(request, 30, 30));
        CHECK(std::ranges::count_if(many.ipv4, is_near4) == 20);
        CHECK(std::ranges::count_if(many.ipv6, is_near6) == 20);
    }

    SUBCASE("bits that do not end with a byte are counted as bits") {
        setup.preferred_ipv4_bits = 22;  // 10.0.0-3.x are near, 10.0.4.x is not
        Tracker other(make, setup);
        for (unsigned last = 1; last <= 20; ++last) {
            other.announce(from(ipv4(last, 3), some_left));
            other.announce(from(ipv4(last, 4), some_left));
        }
        const auto found = other.announce(wanting(from(ipv4(99, 1), some_left), 20, 0)).ipv4;
        CHECK(found.size() == 20);
        CHECK(
            std::ranges::all_of(found, [](const Ipv4Endpoint& peer) { return peer.wire[2] == 3; }));
    }
}

}  // namespace

void fairness(const MakeTrackerDriver& make, const TrackerDriverTraits& traits) {
    {
        Tracker tracker(make);
        mixtures(tracker);
        evenness(tracker);
    }
    subnets(make, traits.prefers_subnets);
}

}  // namespace chihaya::test::contract
