#pragma once

/// @file bulk.hpp
/// `/users` and `/torrents` as a whole, one JSON object a line (NDJSON): out with GET, in with PUT,
/// and never in memory as a whole.

#include "core/logic/roster.hpp"
#include "core/management/reply.hpp"
#include "core/management/request.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <string_view>

namespace chihaya::management {

/// Counts the bulk calls that run, of which there are at most limits::bulk_calls_max.
/// Thread: any. Lifetime: outlives the calls
class BulkCalls {
public:
    /// Who holds what this returns runs. Errors: empty when there are enough
    [[nodiscard]] std::shared_ptr<void> enter();

private:
    std::atomic<int> running_{0};
};

/// The 503 that says so.
[[nodiscard]] Reply bulk_calls_are_busy();

[[nodiscard]] bool is_ndjson(std::string_view content_type) noexcept;

/// Does `?format=` or `Accept` ask for NDJSON? `format` decides where both are given.
/// Errors: empty when `format` is neither json nor ndjson
[[nodiscard]] std::optional<bool> wants_ndjson(const Call& call);

/// GET: every user or torrent, a line each, as PUT takes them. A page at a time is read, when the
/// one before has left; what of a list that changes is seen: Roster::users. `?after=` begins behind
/// the record that it names.
/// 503 when limits::bulk_calls_max run. A reply that breaks off has no last chunk.
[[nodiscard]] Reply export_users(const logic::Roster& roster, std::optional<UserId> after,
                                 BulkCalls& calls);
[[nodiscard]] Reply export_torrents(const logic::Roster& roster, std::optional<InfoHash> after,
                                    BulkCalls& calls);

/// PUT: every line of the body as in a call of its own, in their order; lines without anything but
/// blanks are nothing. Each line is taken or not by itself, whatever is wrong with others.
///
/// 200 and `{"taken":N}` when all lines were taken. Else
/// `{"taken":N,"refused":M,"lines":[{"line":L,"reason":"…"},…],"ended":"…"}`: how many were taken,
/// how many lines were wrong, the first limits::bulk_lines_named of these (counted from 1), and, if
/// the body was not read to its end, why. 400 when lines were wrong or the body ended early, 413
/// when it is longer than limits::bulk_body_max, the driver's when that failed: then the lines up
/// to limits::bulk_batch behind those taken may have been written.
/// 415 when the body is not NDJSON, 503 when limits::bulk_calls_max run: then nothing was read.
[[nodiscard]] Reply import_lines(const Call& call, logic::Roster& roster, BulkCalls& calls);

}  // namespace chihaya::management
