#include "core/logic/address_limit.hpp"

#include "core/base/limits.hpp"

#include <algorithm>
#include <bit>
#include <random>

namespace chihaya::logic {
namespace {

constexpr std::size_t sets = limits::limited_addresses / 4;
static_assert(std::has_single_bit(sets));

constexpr std::uint64_t ipv4_mark = std::uint64_t{1} << 32U;  // of no IPv6 network that is routed

std::uint64_t top_bits(std::span<const std::uint8_t> bytes) noexcept {
    std::uint64_t value = 0;
    for (const std::uint8_t byte : bytes) {
        value = value << 8U | byte;
    }
    return value;
}

}  // namespace

AddressLimit::Pace::Pace(const Rate& rate, std::uint32_t workers) noexcept {
    if (rate.per_second != 0) {
        token = std::int64_t{1'000'000'000} * std::max(1U, workers) / rate.per_second;
        capacity = token * std::max(rate.burst, rate.per_second);
    }
}

AddressLimit::AddressLimit(const AddressRates& rates, std::uint32_t workers)
    : address_(rates.address, workers), prefix_(rates.prefix, workers) {
    if (address_.capacity == 0 && prefix_.capacity == 0) {
        return;
    }
    std::random_device entropy;
    for (std::uint64_t& secret : secrets_) {
        secret = (std::uint64_t{entropy()} << 32U) | entropy() | 1U;
    }
    sets_.resize(sets);
}

/// Each step can be undone, so different keys stay different.
std::uint64_t AddressLimit::mixed(std::uint64_t key, std::uint64_t secret) const noexcept {
    std::uint64_t value = (key ^ secret) * secrets_[2];
    value = (value ^ (value >> 32U)) * secrets_[3];
    return value ^ (value >> 32U);
}

AddressLimit::Bucket& AddressLimit::bucket(std::uint64_t key, std::int64_t now) noexcept {
    Set& set = sets_[key & (sets - 1)];
    Bucket* fullest = set.buckets.data();
    for (Bucket& one : set.buckets) {
        if (one.key == key) {
            return one;
        }
        if (one.full_at < fullest->full_at) {
            fullest = &one;
        }
    }
    *fullest = {key, now};
    return *fullest;
}

bool AddressLimit::admits(const IpAddress& from, Time now,
                          std::span<const IpNetwork> exempt) noexcept {
    if (sets_.empty()) {
        return true;
    }
    const bool is_ipv4 = from.is_ipv4();
    const std::uint64_t whole =
        is_ipv4 ? ipv4_mark | top_bits(from.ipv4()) : top_bits(std::span(from.bytes).first<8>());
    const std::uint64_t network = whole >> (is_ipv4 ? 8U : 16U);
    const auto time =
        std::chrono::duration_cast<std::chrono::nanoseconds>(now.time_since_epoch()).count();

    // The two places are looked up before either is judged, so that the memory comes for both.
    const std::uint64_t address_key = mixed(whole, secrets_[0]);
    const std::uint64_t prefix_key = mixed(network, secrets_[1]);
    Bucket unlimited;
    Bucket& network_bucket = prefix_.capacity != 0 ? bucket(prefix_key, time) : unlimited;
    const std::int64_t network_full = std::max(network_bucket.full_at, time) + prefix_.token;
    if (network_full - time > prefix_.capacity / 2 && is_in(exempt, from)) {
        return true;
    }
    if (network_full - time > prefix_.capacity) {
        return false;
    }
    if (address_.capacity != 0) {
        Bucket& own = bucket(address_key, time);
        const std::int64_t full = std::max(own.full_at, time) + address_.token;
        if (full - time > address_.capacity) {
            return is_in(exempt, from);
        }
        own.full_at = full;
        if (&own == &network_bucket) {
            return true;  // it took the network's place, which is full then
        }
    }
    network_bucket.full_at = network_full;
    return true;
}

}  // namespace chihaya::logic
