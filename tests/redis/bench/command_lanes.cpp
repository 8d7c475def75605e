#include "tests/redis/bench/lanes.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <stdexcept>

namespace chihaya::redis::bench {
namespace {

constexpr std::string_view naive_source =
    "redis.call('HSET', KEYS[1], ARGV[1], ARGV[2]) "
    "return {redis.call('HLEN', KEYS[1]), "
    "table.concat(redis.call('HRANDFIELD', KEYS[1], ARGV[3]))}";

/// Flags, and a time, as the naive script keeps them.
constexpr std::string_view naive_value("\0\x65\x53\xf1\x00", 5);

std::string naive_key(std::uint32_t swarm) {
    return "naive:" + std::string(text_of(Population::info_hash(swarm).bytes));
}

std::string sha1_of(std::string_view source) {
    std::array<unsigned char, 20> digest{};
    EVP_Digest(source.data(), source.size(), digest.data(), nullptr, EVP_sha1(), nullptr);
    std::string text;
    for (const unsigned int byte : digest) {
        text += "0123456789abcdef"[byte >> 4U];
        text += "0123456789abcdef"[byte & 15U];
    }
    return text;
}

}  // namespace

CommandLane::CommandLane(Loop& loop, const Parameters& parameters, std::span<const Script> scripts)
    : Lane(loop), store_(make_store(loop.host, parameters, scripts)) {
    for (int turns = 0; turns < 1000 && !store_->is_ready(); ++turns) {
        loop.host.turn(std::chrono::milliseconds(10));
    }
    masters_ = store_->masters();
    if (masters_.empty()) {
        throw std::runtime_error("redis is not reached");
    }
}

void CommandLane::send(std::size_t first, std::size_t count) {
    for (std::size_t i = first; i < first + count; ++i) {
        const std::uint16_t slot = make(i, command_);
        store_->send(slot, command_.bytes(), *this, static_cast<std::uint32_t>(i));
    }
    store_->flush();
}

void CommandLane::answered(std::uint32_t ticket, const Reply& reply) noexcept {
    Lane::answered(ticket, is_right(reply));
}

void CommandLane::failed(std::uint32_t ticket, Status /*status*/) noexcept {
    Lane::answered(ticket, false);
}

std::uint16_t PingLane::make(std::size_t slot, Command& command) {
    command.begin(1).add("PING");
    return masters()[slot % masters().size()];
}

const Script& NaiveLane::script() {
    static const std::string sha1 = sha1_of(naive_source);
    static const Script script{naive_source, sha1};
    return script;
}

NaiveLane::NaiveLane(Loop& loop, const Parameters& parameters, const Population& population,
                     std::uint32_t want)
    : CommandLane(loop, parameters, {&script(), 1}), population_(population), want_(want) {}

void NaiveLane::fill(Client& client) {
    constexpr std::uint32_t at_once = 100;
    Command command;
    for (std::uint32_t swarm = 0; swarm < population_.swarms(); ++swarm) {
        const std::string key = naive_key(swarm);
        command.begin(2 + std::size_t{2} * population_.peers()).add("HSET").add(key);
        for (std::uint32_t peer = 0; peer < population_.peers(); ++peer) {
            command.add(text_of(Population::ipv4({swarm, peer}).wire)).add(naive_value);
        }
        client.add(slot_of(key), command.bytes());
        if ((swarm % at_once == at_once - 1 || swarm + 1 == population_.swarms()) &&
            !client.run([](std::size_t /*index*/, const Reply& /*reply*/) {}).ok()) {
            throw std::runtime_error("the naive swarms cannot be filled");
        }
    }
}

std::uint16_t NaiveLane::make(std::size_t /*slot*/, Command& command) {
    const Who who = population_.at(place_++);
    const std::string key = naive_key(who.swarm);
    command.begin(7).add("EVALSHA").add(script().sha1).add(std::int64_t{1}).add(key);
    command.add(text_of(Population::ipv4(who).wire)).add(naive_value).add(std::int64_t{want_});
    return slot_of(key);
}

bool NaiveLane::is_right(const Reply& reply) const {
    const auto items = reply.items();
    return items.size() == 2 && items[0].integer() == population_.peers() &&
           items[1].text().size() == std::size_t{6} * std::min(want_, population_.peers());
}

}  // namespace chihaya::redis::bench
