#pragma once

/// @file lists.hpp
/// `/users` and `/torrents`: all of them, a page at a time or in bulk.

#include "core/logic/roster.hpp"
#include "core/management/bulk.hpp"
#include "core/management/reply.hpp"
#include "core/management/request.hpp"

namespace chihaya::management {

/// GET shows `{"users":[…],"next":"…"}` or `{"torrents":[…],"next":"…"}`: objects as PUT takes
/// them.
/// `?limit=` says how many, 100 if nothing, at most limits::list_page_max. `?after=` goes on where
/// `next` of the page before says; the last page has none. What of a list that changes is seen:
/// Roster::users. A `next` is good for as long as the process runs.
/// `GET /users?id=7` shows the account of that number, if there is one.
/// 400 when the query is wrong.
///
/// As NDJSON there are no pages, and PUT takes what GET shows: bulk.hpp.
[[nodiscard]] Reply answer_list(const Call& call, logic::Roster& roster, BulkCalls& bulk_calls);

}  // namespace chihaya::management
