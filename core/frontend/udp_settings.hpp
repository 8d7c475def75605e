#pragma once

/// @file udp_settings.hpp
/// What an operator decides about the UDP front end.

#include "core/net/udp_socket.hpp"
#include "core/wire/connection_id.hpp"

#include <optional>

namespace chihaya::frontend {

/// Each worker has its own, which changes between its turns only. All workers have the same key: a
/// client keeps its connection id whichever of them it meets.
struct UdpSettings {
    wire::ConnectionIds::Key connection_id_key{};
    wire::ConnectionIds::Lifetime connection_id_lifetime = wire::ConnectionIds::Lifetime::grace;
    net::UdpTransfer transfer{};
    /// With the keys before, of a tracker that has changed its key; else made of the above.
    std::optional<wire::ChangingIds> ids{};
};

}  // namespace chihaya::frontend
