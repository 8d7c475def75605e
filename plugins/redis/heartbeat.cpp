#include "plugins/redis/heartbeat.hpp"

#include "plugins/redis/big_endian.hpp"

#include <algorithm>
#include <random>

namespace chihaya::redis {
namespace {

enum Ticket : std::uint32_t { offer, secret, swarms, seeders, leechers };

constexpr std::array<std::string_view, 3> total_names{"swarms", "seeders", "leechers"};

}  // namespace

std::string new_secret() {
    std::random_device device;
    std::string bytes;
    for (int i = 0; i < 4; ++i) {
        put_number(bytes, device(), 4);
    }
    return bytes;
}

std::optional<HashSecret> read_secret(std::string_view bytes) noexcept {
    if (bytes.size() != 16) {
        return std::nullopt;
    }
    return HashSecret{{get_number(bytes, 0, 8), get_number(bytes, 8, 8)}};
}

Heartbeat::Heartbeat(Shared& shared)
    : shared_(shared), keyspace_(shared.parameters.prefix), offered_(new_secret()) {}

void Heartbeat::beat(Store& store) {
    // Where Redis has forgotten the secret, it gets the one that the trackers still have.
    if (const auto known = shared_.secret()) {
        offered_.clear();
        put_number(offered_, known->words[0], 8);
        put_number(offered_, known->words[1], 8);
    }
    const std::string_view key = keyspace_.secret();
    command_.begin(4).add("SET").add(key).add(offered_).add("NX");
    store.send(slot_of(key), command_.bytes(), *this, offer);
    command_.begin(2).add("GET").add(key);
    store.send(slot_of(key), command_.bytes(), *this, secret);
    if (!is_telling_) {
        tell_totals(store);
    }
}

void Heartbeat::tell_totals(Store& store) {
    const TotalsChange change = shared_.changes.take();
    told_ = {change.swarms, change.seeders, change.leechers};
    is_telling_ = true;
    const std::string_view key = keyspace_.totals();
    for (std::size_t i = 0; i < told_.size(); ++i) {
        command_.begin(4).add("HINCRBY").add(key).add(total_names[i]).add(told_[i]);
        store.send(slot_of(key), command_.bytes(), *this, swarms + static_cast<std::uint32_t>(i));
    }
}

void Heartbeat::answered(std::uint32_t ticket, const Reply& reply) noexcept {
    if (ticket == secret) {
        if (const auto told = read_secret(reply.text()); told && told != shared_.secret()) {
            shared_.set_secret(*told);
        }
    } else if (ticket >= swarms) {
        totals_[ticket - swarms] = std::max<std::int64_t>(reply.integer(), 0);
        if (ticket == leechers) {
            shared_.totals.set({totals_[0], totals_[1], totals_[2]});
            is_telling_ = false;
        }
    }
}

void Heartbeat::failed(std::uint32_t ticket, Status /*status*/) noexcept {
    if (ticket < swarms) {
        return;
    }
    TotalsChange change;
    (ticket == swarms    ? change.swarms
     : ticket == seeders ? change.seeders
                         : change.leechers) = told_[ticket - swarms];
    shared_.changes.add(change);
    if (ticket == leechers) {
        is_telling_ = false;
    }
}

}  // namespace chihaya::redis
