#include "tests/gazelle/kept_books.hpp"
#include "tests/gazelle/scripted_archive.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstring>
#include <filesystem>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

TEST_SUITE_BEGIN("the books of a site");

namespace chihaya::gazelle::test {

using namespace std::chrono_literals;
using chihaya::test::TempDir;
using chihaya::test::wait_until;

TEST_CASE("what is recorded arrives, summed up by user, and nothing stays on disk") {
    const TempDir dir;
    ScriptedArchive archive;
    Books books(dir.path(), archive);
    for (std::uint64_t i = 0; i < 1000; ++i) {
        record(books, delta_of(1 + i % 3, 7, 10));
    }
    CHECK(books.keeper.flush(10s));
    const auto content = archive.content();
    CHECK(content.users.at(1).uploaded == 3340);
    CHECK(content.users.at(2).downloaded == 6660);
    CHECK(content.balances.at(7) == -10000);
    CHECK(content.peers.size() == 3);
    CHECK(content.peers.begin()->second.up_speed == 1);
    CHECK(books.keeper.numbers().spooled_deltas == 0);
    CHECK(books.keeper.numbers().spool_bytes == 0);
    CHECK(files_beginning_with(dir.path(), "entries-") == 0);
}

TEST_CASE("a snatch, a token and a departure become rows of their own") {
    const TempDir dir;
    ScriptedArchive archive;
    Books books(dir.path(), archive);
    auto delta = delta_of(1, 7, 10);
    delta.flags = DeltaFlags::snatched | DeltaFlags::used_token | DeltaFlags::is_seeder;
    delta.downloaded_credited = 0;
    record(books, delta);
    delta = delta_of(1, 7, 0);
    delta.announces = 3;
    delta.flags = DeltaFlags::is_gone;
    delta.user_agent = "";
    record(books, delta);
    CHECK(books.keeper.flush(10s));
    const auto content = archive.content();
    CHECK(content.snatch_rows == 1);
    CHECK(content.snatches.at(7) == 1);
    CHECK(content.tokens.at({1, 7}) == 20);
    CHECK(content.users.at(1).downloaded == 0);
    const PeerRow& row = content.peers.begin()->second;
    CHECK_FALSE(row.is_active);
    CHECK(row.announces == 3);
    CHECK(row.agent() == "test/1.0");
}

TEST_CASE("a swarm that fell silent has the counts of the last peer that was forgotten") {
    const TempDir dir;
    ScriptedArchive archive;
    Books books(dir.path(), archive);
    std::vector<AnnounceDelta> deltas;
    for (std::uint64_t i = 0; i < 3; ++i) {
        auto delta = delta_of(1 + i, 7, 0);
        delta.at = Time{std::chrono::seconds(10'000 - i)};  // whoever spoke last comes first
        delta.counts = {.seeders = static_cast<std::uint32_t>(2 - i), .leechers = 0};
        delta.flags = i == 0 ? DeltaFlags::none : DeltaFlags::expired;
        deltas.push_back(delta);
    }
    books.keeper.record(deltas);
    CHECK(books.keeper.flush(10s));
    CHECK(archive.content().seeders.at(7) == 0);
}

TEST_CASE("a transaction that is refused or lost is brought again, with what has come since") {
    const TempDir dir;
    ScriptedArchive archive;
    std::size_t turn = 0;
    archive.on_write = [&](const Ledger&) {
        constexpr std::array endings{Ending::refused, Ending::lost_before, Ending::committed};
        return endings[turn++ % endings.size()];
    };
    Books books(dir.path(), archive);
    for (int i = 0; i < 50; ++i) {
        record(books, delta_of(1, 7, 1));
        CHECK(books.keeper.flush(10s));
    }
    CHECK(archive.content().users.at(1).uploaded == 50);
}

TEST_CASE("a COMMIT without an answer is looked up, and counts once either way") {
    const TempDir dir;
    ScriptedArchive archive;
    std::size_t turn = 0;
    archive.on_write = [&](const Ledger&) {
        constexpr std::array endings{Ending::doubt_committed, Ending::doubt_rolled_back,
                                     Ending::committed, Ending::doubt_committed};
        return endings[turn++ % endings.size()];
    };
    Books books(dir.path(), archive);
    for (int i = 0; i < 20; ++i) {
        record(books, delta_of(1, 7, 1));
        CHECK(books.keeper.flush(10s));
    }
    CHECK(archive.content().users.at(1).uploaded == 20);
}

TEST_CASE("rows of very many peers come in pieces, and none of them again after a failure") {
    const TempDir dir;
    ScriptedArchive archive;
    constexpr std::uint64_t peers = 5 * limits::transaction_peers / 2;
    std::vector<std::size_t> sizes;  // of the transactions that were tried
    archive.is_away = true;          // until everything was recorded
    Books* there = nullptr;
    archive.on_write = [&](const Ledger& ledger) {
        sizes.push_back(ledger.peers.size());
        if (sizes.size() == 2) {
            record(*there, delta_of(2, 8, 10));  // comes meanwhile, and waits for its own turn
            return Ending::lost_before;
        }
        return sizes.size() == 5 ? Ending::doubt_rolled_back : Ending::committed;
    };
    Books books(dir.path(), archive);
    there = &books;
    for (std::uint64_t peer = 0; peer < peers; ++peer) {
        AnnounceDelta delta = delta_of(1, 7, 10);
        std::memcpy(delta.peer_id.bytes.data(), &peer, sizeof peer);
        record(books, delta);
    }
    CHECK_FALSE(books.keeper.flush(0s));
    archive.is_away = false;
    REQUIRE(books.keeper.flush(30s));
    REQUIRE(books.keeper.flush(30s));
    const auto content = archive.content();
    CHECK(content.users.at(1).uploaded == 10 * peers);
    CHECK(content.users.at(2).uploaded == 10);
    CHECK(content.balances.at(7) == -10 * static_cast<std::int64_t>(peers));
    CHECK(content.peers.size() == peers + 1);
    const std::size_t all = limits::transaction_peers;
    CHECK(sizes == std::vector<std::size_t>{all, all, all, all / 2, 0, 0, 1});
}

TEST_CASE("what a process left behind is brought in by the next one, before it says so") {
    const TempDir dir;
    ScriptedArchive archive;
    archive.is_away = true;
    {
        Books books(dir.path(), archive);
        for (std::uint64_t i = 0; i < 5000; ++i) {
            record(books, delta_of(1 + i % 2, 7, 1));
        }
        CHECK_FALSE(books.keeper.flush(100ms));
        CHECK_FALSE(books.keeper.wait_until_recovered(1ms));
    }
    CHECK(archive.content().transactions == 0);
    archive.is_away = false;
    Books books(dir.path(), archive);
    CHECK(books.keeper.wait_until_recovered(10s));
    CHECK(archive.content().users.at(1).uploaded == 2500);
    CHECK(archive.content().users.at(2).downloaded == 5000);
}

TEST_CASE("rows whose table is missing wait on disk while the rest goes on") {
    const TempDir dir;
    ScriptedArchive archive;
    std::atomic<bool> lacks{true};
    archive.on_write = [&](const Ledger&) {
        return lacks ? Ending::lacks_all : Ending::committed;
    };
    auto snatch = delta_of(1, 7, 10);
    snatch.flags = DeltaFlags::snatched | DeltaFlags::used_token;
    {
        Books books(dir.path(), archive);
        record(books, snatch);
        CHECK(books.keeper.flush(10s));
        record(books, snatch);
        CHECK(books.keeper.flush(10s));
        CHECK(archive.content().users.at(1).uploaded == 20);
        CHECK(archive.content().snatch_rows == 0);
        CHECK(archive.content().transactions == 2);
        CHECK(files_beginning_with(dir.path(), "ledger-") == 2);
    }
    lacks = false;
    Books books(dir.path(), archive);
    CHECK(books.keeper.wait_until_recovered(10s));
    CHECK(archive.content().users.at(1).uploaded == 20);
    CHECK(archive.content().snatch_rows == 2);
    CHECK(archive.content().tokens.at({1, 7}) == 40);
    CHECK(archive.content().balances.at(7) == -20);
    CHECK(files_beginning_with(dir.path(), "ledger-") == 0);
}

TEST_CASE("rows that waited for a right are written once somebody has granted it") {
    const TempDir dir;
    ScriptedArchive archive;
    std::atomic<bool> lacks{true};
    archive.on_write = [&](const Ledger&) {
        return lacks ? Ending::lacks_snatches : Ending::committed;
    };
    BookRules rules = quick;
    rules.operator_pause = 10ms;
    Books books(dir.path(), archive, rules);
    auto snatch = delta_of(1, 7, 10);
    snatch.flags = DeltaFlags::snatched;
    for (int i = 0; i < 5; ++i) {
        record(books, snatch);
        CHECK(books.keeper.flush(10s));
    }
    CHECK(archive.content().snatch_rows == 0);
    lacks = false;
    wait_until("the snatches are there", [&] { return archive.content().snatch_rows == 5; });
    CHECK(archive.content().users.at(1).uploaded == 50);
    CHECK(archive.content().snatches.at(7) == 5);
    wait_until("nothing is left on disk",
               [&] { return files_beginning_with(dir.path(), "ledger-") == 0; });
}

TEST_CASE("a spool at half its limit becomes sums, and nothing of it is lost") {
    const TempDir dir;
    ScriptedArchive archive;
    archive.is_away = true;
    constexpr BookRules small{
        .flush_interval = 20ms, .spool_limit = 1'000'000, .reconnect_pause = 1ms};
    constexpr std::uint64_t deltas = 50'000;  // 11 MB of entries
    {
        Books books(dir.path(), archive, small);
        for (std::uint64_t i = 0; i < deltas; ++i) {
            record(books, delta_of(1 + i % 5, 7, 1));
            if (i % 500 == 0) {
                static_cast<void>(books.keeper.flush(0ms));
            }
        }
        static_cast<void>(books.keeper.flush(0ms));
        CHECK(books.keeper.numbers().spool_bytes <= small.spool_limit);
        CHECK(books.keeper.numbers().is_spooling);
    }
    archive.is_away = false;
    Books books(dir.path(), archive, small);
    CHECK(books.keeper.wait_until_recovered(10s));
    CHECK(archive.content().users.at(3).uploaded == deltas / 5);
}

TEST_CASE("a spool that is full says so, and what is in memory still arrives") {
    const TempDir dir;
    ScriptedArchive archive;
    archive.is_away = true;
    constexpr BookRules tiny{.flush_interval = 20ms, .spool_limit = 20'000, .reconnect_pause = 1ms};
    Books books(dir.path(), archive, tiny);
    for (std::uint64_t i = 1; i <= 1000; ++i) {
        record(books, delta_of(i, i, 1));  // each a row of its own: sums are no smaller
        static_cast<void>(books.keeper.flush(0ms));
    }
    CHECK_FALSE(books.keeper.numbers().is_spooling);
    CHECK(books.keeper.numbers().spool_bytes <= 2 * tiny.spool_limit);
    CHECK(books.log.lines_of(Severity::error) == 1);
    archive.is_away = false;
    CHECK(books.keeper.flush(10s));
    CHECK(archive.content().users.size() == 1000);
    wait_until("what comes is on disk again", [&] { return books.keeper.numbers().is_spooling; });
    record(books, delta_of(1, 1, 1));
    CHECK(books.keeper.flush(10s));
    CHECK(archive.content().users.at(1).uploaded == 2);
}

TEST_CASE("sums that later sums stand for do not count again") {
    const TempDir dir;
    const TempDir aside;
    ScriptedArchive archive;
    archive.is_away = true;
    BookRules small = quick;
    small.spool_limit = 40'000;
    {
        Books books(dir.path(), archive, small);
        const auto record_some = [&] {
            for (int i = 0; i < 200; ++i) {
                record(books, delta_of(1, 7, 1));
            }
            static_cast<void>(books.keeper.flush(0ms));
        };
        record_some();
        REQUIRE(files_beginning_with(dir.path(), "ledger-") == 1);
        for (const auto& file : std::filesystem::directory_iterator(dir.path())) {
            if (file.path().filename().string().starts_with("ledger-")) {
                std::filesystem::copy(file.path(), aside.path());
            }
        }
        record_some();
        record_some();
    }
    // As if the process had been killed before it removed them.
    for (const auto& file : std::filesystem::directory_iterator(aside.path())) {
        std::filesystem::copy(file.path(), dir / file.path().filename());
    }
    CHECK(files_beginning_with(dir.path(), "ledger-") == 2);
    archive.is_away = false;
    Books books(dir.path(), archive);
    CHECK(books.keeper.wait_until_recovered(10s));
    CHECK(archive.content().users.at(1).uploaded == 600);
}

TEST_CASE("a file that was cut off in the middle gives what stands before") {
    const TempDir dir;
    ScriptedArchive archive;
    archive.is_away = true;
    {
        Books books(dir.path(), archive);
        for (int i = 0; i < 10; ++i) {
            record(books, delta_of(1, 7, 1));
            static_cast<void>(books.keeper.flush(0ms));  // a block each
        }
    }
    for (const auto& file : std::filesystem::directory_iterator(dir.path())) {
        if (file.path().filename().string().starts_with("entries-")) {
            std::filesystem::resize_file(file.path(), file.file_size() - 100);
        }
    }
    archive.is_away = false;
    Books books(dir.path(), archive);
    CHECK(books.keeper.wait_until_recovered(10s));
    CHECK(archive.content().users.at(1).uploaded == 9);
    record(books, delta_of(1, 7, 1));
    CHECK(books.keeper.flush(10s));
    CHECK(archive.content().users.at(1).uploaded == 10);
}

TEST_CASE("numbers that the database may know already are not given out again") {
    const TempDir dir;
    ScriptedArchive archive;
    {
        Books books(dir.path(), archive);
        for (int i = 0; i < 10; ++i) {
            record(books, delta_of(1, 7, 1));
        }
        CHECK(books.keeper.flush(10s));
    }
    std::filesystem::remove(dir / "confirmed");  // had not reached the disk
    archive.is_away = true;
    {
        Books books(dir.path(), archive);
        for (int i = 0; i < 5; ++i) {
            record(books, delta_of(1, 7, 1));
        }
        CHECK_FALSE(books.keeper.flush(50ms));
    }
    archive.is_away = false;
    Books books(dir.path(), archive);
    CHECK(books.keeper.wait_until_recovered(10s));
    CHECK(archive.content().users.at(1).uploaded == 15);
}

TEST_CASE("two processes do not share a spool") {
    const TempDir dir;
    ScriptedArchive archive;
    Books books(dir.path(), archive);
    CHECK_THROWS_WITH_AS(Books(dir.path(), archive), doctest::Contains("another process has it"),
                         std::runtime_error);
}

// Copies of the folder stand for processes that were killed: one is taken at a moment inside a
// transaction, another just after it, with the database as it was then.
TEST_CASE("whenever a process is killed, everything on disk arrives exactly once") {
    std::mt19937_64 dice(20'240'601);
    for (int round = 0; round < 60; ++round) {
        const TempDir root;
        auto life = std::make_unique<ScriptedArchive>();
        const auto die_after = dice() % 12;
        std::mutex gate;             // held while something is on its way to the disk
        std::uint64_t recorded = 0;  // under `gate`
        std::uint64_t at_death = 0;
        bool was_all_on_disk = true;  // a spool may be full, with sums on their way
        const Bookkeeper* keeper = nullptr;
        ScriptedArchive::Content then;
        std::size_t writes = 0;
        std::mt19937_64 fate(dice());  // the carrier's thread has its own
        std::atomic<bool> is_dead{false};
        const auto folder = root.path() / "spool";
        const auto grave = root.path() / "copy";
        life->on_write = [&](const Ledger&) {
            if (writes++ == die_after) {
                const std::lock_guard still(gate);
                std::filesystem::copy(folder, grave);
                then = life->content();
                at_death = recorded;
                was_all_on_disk = keeper->numbers().is_spooling;
                is_dead = true;
            }
            constexpr std::array endings{Ending::committed,         Ending::refused,
                                         Ending::lost_before,       Ending::doubt_committed,
                                         Ending::doubt_rolled_back, Ending::lacks_snatches};
            return is_dead ? Ending::lost_before : endings[fate() % endings.size()];
        };
        {
            BookRules rules = quick;
            rules.operator_pause = 5ms;
            rules.spool_limit = dice() % 2 == 0 ? rules.spool_limit : 30'000;
            Books books(folder, *life, rules);
            keeper = &books.keeper;
            while (!is_dead) {
                std::this_thread::sleep_for(1ms);  // it is the other's turn with the gate
                const std::lock_guard moving(gate);
                for (int i = 0; i < 40; ++i) {
                    auto delta = delta_of(1 + dice() % 3, 1 + dice() % 2, 1);
                    delta.flags = dice() % 4 == 0 ? DeltaFlags::snatched : DeltaFlags::none;
                    ++recorded;
                    record(books, delta);
                }
                static_cast<void>(books.keeper.flush(0ms));
            }
        }
        REQUIRE(is_dead);
        ScriptedArchive again;
        again.set_content(then);
        Books books(grave, again);
        REQUIRE(books.keeper.flush(10s));
        REQUIRE(books.keeper.wait_until_recovered(10s));
        const auto content = again.content();
        std::uint64_t uploaded = 0;
        for (const auto& [user, sums] : content.users) {
            uploaded += sums.uploaded;
            CHECK(sums.downloaded == 2 * sums.uploaded);
        }
        std::uint64_t snatches = 0;
        for (const auto& [torrent, count] : content.snatches) {
            snatches += count;
        }
        CHECK(uploaded <= at_death);
        CHECK((uploaded == at_death || !was_all_on_disk));
        CHECK(snatches == content.snatch_rows);
    }
}

}  // namespace chihaya::gazelle::test
TEST_SUITE_END();
