#pragma once

/// @file limits.hpp
/// Every bound of the gazelle driver, in one place, each with its reason. What an operator may
/// change is a parameter (plugins/gazelle/parameters.hpp) and has its default there.

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace chihaya::gazelle::limits {

using namespace std::chrono_literals;

// --- books: spool and ledger ---

/// Deltas wait so long in memory, at most, before they are written to the spool: what a SIGKILL
/// costs a tracker whose peers do not come back. Shorter gains nothing and wakes the thread more.
inline constexpr std::chrono::milliseconds intake_pause = 5ms;

/// Lists that workers append to: with as many as there are workers on a large machine, two seldom
/// meet at one.
inline constexpr std::size_t intake_lists = 16;

/// Entries under one checksum: 0.9 MB, read and checked as one piece.
inline constexpr std::uint32_t entries_per_block = 4096;

/// Segments are made so large: a few files an hour, and what is confirmed is given back soon.
inline constexpr std::uint64_t segment_bytes = std::uint64_t{64} << 20U;

/// How often the spool is brought down to the disk itself: what a power cut may cost.
inline constexpr std::chrono::milliseconds sync_pause = 1s;

/// A disk that was full is tried again so often.
inline constexpr std::chrono::milliseconds full_disk_pause = 1s;

/// A torrent's row is written at least so often while anybody announces it: last_action shall move,
/// or the site's reaper takes it for dead. Source: Ocelot
inline constexpr std::chrono::seconds torrent_refresh{3600};

/// So many rows of peers wait in memory for the database, 1.6 GB, before those that only say "still
/// here" are left out.
inline constexpr std::size_t waiting_peers_max = 8'000'000;

/// After a deadlock or a lock that was not got, the transaction is tried again, first soon.
inline constexpr std::chrono::milliseconds repeat_pause = 50ms;
inline constexpr std::chrono::milliseconds repeat_pause_max = 5s;

/// A database that is away is looked for so often, at first; later up to fifty times as seldom.
inline constexpr std::chrono::milliseconds reconnect_pause = 200ms;

/// What an operator has to mend, a right or a table, is tried again so often.
inline constexpr std::chrono::milliseconds operator_pause = 30s;

// --- database ---

/// Locks of the site's own transactions are waited for so long, at most; the whole transaction is
/// repeated after that. Units: seconds
inline constexpr int lock_wait_max = 5;

/// A connection that was not used for so long is asked whether it still stands: servers close idle
/// ones, and what is written to such a one is lost work.
inline constexpr std::chrono::milliseconds idle_pause = 1s;

/// The server may wait so long while a result is taken in: the host puts what it gets into other
/// databases. Units: seconds
inline constexpr int result_wait_max = 600;

/// Rows of peers that a transaction writes, at most: a second or two of a busy server. What takes
/// much longer is never done where the site ends long transactions, or connections often break.
inline constexpr std::size_t transaction_peers = 10'000;

/// Rows of one statement, at most: what comes together must be parsed together, and is locked
/// together.
inline constexpr std::size_t statement_rows_max = 2'000;

/// Bytes of one statement, at most; half of what the server takes when that is less.
inline constexpr std::size_t statement_bytes_max = std::size_t{1} << 20U;

/// So many rows of one transaction may be refused by the database and left out. Beyond it something
/// is wrong with the table: nothing is written until the operator has seen to it.
inline constexpr std::uint64_t rejected_rows_max = 200;

/// Records that the loader hands over at a time.
inline constexpr std::size_t load_span = 4'096;

/// What a server says about an error, at most, in the log. Units: bytes
inline constexpr std::size_t error_text_max = 300;

// --- parameters ---

/// A secret in a file or in the environment, at most. Units: bytes
inline constexpr std::size_t secret_max = 512;

/// Networks that may call the tracker, at most.
inline constexpr std::size_t networks_max = 64;

/// Reasons for the deletion of a torrent, at most; each is as long as TorrentErasure has room for.
inline constexpr std::size_t delete_reasons_max = 1'000;

// --- what the site has said lately (site/recent_changes.hpp) ---

/// Changes that are remembered of each kind: a site that says more in a quarter of an hour has the
/// rest corrected by its database. Some 20 MB for each kind.
inline constexpr std::size_t recent_changes_max = 100'000;

/// A site calls before it commits, or reads from a replica that lags: longer than either takes.
inline constexpr std::chrono::seconds recent_for{15 * 60};

/// A new user is called in at registration and is Enabled only once the mail was answered.
inline constexpr std::chrono::seconds new_user_for{7 * 24 * 3600};

/// So much older than the load that shows otherwise, a change is no match for the database.
inline constexpr std::chrono::seconds recent_wins_for{60};

/// Records of a load that are written before a waiting call of the site has its turn.
inline constexpr std::size_t load_piece = 500;

// --- calls of the site (site/control.hpp) ---

/// Users whose requests are followed: a tool for one member's trouble, not for all.
inline constexpr std::size_t traced_users_max = 1'000;

// --- reports (site/reports.hpp) ---

/// A page of the site waits for the report, so the database has only so long.
inline constexpr std::chrono::milliseconds report_timeout{2'000};

/// A report waits so long for another that asks the database: longer than a database in good health
/// takes, and short enough for the updates that wait behind it for a thread.
inline constexpr std::chrono::milliseconds report_turn_wait{200};

/// After a failure a report does without the database for so long.
inline constexpr std::chrono::milliseconds report_pause{2'000};

/// Users named in one report of a torrent; a site of this size has no larger swarm.
inline constexpr std::size_t report_users_max = 100'000;

// --- tokens on their way to the site (site/used_tokens.hpp) ---

/// Used tokens that wait; some 10 MB. Those beyond stay valid in the database.
inline constexpr std::size_t tokens_waiting_max = 100'000;

/// In one call: the site splits the list with one regular expression per pair.
inline constexpr std::size_t tokens_per_call = 50;

/// Of one call's query: servers and proxies of a site take twice as much. Units: bytes
inline constexpr std::size_t token_query_max = 2'000;

/// Of an answer: only whether it is blank matters. Units: bytes
inline constexpr std::size_t token_answer_max = 4'096;

/// From sending to the end of the answer, and for connecting alone.
inline constexpr std::chrono::milliseconds token_call_timeout{10'000};

/// A used token that waits is withdrawn again so often: well before `recent_for` is over.
inline constexpr std::chrono::seconds token_reminder{300};

}  // namespace chihaya::gazelle::limits
