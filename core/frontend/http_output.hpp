#pragma once

/// @file http_output.hpp
/// What one client is to be sent and has not taken yet.

#include "core/metrics/counters.hpp"
#include "core/net/tcp_stream.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace chihaya::frontend {

/// Replies, and after them an attachment that many connections share (a full scrape).
/// Thread: the connection's
class HttpOutput {
public:
    [[nodiscard]] bool is_empty() const noexcept {
        return unsent_.empty() && attachment_ == nullptr;
    }

    /// Sends both as far as the client takes them now, and keeps the rest. Nothing is kept before.
    /// With `end_follows` the caller ends the stream after it.
    /// Errors: false when the connection is of no further use
    [[nodiscard]] bool send(net::TcpStream& stream, std::string_view replies,
                            std::shared_ptr<const std::string> attachment, bool end_follows,
                            metrics::Count& transmitted) noexcept;

    /// Likewise, what was kept.
    [[nodiscard]] bool go_on(net::TcpStream& stream, metrics::Count& transmitted) noexcept;

    /// Has the client taken another piece (limits::full_scrape_piece) of an attachment, and is
    /// there more? Each piece has its own time.
    [[nodiscard]] bool took_piece() noexcept;

    /// Forgets what was kept, and gives its memory back.
    void drop() noexcept;

private:
    [[nodiscard]] bool send_attachment(net::TcpStream& stream,
                                       metrics::Count& transmitted) noexcept;

    std::string unsent_;                             // of the replies
    std::shared_ptr<const std::string> attachment_;  // until all of it has been taken
    std::size_t attachment_sent_ = 0;
    std::size_t pieces_seen_ = 0;
};

}  // namespace chihaya::frontend
