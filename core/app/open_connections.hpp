#pragma once

/// @file open_connections.hpp
/// Connections of clients, as they pass from one process to another.

#include "core/app/workers.hpp"
#include "core/base/result.hpp"
#include "core/frontend/http_connection.hpp"
#include "core/handover/channel.hpp"

#include <chrono>
#include <cstddef>
#include <span>
#include <vector>

namespace chihaya::app {

/// Their sockets stay open here.
[[nodiscard]] Result<void> send_connections(handover::Channel& channel,
                                            std::span<const frontend::OpenConnection> all);

/// Takes the sockets out of the message. What is not whole is closed.
[[nodiscard]] std::vector<frontend::OpenConnection> read_connections(handover::Message& message);

/// Shares them out among the workers, beginning with the `first`; what nobody takes is closed.
/// Waits for that, for `patience` at most. Thread: any
void share_out(std::vector<frontend::OpenConnection> all, Workers& workers, std::size_t first,
               std::chrono::milliseconds patience);

/// Closes their sockets.
void close_connections(std::vector<frontend::OpenConnection>& all) noexcept;

}  // namespace chihaya::app
