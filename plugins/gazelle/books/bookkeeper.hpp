#pragma once

/// @file bookkeeper.hpp
/// Carries what announces have changed into the database: each delta once, whatever breaks.
///
/// Two threads. The *clerk* takes what workers put down, writes it to the spool and adds it up. The
/// *carrier* gives the sums to the archive, every `flush_interval`, in one transaction with the
/// position that they reach. Whoever is in doubt about a transaction, after a connection was lost
/// or the process was killed, reads that position back:
///
/// Of a large batch, rows of peers go ahead in transactions of their own; they are absolute.
///
///     taken ──> spool ──> pending ──> batch ──> database
///                         (sums of)   (one transaction; the same again until it is in)

#include "chihaya/host.hpp"
#include "plugins/gazelle/books/archive.hpp"
#include "plugins/gazelle/books/intake.hpp"
#include "plugins/gazelle/books/queue_sizes.hpp"
#include "plugins/gazelle/books/spool.hpp"
#include "plugins/gazelle/books/torrent_pace.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

namespace chihaya::gazelle {

struct BookRules {
    std::chrono::milliseconds flush_interval{3'000};
    std::uint64_t spool_limit = std::uint64_t{4} << 30U;  // bytes
    // After a failure. Tests are in a hurry.
    std::chrono::milliseconds reconnect_pause = limits::reconnect_pause;  // the first one
    std::chrono::milliseconds operator_pause = limits::operator_pause;
};

/// What there is to tell of it.
struct BookNumbers {
    QueueSizes waiting{};
    std::uint64_t recorded_deltas = 0;  // taken since the start
    std::uint64_t spooled_deltas = 0;   // taken, and not in the database
    std::uint64_t spool_bytes = 0;
    std::uint64_t flushes = 0;            // transactions that were committed
    std::uint64_t failed_flushes = 0;     // that were not
    std::uint64_t rejected_rows = 0;      // that the database will never take
    std::uint64_t dropped_peer_rows = 0;  // that only said "still here", for want of room
    std::uint64_t lost_deltas = 0;        // out of memory at the moment they came
    bool is_spooling = true;              // what is taken is on disk, too
    bool is_reachable = false;  // the last transaction, or look at the position, went well
};

/// Thread: `record` from any worker's, everything else from others; nothing throws but what says so
class Bookkeeper {
public:
    /// Lifetime: log and archive outlive it
    /// Errors: std::runtime_error: see Spool
    Bookkeeper(Host& log, const std::filesystem::path& folder, Archive& archive, BookRules rules);
    ~Bookkeeper();
    Bookkeeper(const Bookkeeper&) = delete;
    Bookkeeper& operator=(const Bookkeeper&) = delete;

    void record(std::span<const AnnounceDelta> deltas) noexcept;

    /// Waits until the database has everything that was on disk when this began to live, so that
    /// what it says of peers is up to date. False: not within the time
    [[nodiscard]] bool wait_until_recovered(std::chrono::milliseconds patience) noexcept;

    /// Waits until the database has everything that was recorded before this was called.
    /// False: not within the time; then it is in the spool
    [[nodiscard]] bool flush(std::chrono::milliseconds deadline) noexcept;

    [[nodiscard]] BookNumbers numbers() const noexcept;

    void set_rules(BookRules rules) noexcept;

private:
    using Clock = std::chrono::steady_clock;
    using Pause = std::chrono::milliseconds;

    // --- the clerk's ---
    void keep_books() noexcept;
    void take_in() noexcept;
    void date_counts() noexcept;
    void add_up(std::span<const Entry> entries);
    void keep_on_disk(std::span<const Entry> entries);
    void shrink_spool();
    void stand_in_for_spool();
    void leave_on_disk() noexcept;

    // --- the carrier's ---
    void carry() noexcept;
    [[nodiscard]] bool wait_for_work(Pause pause);
    /// Returns: how long to wait before the next attempt; zero when all went well
    [[nodiscard]] Pause carry_once();
    [[nodiscard]] DatabaseError settle_doubt();
    void replay(std::uint64_t position);
    [[nodiscard]] bool take_batch();
    [[nodiscard]] Written write_batch();
    [[nodiscard]] Written write_peers_ahead();
    void leave_out(Ledger& ledger);
    void committed(std::uint64_t rejected_rows);
    void give_back_batch();
    [[nodiscard]] Pause pause_after(const DatabaseError& error);
    void tell(const DatabaseError& error);

    Host& log_;
    Archive& archive_;
    Intake intake_;

    // The clerk's, or that of whoever flushes; taken before `books_`.
    std::mutex clerk_turn_;
    std::vector<Entry> taken_;
    std::int64_t latest_ = 0;  // of all that were taken; Unix time, milliseconds
    TorrentPace pace_;

    // Everybody's.
    mutable std::mutex books_;
    std::condition_variable changes_;
    Spool spool_;
    Ledger pending_;
    std::uint64_t pending_from_ = 0;     // it stands for what the spool has from there on
    std::uint64_t pending_entries_ = 0;  // how many entries were added up in it
    std::uint64_t batch_entries_ = 0;    // likewise
    std::uint64_t carried_entries_ = 0;  // all that are in the database
    bool is_spooling_ = true;            // all of `pending_` is on disk
    bool is_stopping_ = false;
    bool has_recovered_ = false;
    std::uint32_t flushes_wanted_ = 0;  // by so many who wait
    BookRules rules_;
    BookNumbers numbers_;
    std::size_t peers_kept_ = 0;  // when quiet ones were last left out
    Clock::time_point disk_tried_{};
    Clock::time_point synced_{};

    // The carrier's.
    Ledger batch_;     // on its way; or in doubt
    Ledger left_out_;  // of it: rows whose table or right is missing
    Ledger aside_;     // such rows of earlier batches
    bool batch_is_on_disk_ = true;
    bool is_batch_begun_ = false;  // rows of it are in the database: it stays as it is
    std::uint64_t batch_from_ = 0;
    std::uint64_t batch_to_ = 0;
    // Whether `batch_` is in the database; at first, how much of what the process before has left.
    // Whatever ends an attempt early, memory that is short included, leaves it so.
    bool is_in_doubt_ = true;
    bool takes_up_aside_ = false;  // it is written with those
    Written lacks_;                // which tables are left out for now
    Clock::time_point aside_tried_{};
    Pause pause_{0};
    std::optional<unsigned> told_;  // number of the error that the log has

    std::atomic<std::uint64_t> lost_{0};
    std::thread clerk_;
    std::thread carrier_;
};

}  // namespace chihaya::gazelle
