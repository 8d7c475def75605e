#pragma once

/// @file open_connections.hpp
/// Connections of clients, as they pass from one process to another.

#include "core/base/result.hpp"
#include "core/frontend/http_connection.hpp"
#include "core/handover/channel.hpp"

#include <span>
#include <vector>

namespace chihaya::app {

/// Their sockets stay open here.
[[nodiscard]] Result<void> send_connections(handover::Channel& channel,
                                            std::span<const frontend::OpenConnection> all);

/// Takes the sockets out of the message. What is not whole is closed.
[[nodiscard]] std::vector<frontend::OpenConnection> read_connections(handover::Message& message);

/// Closes their sockets.
void close_connections(std::vector<frontend::OpenConnection>& all) noexcept;

}  // namespace chihaya::app
