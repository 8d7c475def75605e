#include "tests/conformance/contract/parts.hpp"
#include "tests/conformance/contract/world.hpp"

#include <doctest/doctest.h>

#include <vector>

namespace chihaya::test::contract {
namespace {

void events(Tracker& tracker) {
    SUBCASE("the first peer of a swarm is counted, unknown, and is handed nobody") {
        const Reply reply = tracker.announce(from(ipv4(1), some_left, Event::started));
        CHECK(reply.counts == SwarmCounts{.leechers = 1});
        CHECK_FALSE(reply.history.known);
        CHECK(reply.ipv4.empty());
        CHECK(reply.ipv6.empty());
    }

    SUBCASE("who has nothing left is a seeder, whatever the event") {
        CHECK(tracker.announce(from(ipv4(1), nothing_left)).counts == SwarmCounts{.seeders = 1});
        CHECK(tracker.announce(from(ipv4(2), nothing_left, Event::started)).counts.seeders == 2);
        CHECK(tracker.announce(from(ipv4(3), nothing_left, Event::paused)).counts ==
              SwarmCounts{.seeders = 3});
    }

    SUBCASE("who does not say how much is left is a leecher") {
        CHECK(tracker.announce(from(ipv4(1), unknown_left)).counts == SwarmCounts{.leechers = 1});
    }

    SUBCASE("stopped forgets the peer; a second stopped changes nothing") {
        tracker.announce(from(ipv4(1), some_left));
        tracker.announce(from(ipv4(2), nothing_left));
        const Reply reply = tracker.announce(from(ipv4(2), nothing_left, Event::stopped));
        CHECK(reply.counts == SwarmCounts{.leechers = 1});
        CHECK(reply.history.known);
        CHECK(reply.history.was_seeder);
        const Reply again = tracker.announce(from(ipv4(2), nothing_left, Event::stopped));
        CHECK(again.counts == SwarmCounts{.leechers = 1});
        CHECK_FALSE(again.history.known);
        CHECK(tracker.visit().ipv4 == std::vector{ipv4(1)});
    }

    SUBCASE("stopped creates nothing where nothing was") {
        CHECK(tracker.announce(from(ipv4(1), some_left, Event::stopped)).counts == SwarmCounts{});
        CHECK_FALSE(tracker.read().has_value());
    }

    SUBCASE("a paused leecher is a partial seed, until it goes on") {
        CHECK(tracker.announce(from(ipv4(1), some_left, Event::paused)).counts ==
              SwarmCounts{.leechers = 1, .partial_seeds = 1});
        CHECK(tracker.announce(from(ipv4(1), some_left, Event::paused)).counts ==
              SwarmCounts{.leechers = 1, .partial_seeds = 1});
        CHECK(tracker.announce(from(ipv4(1), some_left)).counts == SwarmCounts{.leechers = 1});
    }

    SUBCASE("a partial seed that stops, or completes, is one no more") {
        tracker.announce(from(ipv4(1), some_left, Event::paused));
        tracker.announce(from(ipv4(2), some_left, Event::paused));
        tracker.announce(from(ipv4(1), some_left, Event::stopped));
        CHECK(tracker.scrape() == SwarmCounts{.leechers = 1, .partial_seeds = 1});
        CHECK(tracker.announce(from(ipv4(2), nothing_left)).counts == SwarmCounts{.seeders = 1});
    }
}

void snatches(Tracker& tracker) {
    SUBCASE("completed turns a leecher into a seeder and counts one snatch, and only one") {
        tracker.announce(from(ipv4(1), some_left, Event::started));
        const SwarmCounts expected{.seeders = 1, .snatches = 1};
        CHECK(tracker.announce(from(ipv4(1), nothing_left, Event::completed)).counts == expected);
        CHECK(tracker.announce(from(ipv4(1), nothing_left, Event::completed)).counts == expected);
        CHECK(tracker.scrape() == expected);
    }

    SUBCASE("completed of a new peer counts a snatch") {
        CHECK(tracker.announce(from(ipv4(1), nothing_left, Event::completed)).counts ==
              SwarmCounts{.seeders = 1, .snatches = 1});
    }

    SUBCASE("completed with something left, or an unknown amount, counts none") {
        CHECK(tracker.announce(from(ipv4(1), some_left, Event::completed)).counts ==
              SwarmCounts{.leechers = 1});
        CHECK(tracker.announce(from(ipv4(2), unknown_left, Event::completed)).counts.snatches == 0);
    }

    SUBCASE("a leecher that says nothing and has nothing left becomes a seeder without a snatch") {
        tracker.announce(from(ipv4(1), some_left));
        CHECK(tracker.announce(from(ipv4(1), nothing_left)).counts == SwarmCounts{.seeders = 1});
        CHECK(tracker.announce(from(ipv4(1), nothing_left, Event::completed)).counts.snatches == 0);
    }

    SUBCASE("a seeder with something left becomes a leecher, and can complete again") {
        tracker.announce(from(ipv4(1), nothing_left, Event::completed));
        CHECK(tracker.announce(from(ipv4(1), some_left)).counts ==
              SwarmCounts{.leechers = 1, .snatches = 1});
        CHECK(tracker.announce(from(ipv4(1), nothing_left, Event::completed)).counts ==
              SwarmCounts{.seeders = 1, .snatches = 2});
    }

    SUBCASE("a snatch stays counted when its peer has left") {
        tracker.announce(from(ipv4(9), some_left));
        tracker.announce(from(ipv4(1), nothing_left, Event::completed));
        CHECK(tracker.announce(from(ipv4(1), nothing_left, Event::stopped)).counts ==
              SwarmCounts{.leechers = 1, .snatches = 1});
    }
}

void scrapes(Tracker& tracker) {
    SUBCASE("scrape answers in the order asked, and with zeros for what nobody knows") {
        tracker.announce(from(ipv4(1), nothing_left));
        tracker.announce(in_swarm(from(ipv4(2), some_left, Event::paused), debian));
        const SwarmCounts in_debian{.leechers = 1, .partial_seeds = 1};
        CHECK(tracker.worker().scrape({debian, nobodys, ubuntu, debian}) ==
              std::vector<SwarmCounts>{in_debian, SwarmCounts{}, {.seeders = 1}, in_debian});
    }

    SUBCASE("scrape changes nothing") {
        tracker.scrape(nobodys);
        CHECK_FALSE(tracker.read(nobodys).has_value());
    }

    SUBCASE("a swarm's counts are its own") {
        tracker.announce(from(ipv4(1), nothing_left));
        tracker.announce(in_swarm(from(ipv4(1), some_left), debian));
        CHECK(tracker.scrape(ubuntu) == SwarmCounts{.seeders = 1});
        CHECK(tracker.scrape(debian) == SwarmCounts{.leechers = 1});
    }

    SUBCASE("info-hashes that differ in one bit are two swarms") {
        for (unsigned bit = 0; bit < 160; ++bit) {
            InfoHash other = ubuntu;
            other.bytes[bit / 8] =
                static_cast<std::uint8_t>(other.bytes[bit / 8] ^ (1U << (bit % 8)));
            tracker.announce(in_swarm(from(ipv4(1), some_left), other));
        }
        CHECK(tracker.scrape(ubuntu) == SwarmCounts{});
    }
}

void batches(Tracker& tracker) {
    SUBCASE("requests of a batch take effect in order, and each is answered") {
        const auto replies =
            tracker.worker().announce({from(ipv4(1), some_left), from(ipv4(2), some_left),
                                       from(ipv4(1), some_left, Event::stopped)});
        CHECK(replies[0].counts.leechers == 1);
        CHECK(replies[0].ipv4.empty());
        CHECK(replies[1].counts.leechers == 2);
        CHECK(replies[1].ipv4 == std::vector{ipv4(1)});
        CHECK(replies[2].counts.leechers == 1);
    }

    SUBCASE("a full batch over many swarms is applied as one by one") {
        constexpr unsigned batch_size = 256;
        std::vector<AnnounceRequest> requests;
        for (unsigned i = 0; i < batch_size; ++i) {
            requests.push_back(in_swarm(from(ipv4(i), i % 3 == 0 ? nothing_left : some_left),
                                        InfoHash{{static_cast<std::uint8_t>(i % 5)}}));
        }
        const auto replies = tracker.worker().announce(requests);
        for (unsigned i = 0; i < batch_size; ++i) {
            CAPTURE(i);
            CHECK(replies[i].counts.seeders + replies[i].counts.leechers == i / 5 + 1);
        }
        CHECK(tracker.scrape(InfoHash{{1}}) == SwarmCounts{.seeders = 17, .leechers = 34});
    }

    SUBCASE("a swarm of thousands is counted exactly, and empties again") {
        constexpr unsigned hosts = 20;
        constexpr unsigned peers = 100;
        const auto everybody = [&](Event event) {
            for (unsigned host = 0; host < hosts; ++host) {
                std::vector<AnnounceRequest> requests;
                for (unsigned last = 0; last < peers; ++last) {
                    requests.push_back(
                        from(ipv4(last, host), last % 4 == 0 ? nothing_left : some_left, event));
                }
                tracker.worker().announce(requests);
            }
        };
        everybody(Event::started);
        const SwarmCounts full{.seeders = hosts * peers / 4, .leechers = hosts * peers * 3 / 4};
        CHECK(tracker.scrape() == full);
        everybody(Event::none);
        CHECK(tracker.scrape() == full);
        everybody(Event::stopped);
        CHECK(tracker.scrape() == SwarmCounts{});
    }
}

}  // namespace

void counting(const MakeTrackerDriver& make) {
    Tracker tracker(make);
    events(tracker);
    snatches(tracker);
    scrapes(tracker);
    batches(tracker);
}

}  // namespace chihaya::test::contract
