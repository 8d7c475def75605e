#pragma once

/// @file entry.hpp
/// One line of the books: what an announce changed, in the form in which it waits in memory and in
/// the spool.

#include "chihaya/backend_driver.hpp"

#include <array>
#include <cstdint>
#include <string_view>
#include <type_traits>

namespace chihaya::gazelle {

/// How much of a User-Agent is kept; the column has 51 characters of it, or fewer.
inline constexpr std::size_t kept_user_agent = 55;

/// Shape: plain bytes, written to disk as they are; a change of shape is a new version of the spool
struct Entry {
    std::uint64_t user = 0;
    std::uint64_t torrent = 0;
    std::uint64_t uploaded = 0;    // as the client reports
    std::uint64_t downloaded = 0;  // likewise
    std::uint64_t left = 0;        // likewise; unknown_left where it did not say
    std::uint64_t corrupt = 0;     // likewise
    std::uint64_t corrupt_raw = 0;
    std::uint64_t uploaded_raw = 0;
    std::uint64_t downloaded_raw = 0;
    std::uint64_t uploaded_credited = 0;
    std::uint64_t downloaded_credited = 0;
    std::int64_t at = 0;           // Unix time, milliseconds
    std::uint32_t active_for = 0;  // seconds
    std::uint32_t stay = 0;        // seconds
    std::uint32_t announces = 0;
    std::uint32_t seeders = 0;
    std::uint32_t leechers = 0;
    std::uint32_t flags = 0;  // DeltaFlags
    std::uint32_t event = 0;  // Event
    std::array<std::uint8_t, 20> peer_id{};
    std::array<std::uint8_t, 4> ipv4{};  // zeros where there is none
    std::array<std::uint8_t, 16> ipv6{};
    std::array<char, kept_user_agent> user_agent{};  // as it came, cut; the rest zero
    std::uint8_t user_agent_size = 0;
    std::uint32_t counts_after = 0;  // milliseconds: the counts are so much younger than `at`

    [[nodiscard]] bool is(DeltaFlags flag) const noexcept {
        return has(static_cast<DeltaFlags>(flags), flag);
    }
    [[nodiscard]] std::string_view agent() const noexcept {
        return {user_agent.data(), user_agent_size};
    }
    /// When its swarm had these counts. Unix time, milliseconds
    [[nodiscard]] std::int64_t counted_at() const noexcept { return at + counts_after; }
};
static_assert(std::is_trivially_copyable_v<Entry> && sizeof(Entry) == 224);

[[nodiscard]] Entry entry_of(const AnnounceDelta& delta) noexcept;

}  // namespace chihaya::gazelle
