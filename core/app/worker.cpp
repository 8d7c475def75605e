#include "core/app/worker.hpp"

#include <unistd.h>

#include <cstdlib>
#include <string>
#include <utility>

namespace chihaya::app {
namespace {

// How often a stopping worker looks whether it has finished.
constexpr std::chrono::milliseconds quiet_check_interval{5};

}  // namespace

/// Everything a serving worker has, in the order of construction. Destruction is the reverse, but
/// for the session: it goes before the front end, whose exchanges are the session's sinks.
struct Worker::Serving {
    Serving(Worker& worker, plugin::TrackerSessionPtr opened)
        : session(std::move(opened)),
          tracker(worker.shared_.policy, worker.shared_.roster, *session, worker.shared_.backend,
                  worker.counters_),
          http(worker.loop_, tracker, worker.shared_.roster, worker.shared_.full_scrape,
               worker.counters_, worker.shared_.http) {}

    plugin::TrackerSessionPtr session;
    logic::Tracker tracker;
    frontend::HttpFrontend http;
};

Worker::Worker(std::uint32_t number, const Shared& shared,
               std::vector<net::ListeningSocket> sockets)
    : shared_(shared),
      sockets_(std::move(sockets)),
      loop_(shared.clock),
      host_(loop_, shared.log, "tracker worker " + std::to_string(number)) {}

Worker::~Worker() {
    if (thread_.joinable()) {
        stop(std::chrono::milliseconds(0));
        join();
    }
    for (const net::ListeningSocket& socket : sockets_) {
        ::close(socket.socket);
    }
}

bool Worker::start() {
    std::promise<bool> started;
    auto is_serving = started.get_future();
    thread_ = std::thread([this, &started] { serve(started); });
    const bool serves = is_serving.get();
    if (!serves) {
        thread_.join();
    }
    return serves;
}

void Worker::serve(std::promise<bool>& started) {
    plugin::TrackerSessionPtr session(shared_.tracker.open_session(host_));
    if (session == nullptr) {
        started.set_value(false);
        return;
    }
    Serving serving(*this, std::move(session));
    serving_ = &serving;
    loop_.at_turn_end(Task::to<&Worker::end_turn>(*this));
    for (const net::ListeningSocket& socket : std::exchange(sockets_, {})) {
        serving.http.listen(socket);
    }
    started.set_value(true);
    loop_.run();

    serving.http.close_all();
    serving.session.reset();  // fails what it still has; the front end gets that back
    while (loop_.turn(false)) {
    }
    host_.forget(this);
    loop_.forget_turn_end(this);
    serving_ = nullptr;
}

void Worker::end_turn() noexcept {
    if (serving_->tracker.end_turn(loop_.now())) {
        loop_.ask_for_turn();
    }
}

void Worker::stop(std::chrono::milliseconds patience) noexcept {
    patience_ = patience;
    if (!host_.post(Task::to<&Worker::stop_serving>(*this))) {
        std::abort();  // no memory to say so, no other way to end a thread
    }
}

void Worker::stop_serving() noexcept {
    patience_ends_ = std::chrono::steady_clock::now() + patience_;
    serving_->http.stop();
    wait_for_quiet();
}

void Worker::wait_for_quiet() noexcept {
    if (serving_->http.is_quiet() || std::chrono::steady_clock::now() >= patience_ends_) {
        loop_.stop();
        return;
    }
    if (host_.start_timer(quiet_check_interval, Task::to<&Worker::wait_for_quiet>(*this)) ==
        TimerId::none) {
        loop_.stop();
    }
}

void Worker::join() noexcept {
    if (thread_.joinable()) {
        thread_.join();
    }
}

}  // namespace chihaya::app
