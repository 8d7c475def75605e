#pragma once

/// @file kept_books.hpp
/// A bookkeeper with what it needs, and deltas to give to it.

#include "plugins/gazelle/books/bookkeeper.hpp"
#include "tests/support/fake_host.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace chihaya::gazelle::test {

/// What an announce of user `user` on torrent `torrent` changed.
inline AnnounceDelta delta_of(std::uint64_t user, std::uint64_t torrent, std::uint64_t uploaded) {
    AnnounceDelta delta;
    delta.user = UserId{user};
    delta.torrent = TorrentId{torrent};
    delta.peer_id.bytes[0] = static_cast<std::uint8_t>(user);
    delta.uploaded_raw = uploaded;
    delta.uploaded_credited = uploaded;
    delta.downloaded_raw = 2 * uploaded;
    delta.downloaded_credited = 2 * uploaded;
    delta.active_for = std::chrono::seconds(10);
    delta.announces = 2;
    delta.counts = {.seeders = 1, .leechers = 2};
    delta.user_agent = "test/1.0";
    return delta;
}

/// For tests, which are in a hurry.
inline constexpr BookRules quick{.flush_interval = std::chrono::milliseconds(20),
                                 .reconnect_pause = std::chrono::milliseconds(1)};

/// One process's life with a spool.
struct Books {
    Books(const std::filesystem::path& folder, Archive& archive, BookRules rules = quick)
        : keeper(log, folder, archive, rules) {}

    chihaya::test::FakeClock clock;
    chihaya::test::FakeHost log{clock};
    Bookkeeper keeper;
};

inline void record(Books& books, const AnnounceDelta& delta) {
    books.keeper.record({&delta, 1});
}

inline std::size_t files_beginning_with(const std::filesystem::path& folder,
                                        const std::string& prefix) {
    std::size_t count = 0;
    for (const auto& file : std::filesystem::directory_iterator(folder)) {
        count += file.path().filename().string().starts_with(prefix) ? 1U : 0U;
    }
    return count;
}

}  // namespace chihaya::gazelle::test
