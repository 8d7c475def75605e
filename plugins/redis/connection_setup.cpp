#include "plugins/redis/connection.hpp"

#include <algorithm>
#include <utility>

// How a connection comes to be, and to an end.
namespace chihaya::redis {
namespace {

constexpr Status lost_it{StatusCode::unavailable, "the connection to redis was lost"};
constexpr Status closed{StatusCode::unavailable, "the connection to redis was closed"};

}  // namespace

Connection::~Connection() {
    close();
    resolver_.stop();  // its thread posts about this connection
    wiring_.host.forget(this);
}

void Connection::open(const Endpoint& endpoint) noexcept {
    close();
    endpoint_ = endpoint;
    first_attempt_ = true;
    begin();
}

void Connection::close() noexcept {
    drop_socket();
    doomed_ = false;
    state_ = State::closed;
    first_attempt_ = false;
    fail_waiting(closed);
}

void Connection::restart(std::string_view why) noexcept {
    if (state_ == State::ready) {
        doom(why);
    }
}

void Connection::begin() noexcept {
    state_ = State::resolving;
    deadline_ = wiring_.host.start_timer(wiring_.parameters.connect_timeout,
                                         Task::to<&Connection::deadline_passed>(*this));
    addresses_.clear();
    faults_.clear();
    if (const auto literal = literal_address(endpoint_)) {
        addresses_.push_back(*literal);
        connect_next({});
    } else if (!resolver_.start(endpoint_)) {
        doom("no thread to look the name up");
    }
}

void Connection::resolved() noexcept {
    auto result = resolver_.take();
    if (!result || state_ != State::resolving || doomed_) {
        return;
    }
    if (result->endpoint != endpoint_) {
        if (!resolver_.start(endpoint_)) {
            doom("no thread to look the name up");
        }
        return;
    }
    addresses_ = std::move(result->addresses);
    std::ranges::reverse(addresses_);
    connect_next(result->fault);
}

void Connection::connect_next(std::string_view fault) noexcept {
    const auto count_fault = [this](std::string_view one) {
        if (faults_.find(one) == std::string::npos) {
            faults_.append(faults_.empty() ? "" : ", ").append(one);
        }
    };
    if (!fault.empty()) {
        count_fault(fault);
    }
    const bool no_tls = wiring_.parameters.tls && wiring_.tls == nullptr;
    while (!addresses_.empty() && !no_tls) {
        const Address address = addresses_.back();
        addresses_.pop_back();
        drop_socket();
        state_ = State::opening;
        deadline_ = wiring_.host.start_timer(wiring_.parameters.connect_timeout,
                                             Task::to<&Connection::deadline_passed>(*this));
        const auto progress = transport_.open(address, wiring_.tls.get(), endpoint_.host);
        if (progress != Transport::Progress::failed) {
            interest_ = transport_.wanted();
            watch_ = wiring_.host.watch(transport_.socket(), interest_,
                                        SocketTask::to<&Connection::socket_ready>(*this));
            if (watch_ == WatchId::none) {
                return doom("the loop takes no more sockets");
            }
            return proceed(progress);
        }
        count_fault(transport_.fault());
    }
    if (faults_.empty()) {
        faults_ = no_tls ? "TLS is not set up" : "no address";
    }
    doom(faults_);
}

void Connection::proceed(Transport::Progress progress) noexcept {
    switch (progress) {
        case Transport::Progress::failed:
            return connect_next(std::string(transport_.fault()));
        case Transport::Progress::pending:
            return want(transport_.wanted());
        case Transport::Progress::done:
            break;
    }
    state_ = State::greeting;
    greeting_sent_ = 0;
    greeted_ = 0;
    greet();
}

void Connection::greet() noexcept {
    while (greeting_sent_ < greeting_.bytes().size()) {
        const auto written = transport_.write(greeting_.bytes().substr(greeting_sent_));
        if (written.progress == Transport::Progress::failed) {
            return doom(transport_.fault());
        }
        if (written.progress == Transport::Progress::pending) {
            return want(Readiness::readable | Readiness::writable);
        }
        greeting_sent_ += written.bytes;
    }
    want(Readiness::readable);
}

void Connection::take_greeting(const Reply& reply) noexcept {
    const std::string fault = greeting_.fault(greeted_, reply);
    if (!fault.empty()) {
        return doom(fault);
    }
    if (++greeted_ == greeting_.replies()) {
        become_ready();
    }
}

void Connection::become_ready() noexcept {
    wiring_.host.cancel_timer(std::exchange(deadline_, TimerId::none));
    state_ = State::ready;
    first_attempt_ = false;
    was_silent_ = false;
    ready_since_ = wiring_.host.now();
    if (was_logged_) {
        wiring_.host.log(Severity::info, endpoint_.text() + ": connected again");
        was_logged_ = false;
    }
    owner_.connected(*this);
    flush();
}

void Connection::deadline_passed() noexcept {
    deadline_ = TimerId::none;
    if (doomed_) {
        return;
    }
    switch (state_) {
        case State::waiting:
            return begin();
        case State::resolving:
            return doom("its name is not looked up in time");
        case State::opening:
            return connect_next("it does not answer in time");
        case State::greeting:
            return doom("it does not answer in time");
        case State::closed:
        case State::ready:
            return;
    }
}

// Whoever was on the way to a socket does not want to find it gone: the end comes by itself.
void Connection::doom(std::string_view why) noexcept {
    if (doomed_) {
        return;
    }
    doomed_ = true;
    // Said once until it is back; but who is let in no more shall know.
    const bool is_news = !was_logged_ || (state_ == State::greeting && why != why_);
    why_ = why;
    if (is_news && !is_quiet_) {
        was_logged_ = true;
        const char* const what =
            state_ == State::ready ? ": connection lost: " : ": not connected: ";
        wiring_.host.log(Severity::warning,
                         endpoint_.text() + what + why_ + "; trying again until it is there");
    }
    const Task end = Task::to<&Connection::lose>(*this);
    if (!wiring_.host.post(end)) {
        wiring_.host.start_timer(std::chrono::milliseconds(0), end);
    }
}

void Connection::lose() noexcept {
    if (!doomed_) {
        return;  // closed or opened anew meanwhile
    }
    const bool was_good = state_ == State::ready && wiring_.host.now() - ready_since_ >= good_life;
    if (was_good) {
        backoff_.reset();
    }
    drop_socket();
    doomed_ = false;
    state_ = State::waiting;
    first_attempt_ = false;
    fail_waiting(lost_it);
    if (!owner_.lost(*this) || state_ != State::waiting) {
        return;
    }
    if (was_good && !was_silent_) {
        first_attempt_ = true;
        begin();
    } else {
        deadline_ = wiring_.host.start_timer(backoff_.next(),
                                             Task::to<&Connection::deadline_passed>(*this));
    }
}

void Connection::drop_socket() noexcept {
    if (watch_ != WatchId::none) {
        wiring_.host.unwatch(std::exchange(watch_, WatchId::none));
    }
    interest_ = Readiness::none;
    transport_.close();
    reader_.reset();
    loads_under_way_ = 0;
    wiring_.host.cancel_timer(std::exchange(deadline_, TimerId::none));
}

void Connection::fail_waiting(Status status) noexcept {
    for (std::size_t left = pipeline_.count(); left > 0; --left) {
        const Waiting waiting = pipeline_.oldest();
        pipeline_.pop();
        if (waiting.purpose == Purpose::command) {
            waiting.answered->failed(waiting.ticket, status);
        }
    }
}

}  // namespace chihaya::redis
