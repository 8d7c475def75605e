#include "tests/memory/tracker.hpp"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <set>
#include <string>

TEST_SUITE_BEGIN("a memory driver against a simple model");

namespace chihaya::memory::test {
namespace {

/// Time goes on in steps of this: after one nobody is over, after two everybody is.
constexpr seconds step = lifetime / 2 + expiry_slack + seconds(40);

/// What one swarm should be, kept as simply as possible.
class Model {
public:
    struct Peer {
        std::uint64_t user = 0;
        Ipv4Endpoint ipv4;
        Ipv6Endpoint ipv6;
        int ipv4_step = 0;
        int ipv6_step = 0;
        bool seeder = false;
        bool partial = false;
        bool hidden = false;
        [[nodiscard]] int last_step() const { return std::max(ipv4_step, ipv6_step); }
    };
    using Key = std::array<std::uint8_t, 28>;

    /// What is wrong with `reply`; empty when nothing is.
    std::string judge(const AnnounceRequest& request, const Reply& reply) {
        const Key key = peer_key(request).bytes;
        const auto known = peers_.find(key);
        if (reply.told.history.known != (known != peers_.end())) {
            return "known";
        }
        if (known != peers_.end() && reply.told.history.was_seeder != known->second.seeder) {
            return "was_seeder";
        }
        if (request.event == Event::stopped) {
            peers_.erase(key);
            return peers_.size() >= 300 || reply.told.counts == counts() ? "" : "counts, stopped";
        }
        note(peers_[key], request);
        if (peers_.size() < 300 && reply.told.counts != counts()) {
            return "counts";
        }
        // Of large swarms some replies are enough.
        const bool look = peers_.size() < 300 || ++judged_ % 64 == 0;
        return look ? judge_choice(request, reply, peers_.at(key)) : "";
    }

    void pass() {
        ++now_;
        for (auto& [key, peer] : peers_) {
            peer.ipv4 = now_ - peer.ipv4_step >= 2 ? Ipv4Endpoint{} : peer.ipv4;
            peer.ipv6 = now_ - peer.ipv6_step >= 2 ? Ipv6Endpoint{} : peer.ipv6;
        }
        std::erase_if(peers_,
                      [&](const auto& entry) { return now_ - entry.second.last_step() >= 2; });
    }

    [[nodiscard]] SwarmCounts counts() const {
        SwarmCounts counts;
        for (const auto& [key, peer] : peers_) {
            ++(peer.seeder ? counts.seeders : counts.leechers);
            counts.partial_seeds += peer.partial ? 1U : 0U;
        }
        return counts;
    }
    [[nodiscard]] std::set<std::array<std::uint8_t, 6>> ipv4s() const {
        std::set<std::array<std::uint8_t, 6>> all;
        for (const auto& [key, peer] : peers_) {
            if (peer.ipv4.present()) {
                all.insert(peer.ipv4.wire);
            }
        }
        return all;
    }

private:
    void note(Peer& peer, const AnnounceRequest& request) const {
        peer.user = static_cast<std::uint64_t>(request.user);
        if (request.ipv4.present()) {
            peer.ipv4 = request.ipv4;
            peer.ipv4_step = now_;
        }
        if (request.ipv6.present()) {
            peer.ipv6 = request.ipv6;
            peer.ipv6_step = now_;
        }
        peer.seeder = request.left == 0;
        peer.partial = request.left != 0 && request.event == Event::paused;
        peer.hidden = has(request.flags, AnnounceFlags::hidden);
    }

    [[nodiscard]] std::string judge_choice(const AnnounceRequest& request, const Reply& reply,
                                           const Peer& self) const {
        std::set<std::array<std::uint8_t, 6>> ipv4s;
        std::set<std::array<std::uint8_t, 18>> ipv6s;
        for (const auto& [key, peer] : peers_) {
            const bool own = &peer == &self || (self.user != 0 && peer.user == self.user);
            const bool unwanted = peer.seeder && has(request.flags, AnnounceFlags::only_leechers);
            if (own || unwanted || peer.hidden) {
                continue;
            }
            if (peer.ipv4.present()) {
                ipv4s.insert(peer.ipv4.wire);
            }
            if (peer.ipv6.present()) {
                ipv6s.insert(peer.ipv6.wire);
            }
        }
        const auto fits = [](auto eligible, auto chosen, std::size_t want) {
            const std::size_t expected = std::min(want, eligible.size());
            for (const auto& endpoint : chosen) {
                if (eligible.erase(endpoint.wire) == 0) {
                    return false;  // not eligible, or a second time
                }
            }
            return chosen.size() == expected;
        };
        if (!fits(ipv4s, reply.ipv4s(), request.num_want_ipv4)) {
            return "choice of IPv4 peers";
        }
        return fits(ipv6s, reply.ipv6s(), request.num_want_ipv6) ? "" : "choice of IPv6 peers";
    }

    int now_ = 0;
    int judged_ = 0;
    std::map<Key, Peer> peers_;
};

/// Who takes part. Endpoints of different peers never coincide.
struct Population {
    const char* name;
    std::uint32_t plain = 0;
    std::uint32_t plain_ipv6 = 0;
    std::uint32_t dual = 0;
    std::uint32_t members = 0;
};

class Dice {
public:
    explicit Dice(std::uint32_t seed) : engine_(seed) {}
    std::uint32_t below(std::uint32_t bound) {
        return std::uniform_int_distribution<std::uint32_t>(0, bound - 1)(engine_);
    }

    AnnounceRequest announce(const Population& all) {
        const std::uint32_t drawn = below(all.plain + all.plain_ipv6 + all.dual + all.members);
        AnnounceRequest request = announce_of(drawn, below(2));
        if (drawn >= all.plain && drawn < all.plain + all.plain_ipv6) {
            request = over_ipv6(request, drawn);
        } else if (drawn >= all.plain + all.plain_ipv6) {
            if (drawn >= all.plain + all.plain_ipv6 + all.dual) {
                request = with_account(request, 1 + drawn % 7);
                const std::uint32_t place = drawn + 1'000'000 * (1 + below(3));
                request.ipv4 = ipv4(place);
                request.ipv6 = ipv6(place);
                request.ipv4 = below(3) == 0 ? Ipv4Endpoint{} : request.ipv4;
            }
            if (!request.ipv4.present() || below(2) == 0) {
                request.ipv6 = ipv6(drawn + 5'000'000 * below(2));
            }
        }
        constexpr std::array events{Event::none,    Event::none,    Event::started,
                                    Event::stopped, Event::stopped, Event::paused};
        request.event = events[below(stopping ? 6 : 3)];
        const auto maybe = [&](AnnounceFlags flag) {
            return below(5) == 0 ? flag : AnnounceFlags::none;
        };
        request.flags = maybe(AnnounceFlags::hidden) | maybe(AnnounceFlags::only_leechers);
        request.num_want_ipv4 = below(2) == 0 ? below(40) : 500;
        request.num_want_ipv6 = below(2) == 0 ? below(40) : 500;
        return request;
    }

    bool stopping = true;

private:
    std::mt19937 engine_;
};

void compare_books(Tracker& tracker, const Model& model) {
    const Collector shown = tracker.read();
    CHECK(shown.record.counts == model.counts());
    std::set<std::array<std::uint8_t, 6>> ipv4s;
    double ipv6 = 0;
    double ipv6_seeders = 0;
    for (const PeerRecord& peer : shown.peers) {
        if (peer.ipv6.present()) {
            ipv6 += 1;
            ipv6_seeders += has(peer.flags, PeerFlags::seeder) ? 1 : 0;
        }
        if (peer.ipv4.present()) {
            CHECK(ipv4s.insert(peer.ipv4.wire).second);
        }
    }
    CHECK(ipv4s == model.ipv4s());
    const SwarmCounts counts = model.counts();
    CHECK(tracker.metric("seeders") == counts.seeders);
    CHECK(tracker.metric("leechers") == counts.leechers);
    CHECK(tracker.metric("peers_ipv6") == ipv6);
    CHECK(tracker.metric("peers_ipv4") == counts.seeders + counts.leechers - ipv6);
    CHECK(tracker.metric("seeders_ipv6") == ipv6_seeders);
    CHECK(tracker.metric("seeders_ipv4") == counts.seeders - ipv6_seeders);
}

void play(const Population& population, int rounds, int announces, bool keep_ids) {
    const std::uint32_t seed = 20140723;
    CAPTURE(seed);
    CAPTURE(population.name);
    CAPTURE(keep_ids);
    Tracker tracker({.peer_lifetime = lifetime,
                     .history_lifetime = lifetime,
                     .purge_empty_swarms = true,
                     .keep_peer_ids = keep_ids});
    Model model;
    Dice dice(seed);
    for (int round = 0; round < rounds; ++round) {
        dice.stopping = round % 3 != 0;
        const int some = round % 4 == 3 ? announces / 50 : announces;
        for (int i = 0; i < some; ++i) {
            CAPTURE(round);
            CAPTURE(i);
            const AnnounceRequest request = dice.announce(population);
            const Reply reply = tracker.announce(request);
            REQUIRE(reply.failure.ok());
            REQUIRE(model.judge(request, reply) == "");
        }
        compare_books(tracker, model);
        if (round % 2 == 1) {
            tracker.let_pass(step);
            model.pass();
            compare_books(tracker, model);
        }
    }
    tracker.let_pass(2 * step);
    CHECK(tracker.metric("swarms") == 0);
    CHECK(tracker.metric("peers") == 0);
}

}  // namespace

TEST_CASE("whatever happens, in whatever order, the driver and the model agree") {
    for (const bool keep_ids : {false, true}) {
        play({"one to four plain peers", 4}, 16, 120, keep_ids);
        play({"plain peers", 200}, 8, 300, keep_ids);
        play({"plain peers of both families", 60, 60}, 8, 300, keep_ids);
        play({"dual-stacked peers", 0, 0, 80}, 8, 300, keep_ids);
        play({"accounts", 0, 0, 0, 100}, 8, 300, keep_ids);
        play({"all sorts", 40, 40, 40, 40}, 12, 300, keep_ids);
    }
}

TEST_CASE("a swarm large enough for an index agrees with the model, growing and shrinking") {
    play({"thousands", 2400, 0, 0, 100}, 6, 9000, false);
}

}  // namespace chihaya::memory::test
TEST_SUITE_END();
