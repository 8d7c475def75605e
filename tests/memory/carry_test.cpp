#include "core/logic/carry.hpp"

#include "tests/memory/tracker.hpp"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <random>
#include <set>
#include <string>
#include <tuple>

// Swarms carried from one memory driver to another while peers announce to the first.
namespace chihaya::memory::test {
namespace {

class Heir final : public logic::CarryTarget {
public:
    explicit Heir(Tracker& heir) : heir_(heir) {}

    Status erased(std::span<const TorrentErasure> torrents) override {
        return heir_.driver().erase_torrents(torrents);
    }
    Status stopped(std::span<const AnnounceRequest> peers) override {
        for (const AnnounceRequest& peer : peers) {
            heir_.announce(peer);
        }
        return {};
    }
    Status add_swarms(std::span<const SwarmInTransit> swarms) override {
        return heir_.driver().add_swarms(swarms);
    }

private:
    Tracker& heir_;
};

/// All that is known of a peer, comparable.
using Known = std::tuple<std::uint64_t, std::array<std::uint8_t, 20>, std::array<std::uint8_t, 6>,
                         std::array<std::uint8_t, 18>, std::uint64_t, std::uint64_t, std::uint64_t,
                         std::int64_t, std::int64_t, std::uint32_t, std::uint32_t>;

std::multiset<Known> known(Tracker& tracker, const InfoHash& info_hash) {
    std::multiset<Known> all;
    for (const PeerRecord& peer : tracker.read(info_hash).peers) {
        all.insert({static_cast<std::uint64_t>(peer.user), peer.peer_id.bytes, peer.ipv4.wire,
                    peer.ipv6.wire, peer.uploaded, peer.downloaded, peer.left,
                    peer.first_announce.time_since_epoch().count(),
                    peer.last_announce.time_since_epoch().count(), peer.announces,
                    static_cast<std::uint32_t>(peer.flags)});
    }
    return all;
}

constexpr unsigned swarm_count = 6;

InfoHash swarm(unsigned number) {
    return {{static_cast<std::uint8_t>(number + 1), 7}};
}

/// Peers that come, change and go, some with accounts, as the dice fall; and what is erased.
class Crowd {
public:
    Crowd(Tracker& tracker, logic::ChangedSwarms& notes, std::uint32_t seed)
        : tracker_(tracker), notes_(notes), dice_(seed) {}

    void announce(int times) {
        for (int i = 0; i < times; ++i) {
            const auto number = static_cast<std::uint32_t>(dice_() % 80);
            const auto event = std::array{Event::none, Event::started, Event::completed,
                                          Event::stopped, Event::paused}[dice_() % 5];
            AnnounceRequest request = announce_of(number, dice_() % 3 == 0 ? 0 : 5, event);
            request.info_hash = swarm(static_cast<unsigned>(dice_() % swarm_count));
            request.uploaded = dice_() % 1000;
            request.downloaded = dice_() % 1000;
            if (number % 4 == 0) {
                request = over_ipv6(request, number);
            } else if (number % 4 == 1) {
                request = with_account(request, 1000 + number / 8);
                request.flags = dice_() % 4 == 0 ? AnnounceFlags::hidden : AnnounceFlags::none;
            }
            tracker_.announce(request);
            notes_.note(request);
            if (dice_() % 100 == 0) {
                const TorrentErasure gone{.info_hash = request.info_hash};
                CHECK(tracker_.driver().erase_torrents({&gone, 1}).ok());
                notes_.note_erased({&gone, 1});
            }
            if (dice_() % 20 == 0) {
                tracker_.turn(std::chrono::milliseconds(900));
            }
        }
    }

private:
    Tracker& tracker_;
    logic::ChangedSwarms& notes_;
    std::mt19937 dice_;
};

}  // namespace

TEST_SUITE_BEGIN("memory carry");

TEST_CASE("whatever is announced between the passes, in the end both sides know the same") {
    for (std::uint32_t seed = 1; seed <= 40; ++seed) {
        CAPTURE(seed);
        Tracker from;
        Tracker to;
        Heir heir(to);
        logic::ChangedSwarms notes;
        const std::atomic<bool> ends{false};
        Crowd crowd(from, notes, seed);
        crowd.announce(200);
        static_cast<void>(notes.take());
        logic::Carry carry(from.driver(), heir, {&notes}, ends);
        // As the loops of two drivers of one process, both have the same time.
        const auto keep_time = [&] {
            to.turn(std::chrono::duration_cast<std::chrono::milliseconds>(from.now() - to.now()));
        };
        keep_time();
        REQUIRE(carry.first_pass().ok());
        for (int pass = 0; pass < 4; ++pass) {
            crowd.announce(60);
            keep_time();
            REQUIRE(carry.next_pass().ok());
        }
        for (unsigned number = 0; number < swarm_count; ++number) {
            CAPTURE(number);
            CHECK(known(from, swarm(number)) == known(to, swarm(number)));
            CHECK(from.read(swarm(number)).record.counts == to.read(swarm(number)).record.counts);
        }
    }
}

TEST_SUITE_END();

}  // namespace chihaya::memory::test
