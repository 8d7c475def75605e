#include "tests/gazelle/kept_books.hpp"
#include "tests/gazelle/scripted_archive.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <new>
#include <optional>
#include <string>

TEST_SUITE_BEGIN("the books of a site in trouble");

namespace chihaya::gazelle::test {

using namespace std::chrono_literals;
using chihaya::test::TempDir;
using chihaya::test::wait_until;

TEST_CASE("a transaction that memory was too short for is brought again, and counts once") {
    const TempDir dir;
    ScriptedArchive archive;
    std::size_t turn = 0;
    archive.on_write = [&](const Ledger&) {
        if (turn++ % 3 == 0) {
            throw std::bad_alloc();
        }
        return turn % 3 == 2 ? Ending::doubt_committed : Ending::committed;
    };
    Books books(dir.path(), archive);
    for (int i = 0; i < 20; ++i) {
        record(books, delta_of(1, 7, 1));
        CHECK(books.keeper.flush(10s));
    }
    CHECK(archive.content().users.at(1).uploaded == 20);
}

TEST_CASE("what a full spool could not take is on disk when the process has ended") {
    const TempDir dir;
    ScriptedArchive archive;
    std::atomic<bool> is_broken{true};
    archive.on_write = [&](const Ledger&) {
        return is_broken ? Ending::lost_before : Ending::committed;
    };
    constexpr BookRules tiny{.flush_interval = 20ms, .spool_limit = 20'000, .reconnect_pause = 1ms};
    {
        Books books(dir.path(), archive, tiny);
        for (std::uint64_t i = 1; i <= 1000; ++i) {
            record(books, delta_of(i, i, 1));
            static_cast<void>(books.keeper.flush(0ms));
        }
        CHECK_FALSE(books.keeper.numbers().is_spooling);
    }
    is_broken = false;
    Books books(dir.path(), archive, tiny);
    CHECK(books.keeper.wait_until_recovered(10s));
    CHECK(archive.content().users.size() == 1000);
    CHECK(archive.content().users.at(1000).uploaded == 1);
}

TEST_CASE("sums are not written again for each entry that comes") {
    const TempDir dir;
    ScriptedArchive archive;
    archive.is_away = true;
    constexpr BookRules small{
        .flush_interval = 20ms, .spool_limit = 100'000, .reconnect_pause = 1ms};
    Books books(dir.path(), archive, small);
    const auto record_all = [&] {
        for (std::uint64_t i = 1; i <= 300; ++i) {
            record(books, delta_of(i, i, 1));
        }
        static_cast<void>(books.keeper.flush(0ms));
    };
    record_all();
    for (int i = 0; i < 200; ++i) {
        record(books, delta_of(1, 1, 1));
        static_cast<void>(books.keeper.flush(0ms));
    }
    CHECK(books.keeper.numbers().is_spooling);
    CHECK(books.log.lines_of(Severity::info) <= 10);
}

TEST_CASE("rows that were set aside do not multiply while a file of the spool is not sound") {
    const TempDir dir;
    ScriptedArchive archive;
    std::atomic<bool> lacks{true};
    archive.on_write = [&](const Ledger&) {
        return lacks ? Ending::lacks_snatches : Ending::committed;
    };
    {
        Books books(dir.path(), archive);
        auto snatch = delta_of(1, 7, 10);
        snatch.flags = DeltaFlags::snatched;
        record(books, snatch);
        CHECK(books.keeper.flush(10s));
    }
    // Segments come after ledgers: this one makes each attempt to read the spool fail at its end.
    const auto unsound = dir / "entries-0fffffffffffffff";
    std::filesystem::copy(dir / "id", unsound);
    const auto end = dir / "entries-00ffffffffffffff";
    std::filesystem::copy(dir / "id", end);
    lacks = false;
    Books books(dir.path(), archive);
    for (int i = 0; i < 5; ++i) {
        static_cast<void>(books.keeper.flush(60ms));
    }
    CHECK_FALSE(books.keeper.wait_until_recovered(1ms));
    std::filesystem::remove(unsound);
    std::filesystem::remove(end);
    CHECK(books.keeper.flush(10s));
    CHECK(archive.content().snatch_rows == 1);
}

namespace {

/// A server that cannot be used at all, for a reason that has no number.
class UselessArchive final : public Archive {
public:
    Written write(const Ledger&, const Marker&) override { return {.error = why}; }
    DatabaseError read(const SpoolId&, std::optional<std::uint64_t>&) override { return why; }
    void interrupt() noexcept override {}

    DatabaseError why{Remedy::ask_operator, 0, "found a server without TLS"};
};

}  // namespace

TEST_CASE("the log has a trouble that has no number, once") {
    const TempDir dir;
    UselessArchive archive;
    Books books(dir.path(), archive);
    static_cast<void>(books.keeper.flush(100ms));
    wait_until("the log has it", [&] { return books.log.lines_of(Severity::error) > 0; });
    static_cast<void>(books.keeper.flush(200ms));
    CHECK(books.log.lines_of(Severity::error) == 1);
}

}  // namespace chihaya::gazelle::test
TEST_SUITE_END();
