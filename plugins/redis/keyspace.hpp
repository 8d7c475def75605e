#pragma once

/// @file keyspace.hpp
/// The names of this driver's keys, but for those of the registry (registry_keys.hpp).

#include "chihaya/types.hpp"
#include "plugins/redis/big_endian.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace chihaya::redis {

/// A swarm to be looked at at some moment stands in one of a ring of lists: that of the sixteen
/// seconds it is in.
inline constexpr std::uint32_t due_seconds = 16;
inline constexpr std::uint32_t due_list_count = 512;
/// No moment may be further ahead, in seconds: what would be is looked at early.
inline constexpr std::uint32_t due_ahead_max = 8000;
static_assert(due_ahead_max < due_seconds * (due_list_count - 2));

[[nodiscard]] constexpr std::uint32_t due_list(std::uint64_t due) noexcept {
    return static_cast<std::uint32_t>(due / due_seconds % due_list_count);
}

/// Thread: one at a time; names are valid until the next one is asked for
class Keyspace {
public:
    /// Errors: std::bad_alloc
    explicit Keyspace(std::string_view prefix)
        : totals_(std::string(prefix) + "totals"),
          secret_(std::string(prefix) + "pages"),
          looked_(std::string(prefix) + "looked"),
          due_(std::string(prefix) + "due:"),
          swarm_(std::string(prefix) + "s"),
          due_size_(due_.size()),
          swarm_size_(swarm_.size()) {}

    /// A swarm: a hash (layout.hpp).
    [[nodiscard]] std::string_view swarm(const InfoHash& info_hash) {
        swarm_.resize(swarm_size_);
        swarm_.append(text_of(info_hash.bytes));
        return swarm_;
    }
    /// What all swarms' keys begin with; exactly an info-hash follows.
    [[nodiscard]] std::string_view swarms() const noexcept {
        return std::string_view(swarm_).substr(0, swarm_size_);
    }
    /// Info-hashes of swarms to look at: a list.
    [[nodiscard]] std::string_view due(std::uint32_t list) {
        due_.resize(due_size_);
        due_.append(std::to_string(list));
        return due_;
    }
    /// How many swarms, seeders and leechers there are: a hash of numbers.
    [[nodiscard]] std::string_view totals() const noexcept { return totals_; }
    /// The key of `peer_hash`: 16 bytes.
    [[nodiscard]] std::string_view secret() const noexcept { return secret_; }
    /// When a tracker last looked at the lists: Unix time.
    [[nodiscard]] std::string_view looked() const noexcept { return looked_; }

private:
    const std::string totals_;
    const std::string secret_;
    const std::string looked_;
    std::string due_;
    std::string swarm_;
    const std::size_t due_size_;
    const std::size_t swarm_size_;
};

}  // namespace chihaya::redis
