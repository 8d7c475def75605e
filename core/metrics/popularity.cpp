#include "core/metrics/popularity.hpp"

#include "core/base/limits.hpp"

#include <algorithm>
#include <cstring>
#include <functional>
#include <random>
#include <span>
#include <utility>

namespace chihaya::metrics {
namespace {

template <class Key>
std::span<const std::uint8_t> bytes_of(const Key& key) noexcept {
    return {static_cast<const std::uint8_t*>(static_cast<const void*>(&key)), sizeof(Key)};
}

ClientPrefix prefix_of(const PeerId& peer_id) noexcept {
    ClientPrefix prefix{};
    const auto& bytes = peer_id.bytes;
    const bool ends_early = bytes[0] == '-' && bytes[7] == '-';
    std::copy_n(bytes.begin(), ends_early ? 8 : prefix.size(), prefix.begin());
    return prefix;
}

template <class Key, std::size_t sets>
void append(std::vector<Popular<Key>>& to, const FrequentKeys<Key, sets>& from) {
    from.for_each([&](const auto& entry) {
        to.push_back({.key = entry.key, .announces = entry.count, .error = entry.error});
    });
}

template <class Key>
void settle_one(std::vector<Popular<Key>>& all) {
    std::ranges::sort(all, [](const Popular<Key>& left, const Popular<Key>& right) {
        return std::memcmp(&left.key, &right.key, sizeof(Key)) < 0;
    });
    std::size_t kept = 0;
    for (const Popular<Key>& one : all) {
        if (kept != 0 && all[kept - 1].key == one.key) {
            all[kept - 1].announces += one.announces;
            all[kept - 1].error += one.error;
        } else {
            all[kept++] = one;
        }
    }
    all.resize(kept);
    std::ranges::stable_sort(all, std::ranges::greater(), &Popular<Key>::announces);
}

}  // namespace

Popularity::Popularity() {
    std::random_device device;
    random_ = (std::uint64_t{device()} << 32U) | device() | 1U;
}

/// Few enough to cost nothing, and at random, so that no rhythm of the clients' escapes it.
void Popularity::pass_over() noexcept {
    random_ ^= random_ << 13U;
    random_ ^= random_ >> 7U;
    random_ ^= random_ << 17U;
    const std::uint64_t range = std::uint64_t{2} * gap_ - 1;  // 1 to 2 * gap - 1
    until_next_ = 1 + static_cast<std::uint32_t>(((random_ >> 32U) * range) >> 32U);
    weight_of_next_ = gap_;
}

void Popularity::begin_second(Moment now) noexcept {
    next_second_ = now + std::chrono::seconds(1);
    const auto gap = static_cast<std::uint32_t>(std::clamp<std::uint64_t>(
        weight_ / limits::popularity_samples_per_second, 1, limits::popularity_gap_max));
    if (std::exchange(gap_, gap) > gap) {
        pass_over();  // fewer come: not as long as was meant
    }
    taken_ = 0;
    weight_ = 0;
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock) {
        return;
    }
    if (windows_[running_].began == Moment{}) {
        windows_[running_].began = now;
    } else if (now - windows_[running_].began >= limits::popularity_window) {
        running_ = 1 - running_;
        Window& window = windows_[running_];
        window.swarms.clear();
        window.clients.clear();
        window.announces = 0;
        window.began = now;
    }
}

void Popularity::take(const InfoHash& info_hash, const PeerId& peer_id) noexcept {
    const std::uint32_t weight = weight_of_next_;
    weight_ += weight;
    if (++taken_ >= 2 * limits::popularity_samples_per_second &&
        gap_ < limits::popularity_gap_max) {
        gap_ *= 2;  // more come than in the second before
        taken_ = 0;
    }
    pass_over();
    const std::unique_lock lock(mutex_, std::try_to_lock);
    if (!lock) {
        return;
    }
    Window& window = windows_[running_];
    const ClientPrefix prefix = prefix_of(peer_id);
    window.announces += weight;
    window.swarms.add(info_hash, hash_(bytes_of(info_hash)), weight);
    window.clients.add(prefix, hash_(bytes_of(prefix)), weight);
}

/// With the mutex held.
void Popularity::add_span_to(PopularityTotals& totals, Moment now) const {
    for (const Window& window : windows_) {
        totals.announces += window.announces;
        if (window.began != Moment{}) {
            const auto age = std::chrono::duration_cast<std::chrono::seconds>(now - window.began);
            totals.span = std::max(totals.span, age);
        }
    }
}

void Popularity::add_swarms_to(PopularityTotals& totals, Moment now) const {
    const std::lock_guard lock(mutex_);
    add_span_to(totals, now);
    for (const Window& window : windows_) {
        append(totals.swarms, window.swarms);
    }
}

void Popularity::add_clients_to(PopularityTotals& totals, Moment now) const {
    const std::lock_guard lock(mutex_);
    add_span_to(totals, now);
    for (const Window& window : windows_) {
        append(totals.clients, window.clients);
    }
}

void settle(PopularityTotals& totals) {
    settle_one(totals.swarms);
    settle_one(totals.clients);
}

}  // namespace chihaya::metrics
