#include "plugins/redis/shared.hpp"

#include <algorithm>

namespace chihaya::redis {
namespace {

std::uint32_t whole_seconds(std::chrono::seconds lifetime) noexcept {
    return static_cast<std::uint32_t>(std::clamp<std::int64_t>(lifetime.count(), 1, lifetime_max));
}

}  // namespace

void Shared::adopt(const TrackerSetup& setup) noexcept {
    peer_lifetime_ = whole_seconds(setup.peer_lifetime);
    history_lifetime_ = static_cast<std::uint32_t>(std::clamp<std::int64_t>(
        setup.history_lifetime.count(), 1, std::int64_t{history_lifetime_max}));
    purge_empty_ = setup.purge_empty_swarms;
    keep_ids_ = setup.keep_peer_ids;
    ipv4_bits_ = setup.preferred_ipv4_bits;
    ipv6_bits_ = setup.preferred_ipv6_bits;
    expiry = setup.expiry;
}

Rules Shared::rules() const noexcept {
    constexpr auto relaxed = std::memory_order_relaxed;
    return {.peer_lifetime = peer_lifetime_.load(relaxed),
            .history_lifetime = history_lifetime_.load(relaxed),
            .purge_empty = purge_empty_.load(relaxed),
            .keep_ids = keep_ids_.load(relaxed),
            .preferred_ipv4_bits = ipv4_bits_.load(relaxed),
            .preferred_ipv6_bits = ipv6_bits_.load(relaxed)};
}

std::optional<HashSecret> Shared::secret() const noexcept {
    if (!has_secret_.load(std::memory_order_acquire)) {
        return std::nullopt;
    }
    constexpr auto relaxed = std::memory_order_relaxed;
    return HashSecret{{secret_first_.load(relaxed), secret_second_.load(relaxed)}};
}

// Another secret is only met when Redis has lost everything: whoever reads half of it does no more
// than look into the wrong page of a swarm that is as good as empty.
void Shared::set_secret(const HashSecret& secret) noexcept {
    secret_first_.store(secret.words[0], std::memory_order_relaxed);
    secret_second_.store(secret.words[1], std::memory_order_relaxed);
    has_secret_.store(true, std::memory_order_release);
}

void Shared::keep_time(std::uint32_t second) noexcept {
    std::uint32_t known = latest_second_.load(std::memory_order_relaxed);
    while (known < second &&
           !latest_second_.compare_exchange_weak(known, second, std::memory_order_relaxed)) {
    }
}

}  // namespace chihaya::redis
