#include "plugins/redis/connection.hpp"

#include <utility>

namespace chihaya::redis {
namespace {

constexpr Status not_connected{StatusCode::unavailable, "redis is not connected"};
constexpr Status queue_full{StatusCode::unavailable, "the queue to redis is full"};
constexpr Status no_reply{StatusCode::unavailable, "redis does not answer"};
constexpr std::string_view asking_command = "*1\r\n$6\r\nASKING\r\n";

// A turn reads no more than this many buffers, so that other sockets have their turn.
constexpr int rounds_max = 16;

}  // namespace

Connection::Connection(Wiring& wiring, const Greeting& greeting, ConnectionOwner& owner)
    : wiring_(wiring),
      greeting_(greeting),
      owner_(owner),
      resolver_(wiring.host, Task::to<&Connection::resolved>(*this)),
      pipeline_(wiring.parameters.queue) {}

std::uint32_t Connection::now() const noexcept {
    return static_cast<std::uint32_t>(wiring_.host.now().time_since_epoch().count());
}

Status Connection::send(const Request& request, bool asking) noexcept {
    const bool holds = first_attempt_ && state_ != State::closed && state_ != State::waiting;
    if (doomed_ || (state_ != State::ready && !holds)) {
        return not_connected;
    }
    const std::uint32_t since = now();
    if (asking && !pipeline_.add({.command = asking_command}, Purpose::asking, since)) {
        return queue_full;
    }
    if (!pipeline_.add(request, Purpose::command, since)) {
        return queue_full;
    }
    if (watchdog_ == TimerId::none) {
        watchdog_ =
            wiring_.host.start_timer(wiring_.timeout, Task::to<&Connection::look_at_time>(*this));
    }
    return {};
}

void Connection::flush() noexcept {
    if (!is_ready()) {
        return;
    }
    while (!pipeline_.unsent().empty()) {
        const auto written = transport_.write(pipeline_.unsent());
        if (written.progress == Transport::Progress::failed) {
            return doom(transport_.fault());
        }
        if (written.progress == Transport::Progress::pending) {
            return want(Readiness::readable | Readiness::writable);
        }
        pipeline_.count_sent(written.bytes);
    }
    want(Readiness::readable);
}

void Connection::want(Readiness interest) noexcept {
    if (interest_ != interest) {
        interest_ = interest;
        wiring_.host.change_watch(watch_, interest);
    }
}

void Connection::socket_ready(Readiness now) noexcept {
    if (doomed_) {
        return want(Readiness::none);
    }
    if (state_ == State::opening) {
        return proceed(transport_.proceed());
    }
    if (has(now, Readiness::readable) || transport_.is_encrypted()) {
        read();
    }
    if (state_ == State::greeting && !doomed_) {
        return greet();
    }
    flush();
}

void Connection::read() noexcept {
    const std::span<char> buffer = wiring_.read_buffer();
    for (int round = 0; round < rounds_max || transport_.has_buffered(); ++round) {
        const auto got = transport_.read(buffer);
        if (got.progress == Transport::Progress::failed) {
            return doom(transport_.fault());
        }
        if (got.progress == Transport::Progress::pending) {
            return;
        }
        reader_.take({buffer.data(), got.bytes});
        while (!doomed_) {
            const Reply* const reply = reader_.next();
            if (reply == nullptr) {
                break;
            }
            state_ == State::greeting ? take_greeting(*reply) : take(*reply);
        }
        if (reader_.broken()) {
            doom(reader_.fault());
        }
        if (doomed_ || (got.bytes < buffer.size() && !transport_.is_encrypted())) {
            return;
        }
    }
}

void Connection::take(const Reply& reply) noexcept {
    if (!pipeline_.oldest_is_sent()) {
        return doom("a reply that nobody asked for");
    }
    const Waiting waiting = pipeline_.oldest();
    if (reply.is_error() && waiting.purpose == Purpose::command) {
        const Trouble trouble = trouble_of(reply.text());
        if (trouble != Trouble::none) {
            return take_trouble(trouble, reply);
        }
    }
    pipeline_.pop();
    if (waiting.purpose == Purpose::command) {
        waiting.answered->answered(waiting.ticket, reply);
    } else if (waiting.purpose == Purpose::script_load) {
        --loads_under_way_;
    }
}

void Connection::take_trouble(Trouble trouble, const Reply& reply) noexcept {
    const Waiting waiting = pipeline_.oldest();
    Status status{StatusCode::unavailable, reason_of(trouble)};
    const bool can_be_sent_again =
        trouble == Trouble::no_script || trouble == Trouble::moved || trouble == Trouble::ask;
    if (can_be_sent_again && waiting.tries < tries_max) {
        // Its bytes must not move while it is queued again.
        scratch_.assign(pipeline_.oldest_command());
        pipeline_.pop();
        const Request request{.slot = waiting.slot,
                              .command = scratch_,
                              .answered = waiting.answered,
                              .ticket = waiting.ticket,
                              .tries = static_cast<std::uint8_t>(waiting.tries + 1)};
        status = try_again(request, trouble, reply);
        if (status.ok()) {
            return;
        }
    } else {
        pipeline_.pop();
    }
    waiting.answered->failed(waiting.ticket, status);
    owner_.heard(*this, trouble);
}

Status Connection::try_again(const Request& request, Trouble trouble, const Reply& reply) noexcept {
    return trouble == Trouble::no_script ? load_and_resend(request)
                                         : owner_.redirect(*this, request, trouble, reply.text());
}

// What was sent before the scripts were back comes here one by one; the first loads them.
Status Connection::load_and_resend(const Request& request) noexcept {
    if (loads_under_way_ == 0) {
        wiring_.host.log(Severity::info,
                         endpoint_.text() + ": has forgotten the scripts; loading them again");
        for (std::size_t i = 0; i < greeting_.script_loads(); ++i) {
            if (!pipeline_.add({.command = greeting_.script_load(i)}, Purpose::script_load,
                               now())) {
                return queue_full;
            }
            ++loads_under_way_;
        }
    }
    return send(request);
}

void Connection::look_at_time() noexcept {
    watchdog_ = TimerId::none;
    if (pipeline_.empty()) {
        return;
    }
    const auto age = std::chrono::milliseconds(now() - pipeline_.oldest().since);
    if (age < wiring_.timeout) {
        watchdog_ = wiring_.host.start_timer(wiring_.timeout - age,
                                             Task::to<&Connection::look_at_time>(*this));
    } else if (state_ == State::ready) {
        was_silent_ = true;
        doom("no reply within " + std::to_string(wiring_.timeout.count()) + " ms");
    } else {
        fail_waiting(no_reply);
    }
}

}  // namespace chihaya::redis
