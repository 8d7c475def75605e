#include "tests/conformance/contract/parts.hpp"
#include "tests/conformance/contract/world.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace chihaya::test::contract {
namespace {

/// What the contract says about one swarm, said as simply as possible: no time, no randomness.
class ModelSwarm {
public:
    struct Peer {
        UserId user{};
        Ipv4Endpoint ipv4;
        Ipv6Endpoint ipv6;
        std::uint64_t uploaded = 0;
        bool is_seeder = false;
        bool is_paused = false;
        bool is_hidden = false;
    };
    using Key = std::array<std::uint8_t, 28>;

    /// Which sentence of the contract `reply` to `request` contradicts; empty when none.
    std::string judge(const AnnounceRequest& request, const Reply& reply) {
        const auto known = peers_.find(peer_key(request).bytes);
        const bool is_known = known != peers_.end();
        if (reply.history.known != is_known) {
            return "known";
        }
        if (is_known && reply.history.was_seeder != known->second.is_seeder) {
            return "was_seeder";
        }
        if (is_known && request.user != UserId::none &&
            reply.history.uploaded != known->second.uploaded) {
            return "uploaded";
        }
        apply(request);
        if (reply.counts != counts()) {
            return "counts";
        }
        return request.event == Event::stopped ? std::string() : judge_choice(request, reply);
    }

    [[nodiscard]] SwarmCounts counts() const {
        SwarmCounts counts{.snatches = snatches_};
        for (const auto& [key, peer] : peers_) {
            ++(peer.is_seeder ? counts.seeders : counts.leechers);
            counts.partial_seeds += peer.is_paused ? 1 : 0;
        }
        return counts;
    }

private:
    void apply(const AnnounceRequest& request) {
        const Key key = peer_key(request).bytes;
        const bool was_seeder = peers_.contains(key) && peers_[key].is_seeder;
        if (request.event == Event::stopped) {
            peers_.erase(key);
            return;
        }
        Peer& peer = peers_[key];
        peer.user = request.user;
        peer.ipv4 = request.ipv4.present() ? request.ipv4 : peer.ipv4;
        peer.ipv6 = request.ipv6.present() ? request.ipv6 : peer.ipv6;
        peer.uploaded = request.uploaded;
        peer.is_seeder = request.left == 0;
        peer.is_paused = request.left != 0 && request.event == Event::paused;
        peer.is_hidden = has(request.flags, AnnounceFlags::hidden);
        if (request.event == Event::completed && request.left == 0 && !was_seeder) {
            ++snatches_;
        }
    }

    [[nodiscard]] std::string judge_choice(const AnnounceRequest& request,
                                           const Reply& reply) const {
        const Key key = peer_key(request).bytes;
        const Peer& self = peers_.at(key);
        const bool own_only = has(request.flags, AnnounceFlags::own_families_only);
        std::vector<Ipv4Endpoint> eligible4;
        std::vector<Ipv6Endpoint> eligible6;
        for (const auto& [other_key, other] : peers_) {
            const bool is_own_account = self.user != UserId::none && other.user == self.user;
            const bool is_unwanted =
                has(request.flags, AnnounceFlags::only_leechers) && other.is_seeder;
            if (other_key == key || is_own_account || is_unwanted || other.is_hidden) {
                continue;
            }
            if (other.ipv4.present() && (!own_only || self.ipv4.present())) {
                eligible4.push_back(other.ipv4);
            }
            if (other.ipv6.present() && (!own_only || self.ipv6.present())) {
                eligible6.push_back(other.ipv6);
            }
        }
        const bool is_right = chosen_from(eligible4, reply.ipv4, request.num_want_ipv4) &&
                              chosen_from(eligible6, reply.ipv6, request.num_want_ipv6);
        return is_right ? "" : "choice";
    }

    template <class Endpoint>
    static bool chosen_from(const std::vector<Endpoint>& eligible,
                            const std::vector<Endpoint>& chosen, std::size_t wanted) {
        return chosen.size() == std::min(wanted, eligible.size()) &&
               std::ranges::all_of(chosen,
                                   [&](const Endpoint& peer) { return contains(eligible, peer); });
    }

    std::map<Key, Peer> peers_;
    std::uint32_t snatches_ = 0;
};

/// Announces of forty clients of every sort, in three swarms, at random.
class Dice {
public:
    explicit Dice(std::uint32_t seed) : engine_(seed) {}

    unsigned below(unsigned bound) {
        return std::uniform_int_distribution<unsigned>(0, bound - 1)(engine_);
    }

    AnnounceRequest announce() {
        AnnounceRequest request = somebody();
        request.info_hash = InfoHash{{static_cast<std::uint8_t>(below(3))}};
        request.uploaded = below(1000);
        request.left = below(2) == 0 ? nothing_left : some_left;
        request.num_want_ipv4 = below(30);
        request.num_want_ipv6 = below(30);
        constexpr std::array events{Event::none,      Event::none,    Event::none,
                                    Event::started,   Event::stopped, Event::stopped,
                                    Event::completed, Event::paused};
        request.event = events[below(events.size())];
        const auto maybe = [&](AnnounceFlags flag) {
            return below(4) == 0 ? flag : AnnounceFlags::none;
        };
        request.flags = maybe(AnnounceFlags::hidden) | maybe(AnnounceFlags::only_leechers) |
                        maybe(AnnounceFlags::own_families_only) |
                        maybe(AnnounceFlags::want_peer_ids);
        return request;
    }

private:
    AnnounceRequest somebody() {
        const unsigned who = below(10);
        switch (below(4)) {
            case 0:
                return from(ipv4(who, 1), some_left);
            case 1:
                return from(ipv6(who, 2), some_left);
            case 2:
                return below(2) == 0 ? from(ipv4(who, 3), ipv6(who, 3), some_left)
                                     : from(ipv4(who, 3), some_left);
            default:
                return member(who);
        }
    }

    /// Five accounts with two clients each, which roam over addresses of their own.
    AnnounceRequest member(unsigned who) {
        const unsigned host = 10 + who;
        const unsigned last = below(3);
        AnnounceRequest request = below(2) == 0 ? from(ipv4(last, host), some_left)
                                  : below(2) == 0
                                      ? from(ipv6(last, host), some_left)
                                      : from(ipv4(last, host), ipv6(last, host), some_left);
        return with_account(request, 1 + who / 2, who % 2 == 0 ? 'A' : 'B');
    }

    std::mt19937 engine_;
};

}  // namespace

void model(const MakeTrackerDriver& make) {
    TrackerSetup setup = plain_setup();
    setup.purge_empty_swarms = false;
    Tracker tracker(make, setup);

    SUBCASE("a driver agrees with the model over thousands of announces") {
        constexpr std::uint32_t seed = 20140723;
        CAPTURE(seed);
        Dice dice(seed);
        std::array<ModelSwarm, 3> swarms;
        for (int step = 0; step < 8000; ++step) {
            CAPTURE(step);
            const AnnounceRequest request = dice.announce();
            const Reply reply = tracker.announce(request);
            REQUIRE(swarms[request.info_hash.bytes[0]].judge(request, reply) == "");
        }
        for (std::uint8_t number = 0; number < swarms.size(); ++number) {
            CHECK(tracker.scrape(InfoHash{{number}}) == swarms[number].counts());
        }
    }
}

}  // namespace chihaya::test::contract
