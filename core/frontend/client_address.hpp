#pragma once

/// @file client_address.hpp
/// Where a peer can be reached: what the socket, a trusted proxy and, if the operator allows it,
/// the client itself say.

#include "chihaya/announce.hpp"
#include "core/base/ip_address.hpp"
#include "core/logic/policy.hpp"
#include "core/wire/announce_query.hpp"

namespace chihaya::frontend {

/// Sets `request.ipv4` and `request.ipv6`: `source` with the announced port; or what the client
/// claims (`ip`, `ipv4`, `ipv6`), where the policy believes it and the claim is an address of
/// global reach. With `dual_stacked_peers` one of each family is collected, claims first; without
/// it the first one found is the only one. Source: Chihaya v1 (order of the parameters), BEP 7
void place(AnnounceRequest& request, const wire::AnnounceQuery& query, const IpAddress& source,
           const logic::Policy& policy) noexcept;

}  // namespace chihaya::frontend
