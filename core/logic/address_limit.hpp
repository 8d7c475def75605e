#pragma once

/// @file address_limit.hpp
/// How often one address, and one network, may do something: token buckets in a table of fixed
/// size.
///
/// A key of the table is the whole address or prefix, mixed with a secret without loss: no two
/// addresses share a bucket, whoever chooses them. Where a place of the table is taken, the fullest
/// bucket there goes, and a bucket that is not in the table is full: an attacker with very many
/// addresses can make the tracker forget what it holds against somebody, never the reverse.

#include "chihaya/types.hpp"
#include "core/base/ip_address.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace chihaya::logic {

/// How often: so many a second, and so many at once after a pause.
struct Rate {
    std::uint32_t per_second = 0;  // 0: without limit
    std::uint32_t burst = 0;       // taken for `per_second` where that is more
    friend bool operator==(const Rate&, const Rate&) = default;
};

/// Of one address (IPv4, or IPv6 of 64 bits), and of one network (IPv4 of 24 bits, IPv6 of 48).
struct AddressRates {
    Rate address;
    Rate prefix;
    friend bool operator==(const AddressRates&, const AddressRates&) = default;
};

/// One worker's part of a limit: the kernel spreads the requests of an address over the workers, so
/// each grants its share of the rate; of a burst each grants all, since a single client, which
/// always comes to the same worker, must have it.
///
/// Thread: one
/// Cost:   two places of a table of 256 KiB for each question; no table where nothing is limited
class AddressLimit {
public:
    /// Nothing is limited.
    AddressLimit() = default;
    AddressLimit(const AddressRates& rates, std::uint32_t workers);

    /// Takes a token of the address and one of its network. False: one of them has none, and
    /// nothing was taken. `now` does not go back.
    /// Who is in a network of `exempt` is always admitted, and takes nothing of its network's last
    /// half, which is its neighbours'. They are compared only where something runs short.
    [[nodiscard]] bool admits(const IpAddress& from, Time now,
                              std::span<const IpNetwork> exempt = {}) noexcept;

private:
    /// A bucket is told by when it will be full again.
    struct Bucket {
        std::uint64_t key = 0;
        std::int64_t full_at = 0;  // nanoseconds
    };
    static constexpr std::size_t ways = 4;
    struct alignas(64) Set {
        std::array<Bucket, ways> buckets{};
    };

    /// A rate, as a bucket has it.
    struct Pace {
        explicit Pace(const Rate& rate, std::uint32_t workers) noexcept;
        Pace() = default;
        std::int64_t token = 0;     // nanoseconds until one token is back
        std::int64_t capacity = 0;  // nanoseconds until an empty bucket is full; 0: no limit
    };

    [[nodiscard]] std::uint64_t mixed(std::uint64_t key, std::uint64_t secret) const noexcept;
    [[nodiscard]] Bucket& bucket(std::uint64_t key, std::int64_t now) noexcept;

    Pace address_;
    Pace prefix_;
    std::array<std::uint64_t, 4> secrets_{};
    std::vector<Set> sets_;  // empty: nothing is limited
};

}  // namespace chihaya::logic
