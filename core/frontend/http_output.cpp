#include "core/frontend/http_output.hpp"

#include "core/base/limits.hpp"

#include <exception>
#include <utility>

namespace chihaya::frontend {

bool HttpOutput::send(net::TcpStream& stream, std::string_view replies,
                      std::shared_ptr<const std::string> attachment, bool end_follows,
                      metrics::Count& transmitted) noexcept {
    std::size_t count = 0;
    if (stream.write(replies, count, end_follows) == net::Transfer::broken) {
        return false;
    }
    transmitted.add(count);
    if (count < replies.size()) {
        try {
            unsent_.assign(replies.substr(count));
        } catch (const std::exception&) {
            return false;
        }
    }
    attachment_ = std::move(attachment);
    attachment_sent_ = 0;
    pieces_seen_ = 0;
    return send_attachment(stream, transmitted);
}

bool HttpOutput::go_on(net::TcpStream& stream, metrics::Count& transmitted) noexcept {
    if (!unsent_.empty()) {
        std::size_t count = 0;
        if (stream.write(unsent_, count) == net::Transfer::broken) {
            return false;
        }
        transmitted.add(count);
        unsent_.erase(0, count);
        if (unsent_.empty()) {
            std::string().swap(unsent_);  // clearing would keep its memory
        }
    }
    return send_attachment(stream, transmitted);
}

bool HttpOutput::send_attachment(net::TcpStream& stream, metrics::Count& transmitted) noexcept {
    while (unsent_.empty() && attachment_ != nullptr) {
        std::size_t count = 0;
        const auto rest = std::string_view(*attachment_).substr(attachment_sent_);
        const net::Transfer ended = stream.write(rest, count);
        if (ended != net::Transfer::done) {
            return ended == net::Transfer::would_block;
        }
        transmitted.add(count);
        attachment_sent_ += count;
        if (count == rest.size()) {
            attachment_.reset();
        }
    }
    return true;
}

bool HttpOutput::took_piece() noexcept {
    const std::size_t pieces = attachment_sent_ / limits::full_scrape_piece;
    return std::exchange(pieces_seen_, pieces) != pieces && attachment_ != nullptr;
}

void HttpOutput::drop() noexcept {
    std::string().swap(unsent_);
    attachment_.reset();
}

}  // namespace chihaya::frontend
