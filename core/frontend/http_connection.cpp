#include "core/frontend/http_connection.hpp"

#include "core/frontend/routes.hpp"
#include "core/wire/forwarded.hpp"

#include <algorithm>
#include <cstring>
#include <exception>
#include <utility>

namespace chihaya::frontend {
namespace {

/// Gives its memory back: clearing would keep it.
void release(std::string& text) noexcept {
    std::string().swap(text);
}

/// Without reading all of it: who is shed shall cost little.
logic::Urgency urgency_of(std::string_view query, bool announces) noexcept {
    constexpr std::string_view key = "event=";
    const std::size_t at = query.find(key);
    const std::size_t value = at + key.size();
    const bool has_event =
        at != std::string_view::npos && value < query.size() && query[value] != '&';
    return !announces  ? logic::Urgency::scrape
           : has_event ? logic::Urgency::event
                       : logic::Urgency::refresh;
}

}  // namespace

HttpConnection::HttpConnection(net::StreamWatch& watch, HttpConnectionOwner& owner)
    : owner_(owner), stream_(watch, this, &readable, &writable) {}

HttpConnection::~HttpConnection() {
    close();
}

void HttpConnection::open(int socket, const IpAddress& from) noexcept {
    begin(socket, from);
    enter(Phase::idle);
    read_more();
}

void HttpConnection::resume(OpenConnection&& connection) noexcept {
    begin(connection.socket, connection.from);
    requests_ = connection.requests;
    body_left_ = connection.body_left;
    kept_ = std::move(connection.kept);
    enter(kept_.empty() && body_left_ == 0 ? Phase::idle : Phase::head);
    wake();
}

void HttpConnection::begin(int socket, const IpAddress& from) noexcept {
    stream_.open(socket);
    from_ = from;
    family_ = metrics::family_of(from);
    close_after_reply_ = false;
    client_goes_on_ = false;
    refused_ = false;
    requests_ = 0;
    seen_ = 0;
    body_left_ = 0;
    lingered_ = 0;
}

OpenConnection HttpConnection::give_up() noexcept {
    OpenConnection given{.socket = stream_.release(),
                         .from = from_,
                         .requests = requests_,
                         .body_left = body_left_,
                         .kept = std::move(kept_)};
    close();
    return given;
}

void HttpConnection::wake() noexcept {
    if (seen_ < kept_.size()) {
        replied();
    } else {
        read_more();
    }
}

void HttpConnection::close() noexcept {
    if (phase_ == Phase::closed) {
        return;
    }
    if (std::exchange(phase_, Phase::closed) == Phase::idle) {
        owner_.counters().connections_idle.subtract(1);
    }
    unlink();
    stream_.close();
    release(kept_);
    output_.drop();
    if (HttpExchange* const exchange = std::exchange(exchange_, nullptr);
        exchange != nullptr && exchange->abandon()) {
        owner_.give_back(*exchange);
    }
    owner_.closed(*this);
}

void HttpConnection::end() noexcept {
    read_more();
    if (phase_ == Phase::idle || phase_ == Phase::head) {
        close();
    }
}

void HttpConnection::enter(Phase phase) noexcept {
    if (phase_ == phase) {
        return;  // the deadline that runs goes on running
    }
    if (phase == Phase::idle) {
        ++owner_.counters().connections_idle;
    } else if (phase_ == Phase::idle) {
        owner_.counters().connections_idle.subtract(1);
    }
    phase_ = phase;
    owner_.enter(*this, phase);
}

void HttpConnection::readable(void* self) noexcept {
    static_cast<HttpConnection*>(self)->read_more();
}

void HttpConnection::writable(void* self) noexcept {
    static_cast<HttpConnection*>(self)->write_more();
}

void HttpConnection::read_more() noexcept {
    if (phase_ == Phase::lingering) {
        linger();
        return;
    }
    if (owner_.resting()) {
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
    owner_.counters().traffic_of(metrics::FrontEnd::http, family_).received.add(count);
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
            return;
        }
        if (exchange_->replies().size() >= limits::reply_max || exchange_->has_attachment()) {
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
    ++requests_;
    enter(Phase::answering);
    client_goes_on_ = request.keep_alive && owner_.settings().keep_alive;
    close_after_reply_ =
        !client_goes_on_ || owner_.leaving() || requests_ >= limits::requests_per_connection_max;
    HttpExchange::Form form{.minor_version = request.minor_version,
                            .keep_alive = !close_after_reply_};
    if (request.method == wire::Method::other) {
        form.keep_alive = false;
        close_after_reply_ = true;
        count(metrics::Ending::method_not_allowed);
        exchange_->status(405, form, true);
        return true;
    }
    const Route where = route(request.path, owner_.tracker().policy().private_mode);
    if (where.action == Action::none) {
        return serve_other_path(request, form);
    }
    if (request.method == wire::Method::head) {
        count(metrics::Ending::ok);
        exchange_->status(200, form, false);  // asks whether we are there, registers nobody
        return true;
    }
    const IpAddress source = source_of(request);
    const bool announces = where.action == Action::announce;
    logic::Refusal refusal = owner_.protection().refusal_for(source, owner_.loop().now());
    constexpr auto http = metrics::FrontEnd::http;
    if (!refusal && owner_.protection().shedding(http).share() > 0) {
        refusal = owner_.protection().shed(http, urgency_of(request.query, announces));
    }
    if (refusal) {
        owner_.counters().requests.count(
            {.front_end = metrics::FrontEnd::http,
             .family = metrics::family_of(source),
             .action = announces ? metrics::Action::announce : metrics::Action::scrape},
            refusal.ending);
        exchange_->refuse(refusal, form);
        return true;
    }
    return announces ? exchange_->announce(request, where.passkey, source, form)
                     : exchange_->scrape(request, where.passkey, source, form);
}

/// Neither announce nor scrape: a call of the site, where it may make calls. It reads the reply to
/// the end of the stream, whatever version it speaks.
bool HttpConnection::serve_other_path(const wire::HttpRequest& request,
                                      HttpExchange::Form form) noexcept {
    if (owner_.has_control() && request.method == wire::Method::get) {
        close_after_reply_ = true;
        form.keep_alive = false;
        return exchange_->control(request, source_of(request), form, owner_.loop());
    }
    count(metrics::Ending::not_found);
    exchange_->status(404, form, request.method != wire::Method::head);
    return true;
}

IpAddress HttpConnection::source_of(const wire::HttpRequest& request) const noexcept {
    const HttpSettings& settings = owner_.settings();
    if (settings.real_ip_header.empty() || !is_in(settings.trusted_proxies, from_)) {
        return from_;
    }
    return wire::forwarded_client(request.fields, settings.real_ip_header, settings.trusted_proxies)
        .value_or(from_);
}

void HttpConnection::refuse(std::uint16_t status) noexcept {
    count(metrics::Ending::malformed);
    refused_ = true;
    close_after_reply_ = true;
    exchange_->status(status, {.minor_version = 1, .keep_alive = false}, true);
}

/// Of a request that neither the tracker nor the site has seen.
void HttpConnection::count(metrics::Ending ending) noexcept {
    owner_.counters().requests.count(
        {.front_end = metrics::FrontEnd::http, .family = family_, .action = metrics::Action::other},
        ending);
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
    // Pipelined requests go on where the input was left; theirs and this reply leave together, as
    // far as there is room for another one.
    const bool is_full = exchange_ != nullptr && exchange_->replies().size() >= limits::reply_max;
    if (kept_.empty() || is_full || owner_.resting()) {
        flush();
        return;
    }
    const std::span<char> room = owner_.read_room();
    const std::size_t size = kept_.size();
    std::memcpy(room.data(), kept_.data(), size);
    release(kept_);
    serve({room.data(), size});
}

void HttpConnection::flush() noexcept {
    if (phase_ == Phase::closed) {
        return;
    }
    if (!send_replies()) {
        close();
        return;
    }
    if (output_.is_empty()) {
        sent_all();
        return;
    }
    enter(Phase::writing);
    if (!stream_.wait_writable()) {
        close();
    }
}

/// Sends what the exchange holds, and gives the exchange back.
/// False: the connection is of no further use.
bool HttpConnection::send_replies() noexcept {
    if (exchange_ == nullptr) {
        return true;
    }
    HttpExchange& exchange = *std::exchange(exchange_, nullptr);
    const bool is_good =
        output_.send(stream_, exchange.replies().view(), exchange.take_attachment(),
                     close_after_reply_, transmitted());
    owner_.give_back(exchange);
    return is_good;
}

void HttpConnection::write_more() noexcept {
    if (!output_.go_on(stream_, transmitted())) {
        close();
        return;
    }
    if (output_.took_piece()) {
        owner_.enter(*this, Phase::writing);  // its time begins anew
    }
    flush();
}

metrics::Count& HttpConnection::transmitted() noexcept {
    return owner_.counters().traffic_of(metrics::FrontEnd::http, family_).transmitted;
}

void HttpConnection::sent_all() noexcept {
    const bool is_expected =
        close_after_reply_ && !client_goes_on_ && kept_.empty() && body_left_ == 0;
    if (is_expected && !refused_) {
        close();
        return;
    }
    const bool has_request = seen_ < kept_.size();
    if (refused_ || close_after_reply_ || (owner_.stopping() && !has_request)) {
        stream_.finish_writing();
        enter(Phase::lingering);
        linger();
        return;
    }
    if (owner_.resting()) {
        enter(kept_.empty() && body_left_ == 0 ? Phase::idle : Phase::head);
        return;
    }
    if (has_request && ++rounds_ % limits::pipelined_per_turn_max != 0) {
        replied();  // requests are left that had to wait for room
        return;
    }
    if (has_request) {
        enter(Phase::writing);  // others have their turn first
        if (!stream_.wait_writable()) {
            close();
        }
        return;
    }
    enter(kept_.empty() && body_left_ == 0 ? Phase::idle : Phase::head);
    if (!stream_.wait_readable()) {
        close();
    }
}

/// Drops what a client is still sending that gets no answer. Closing with unread input would reset
/// the connection, and the client might never see the last replies, or why it was refused.
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
