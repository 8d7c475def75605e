#include "tests/redis_program/steady.hpp"

#include "tests/support/udp_client.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <utility>

namespace chihaya::test {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds rest{3};
constexpr std::string_view away = "the tracker is temporarily unavailable";

Outcome outcome_of(const HttpReply& reply) {
    const auto value = bencode::parse(reply.body);
    if (reply.status != 200 || !value) {
        return Outcome::strange;
    }
    if (value->has("peers")) {
        return Outcome::answered;
    }
    const bool is_refused = value->has("failure reason") && value->has("retry in") &&
                            value->at("failure reason").text() == away;
    return is_refused ? Outcome::refused : Outcome::strange;
}

Outcome outcome_of(const std::string& packet) {
    if (packet.size() >= 20 && number_at(packet, 0) == announce_action) {
        return Outcome::answered;
    }
    return packet.size() > 8 && number_at(packet, 0) == error_action && packet.substr(8) == away
               ? Outcome::refused
               : Outcome::strange;
}

milliseconds rounded(Seen::Clock::duration time) {
    return std::chrono::ceil<milliseconds>(time);
}

std::string peer_id(char protocol, std::uint32_t number) {
    std::string id = std::string("-qB4650-") + protocol + "00000000000";
    const std::string digits = std::to_string(number);
    id.replace(id.size() - digits.size(), digits.size(), digits);
    return id;
}

}  // namespace

Steady::Steady(const Node& node, std::vector<std::string> swarms)
    : node_(node),
      swarms_(std::move(swarms)),
      http_([this] { announce_http(); }),
      udp_([this] { announce_udp(); }) {
    wait_for(Outcome::answered);
}

void Steady::stop() {
    stopping_ = true;
    for (std::thread* const thread : {&http_, &udp_}) {
        if (thread->joinable()) {
            thread->join();
        }
    }
}

void Steady::announce_http() {
    std::unique_ptr<TcpClient> client;
    for (std::uint32_t i = 0; !stopping_; ++i) {
        Seen one{.asked = Clock::now(), .told = {}, .swarm = i % swarms_.size()};
        const std::string id = peer_id('h', i);
        try {
            if (client == nullptr) {
                client = std::make_unique<TcpClient>(node_.process().http_port());
            }
            client->send(request(
                {.info_hash = swarms_[one.swarm], .peer_id = id, .port = 1024 + i % 50'000}));
            one.outcome = outcome_of(client->read_reply());
        } catch (const std::exception&) {
            client.reset();
        }
        one.told = Clock::now();
        note(one);
        std::this_thread::sleep_for(rest);
    }
}

void Steady::announce_udp() {
    std::optional<UdpClient> client;
    std::string connection;
    for (std::uint32_t i = 0; !stopping_; ++i) {
        Seen one{.asked = Clock::now(), .told = {}, .swarm = i % swarms_.size(), .is_udp = true};
        const std::string id = peer_id('u', i);
        try {
            if (!client) {
                client.emplace(node_.process().udp_port());
                connection = client->connect();
            }
            one.outcome = outcome_of(client->ask(announce_packet(
                connection, {.info_hash = swarms_[one.swarm],
                             .peer_id = id,
                             .port = static_cast<std::uint16_t>(1024 + i % 50'000)})));
        } catch (const std::exception&) {
            client.reset();
        }
        one.told = Clock::now();
        note(one);
        std::this_thread::sleep_for(rest);
    }
}

void Steady::note(const Seen& seen) {
    const std::lock_guard lock(mutex_);
    seen_.push_back(seen);
}

std::vector<Seen> Steady::seen() {
    const std::lock_guard lock(mutex_);
    return seen_;
}

std::size_t Steady::count(Outcome outcome, bool is_udp) {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::ranges::count_if(
        seen_, [&](const Seen& one) { return one.outcome == outcome && one.is_udp == is_udp; }));
}

void Steady::wait_for(Outcome outcome, std::size_t times) {
    wait_until("both clients get that",
               [&] { return count(outcome, false) >= times && count(outcome, true) >= times; });
}

void Steady::wait_for_more(Outcome outcome, std::size_t times) {
    const std::size_t http = count(outcome, false) + times;
    const std::size_t udp = count(outcome, true) + times;
    wait_until("both clients get more of that",
               [&] { return count(outcome, false) >= http && count(outcome, true) >= udp; });
}

Sum sum_of(const std::vector<Seen>& seen, Seen::Clock::time_point back) {
    Sum sum;
    std::array<std::optional<milliseconds>, 2> first;
    std::optional<Seen::Clock::time_point> first_refusal;
    for (const Seen& one : seen) {
        sum.longest = std::max(sum.longest, rounded(one.told - one.asked));
        switch (one.outcome) {
            case Outcome::answered:
                ++sum.answered;
                break;
            case Outcome::refused:
                first_refusal = std::min(first_refusal.value_or(one.told), one.told);
                sum.out = std::max(sum.out, rounded(one.told - *first_refusal));
                ++sum.refused;
                break;
            case Outcome::silent:
                ++sum.silent;
                break;
            case Outcome::strange:
                ++sum.strange;
                break;
        }
        auto& its_first = first[one.is_udp ? 1 : 0];
        if (one.outcome == Outcome::answered && one.told >= back && !its_first) {
            its_first = rounded(one.told - back);
        }
    }
    for (const auto& its_first : first) {
        sum.recovered = std::max(sum.recovered, its_first.value_or(milliseconds(0)));
    }
    return sum;
}

std::vector<Seen> about(const std::vector<Seen>& seen, std::size_t swarm) {
    std::vector<Seen> out;
    std::ranges::copy_if(seen, std::back_inserter(out),
                         [&](const Seen& one) { return one.swarm == swarm; });
    return out;
}

std::string line_of(const std::string& fault, const Sum& sum, const std::string& lost) {
    std::ostringstream out;
    out << "failure matrix | " << fault << " | answered " << sum.answered << ", refused "
        << sum.refused << ", silent " << sum.silent << ", longest wait " << sum.longest.count()
        << " ms, refusals for " << sum.out.count() << " ms | recovered after "
        << sum.recovered.count() << " ms | " << lost;
    return out.str();
}

}  // namespace chihaya::test
