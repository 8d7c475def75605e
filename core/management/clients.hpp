#pragma once

/// @file clients.hpp
/// `/clients/ID`: the approved clients, one at a time.
/// Source: Chihaya v1 (PUT and DELETE 2014, GET 1.0)

#include "core/logic/roster.hpp"
#include "core/management/reply.hpp"
#include "core/management/request.hpp"

namespace chihaya::management {

/// An ID is the first 1 to 20 bytes of a peer id, percent-encoded where needed, or v1's six
/// characters without the leading dash: see core/logic/client_list.hpp.
///
/// GET: 200 when exactly this entry is on the list, else 404. PUT, DELETE: 200, whether it was
/// there or not; 400 when ID is none; 503 when the tracker driver is away.
[[nodiscard]] Reply answer_client(const Call& call, logic::Roster& roster);

}  // namespace chihaya::management
