#include "core/frontend/http_connection.hpp"

#include "core/frontend/http_routes.hpp"
#include "core/wire/forwarded.hpp"

#include <algorithm>
#include <cstring>
#include <exception>
#include <utility>

namespace chihaya::frontend {

HttpConnection::HttpConnection(net::WorkerLoop& loop, HttpConnectionOwner& owner)
    : owner_(owner), stream_(loop, this, &readable, &writable) {}

HttpConnection::~HttpConnection() {
    close();
}

void HttpConnection::open(int socket, const IpAddress& from, bool is_ipv6) noexcept {
    stream_.open(socket, is_ipv6);
    from_ = from;
    close_after_reply_ = false;
    refused_ = false;
    requests_ = 0;
    seen_ = 0;
    body_left_ = 0;
    lingered_ = 0;
    kept_.clear();
    unsent_.clear();
    enter(Phase::idle);
    read_more();
}

void HttpConnection::close() noexcept {
    if (phase_ == Phase::closed) {
        return;
    }
    phase_ = Phase::closed;
    unlink();
    stream_.close();
    if (HttpExchange* const exchange = std::exchange(exchange_, nullptr);
        exchange != nullptr && exchange->abandon()) {
        owner_.give_back(*exchange);
    }
    owner_.closed();
    if (!stream_.waiting()) {
        owner_.unused(*this);
    }
}

void HttpConnection::enter(Phase phase) noexcept {
    if (phase_ == phase) {
        return;  // the deadline that runs goes on running
    }
    phase_ = phase;
    owner_.enter(*this, phase);
}

void HttpConnection::readable(void* self, bool cancelled) noexcept {
    static_cast<HttpConnection*>(self)->wait_ended(cancelled, &HttpConnection::read_more);
}

void HttpConnection::writable(void* self, bool cancelled) noexcept {
    static_cast<HttpConnection*>(self)->wait_ended(cancelled, &HttpConnection::write_more);
}

void HttpConnection::wait_ended(bool cancelled, void (HttpConnection::*next)() noexcept) noexcept {
    if (phase_ != Phase::closed) {
        if (!cancelled) {
            (this->*next)();
        }
    } else if (!stream_.waiting()) {
        owner_.unused(*this);
    }
}

void HttpConnection::read_more() noexcept {
    if (phase_ == Phase::lingering) {
        linger();
        return;
    }
    // What was kept stands in front of what comes now, so that a request is always in one piece.
    const std::span<char> room = owner_.read_room();
    std::size_t count = 0;
    switch (stream_.read(room.subspan(kept_.size()), count)) {
        case net::Transfer::done:
            break;
        case net::Transfer::would_block:
            if (!stream_.wait_readable()) {
                close();
            }
            return;
        case net::Transfer::broken:
            close();
            return;
    }
    if (count == 0) {
        close();
        return;
    }
    owner_.counters().bytes_received.add(count);
    std::memcpy(room.data(), kept_.data(), kept_.size());
    serve({room.data(), std::exchange(kept_, {}).size() + count});
}

void HttpConnection::serve(std::string_view input) noexcept {
    while (!refused_ && !close_after_reply_) {
        input = discard_body(input);
        if (input.empty()) {
            break;
        }
        wire::HttpRequest request;
        std::uint16_t refusal = 0;
        const auto parsed =
            wire::parse_http_request(input, request, refusal, std::exchange(seen_, 0));
        if (parsed == wire::HttpParse::incomplete) {
            seen_ = input.size();
            break;
        }
        if (!borrow()) {
            return;
        }
        if (parsed == wire::HttpParse::refused) {
            refuse(refusal);
            break;
        }
        input.remove_prefix(request.head_size);
        body_left_ = request.body_size;
        const bool is_answered = serve_one(request);
        if (!is_answered) {
            keep(input);
            enter(Phase::answering);
            return;
        }
        if (exchange_->replies().size() >= limits::reply_max) {
            break;
        }
    }
    if (!refused_) {
        keep(input);
    }
    flush();
}

std::string_view HttpConnection::discard_body(std::string_view input) noexcept {
    const std::size_t dropped = std::min(body_left_, input.size());
    body_left_ -= dropped;
    return input.substr(dropped);
}

/// True: the reply stands in the exchange. False: it will come.
bool HttpConnection::serve_one(const wire::HttpRequest& request) noexcept {
    ++owner_.counters().requests;
    ++requests_;
    close_after_reply_ = !request.keep_alive || !owner_.settings().keep_alive ||
                         owner_.stopping() || requests_ >= limits::requests_per_connection_max;
    HttpExchange::Form form{.minor_version = request.minor_version,
                            .keep_alive = !close_after_reply_};
    if (request.method == wire::Method::other) {
        form.keep_alive = false;
        close_after_reply_ = true;
        ++owner_.counters().requests_bad;
        exchange_->status(405, form, true);
        return true;
    }
    const Route where = route(request.path, owner_.tracker().policy().private_mode);
    if (where.action == Action::none) {
        ++owner_.counters().requests_bad;
        exchange_->status(404, form, request.method != wire::Method::head);
        return true;
    }
    if (request.method == wire::Method::head) {
        exchange_->status(200, form, false);  // asks whether we are there, registers nobody
        return true;
    }
    if (where.action == Action::announce) {
        return exchange_->announce(request, where.passkey, source_of(request), form);
    }
    return exchange_->scrape(request, where.passkey, form);
}

IpAddress HttpConnection::source_of(const wire::HttpRequest& request) const noexcept {
    const HttpSettings& settings = owner_.settings();
    if (settings.real_ip_header.empty() ||
        std::ranges::none_of(settings.trusted_proxies,
                             [&](const IpNetwork& proxy) { return proxy.contains(from_); })) {
        return from_;
    }
    return wire::forwarded_client(request.fields, settings.real_ip_header, settings.trusted_proxies)
        .value_or(from_);
}

void HttpConnection::refuse(std::uint16_t status) noexcept {
    ++owner_.counters().requests;
    ++owner_.counters().requests_bad;
    refused_ = true;
    close_after_reply_ = true;
    exchange_->status(status, {.minor_version = 1, .keep_alive = false}, true);
}

bool HttpConnection::borrow() noexcept {
    if (exchange_ == nullptr) {
        exchange_ = owner_.borrow_exchange();
        if (exchange_ == nullptr) {
            close();
            return false;
        }
        exchange_->begin(*this);
    }
    return true;
}

/// Keeps what has not been served, from the shared buffer.
void HttpConnection::keep(std::string_view input) noexcept {
    try {
        kept_.assign(input);
    } catch (const std::exception&) {
        close_after_reply_ = true;  // out of memory: what was served is still answered
    }
}

void HttpConnection::replied() noexcept {
    // Pipelined requests go on where the input was left; theirs and this reply leave together.
    if (kept_.empty()) {
        flush();
        return;
    }
    const std::span<char> room = owner_.read_room();
    const std::size_t size = kept_.size();
    std::memcpy(room.data(), kept_.data(), size);
    kept_.clear();
    serve({room.data(), size});
}

void HttpConnection::flush() noexcept {
    if (phase_ == Phase::closed) {
        return;
    }
    if (exchange_ != nullptr) {
        HttpExchange& exchange = *std::exchange(exchange_, nullptr);
        const std::string_view replies = exchange.replies().view();
        std::size_t count = 0;
        const net::Transfer ended = stream_.write(replies, count);
        owner_.counters().bytes_transmitted.add(count);
        bool fits = true;
        if (ended != net::Transfer::broken && count < replies.size()) {
            try {
                unsent_.assign(replies.substr(count));
            } catch (const std::exception&) {
                fits = false;
            }
        }
        owner_.give_back(exchange);
        if (ended == net::Transfer::broken || !fits) {
            close();
            return;
        }
    }
    if (unsent_.empty()) {
        sent_all();
        return;
    }
    enter(Phase::writing);
    if (!stream_.wait_writable()) {
        close();
    }
}

void HttpConnection::write_more() noexcept {
    std::size_t count = 0;
    const net::Transfer ended = stream_.write(unsent_, count);
    owner_.counters().bytes_transmitted.add(count);
    if (ended == net::Transfer::broken) {
        close();
        return;
    }
    unsent_.erase(0, count);
    if (!unsent_.empty()) {
        if (!stream_.wait_writable()) {
            close();
        }
        return;
    }
    unsent_.shrink_to_fit();
    sent_all();
}

void HttpConnection::sent_all() noexcept {
    if (refused_) {
        stream_.finish_writing();
        enter(Phase::lingering);
        linger();
        return;
    }
    if (close_after_reply_) {
        close();
        return;
    }
    if (seen_ < kept_.size()) {
        replied();  // requests are left that had to wait for room
        return;
    }
    enter(kept_.empty() && body_left_ == 0 ? Phase::idle : Phase::head);
    if (!stream_.wait_readable()) {
        close();
    }
}

/// Drops what a refused client is still sending. Closing with unread input would reset the
/// connection, and the client might never see why it was refused.
void HttpConnection::linger() noexcept {
    const std::span<char> room = owner_.read_room();
    for (;;) {
        std::size_t count = 0;
        const net::Transfer ended = stream_.read(room, count);
        if (ended == net::Transfer::would_block) {
            if (!stream_.wait_readable()) {
                close();
            }
            return;
        }
        lingered_ += count;
        if (ended == net::Transfer::broken || count == 0 || lingered_ > limits::linger_bytes_max) {
            close();
            return;
        }
    }
}

}  // namespace chihaya::frontend
