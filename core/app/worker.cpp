#include "core/app/worker.hpp"

#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <utility>

namespace chihaya::app {
namespace {

// How often a stopping worker looks whether it has finished.
constexpr std::chrono::milliseconds quiet_check_interval{5};

}  // namespace

/// Everything a serving worker has, in the order of construction. Destruction is the reverse, but
/// for the session: it goes before the front ends, whose exchanges are its sinks.
struct Worker::Serving {
    Serving(Worker& worker, plugin::TrackerSessionPtr opened)
        : session(std::move(opened)),
          tracker(worker.shared_.policy, worker.shared_.roster, *session, worker.shared_.backend,
                  worker.counters_),
          http(worker.loop_, tracker, worker.shared_.roster, worker.shared_.cold_work,
               worker.counters_, worker.shared_.http),
          udp(worker.loop_, tracker, worker.counters_, worker.shared_.udp) {}

    plugin::TrackerSessionPtr session;
    logic::Tracker tracker;
    frontend::HttpFrontend http;
    frontend::UdpFrontend udp;
};

Worker::Worker(std::uint32_t number, const Shared& shared, WorkerSockets sockets)
    : shared_(shared),
      sockets_(std::move(sockets)),
      loop_(shared.clock),
      host_(loop_, shared.log, "tracker worker " + std::to_string(number)) {}

Worker::~Worker() {
    if (thread_.joinable()) {
        stop(std::chrono::milliseconds(0));
        join();
    }
    for (const auto& unused : {sockets_.http, sockets_.udp}) {
        for (const net::BoundSocket& socket : unused) {
            ::close(socket.socket);
        }
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
    std::optional<Serving> serving;
    try {
        serving.emplace(*this, std::move(session));
    } catch (const std::exception& error) {
        shared_.log.write(Severity::error, "worker", "a worker cannot begin",
                          {{"reason", std::string_view(error.what())}});
        started.set_value(false);
        return;
    }
    serving_ = &*serving;
    loop_.at_turn_end(Task::to<&Worker::end_turn>(*this));
    for (const net::BoundSocket& socket : std::exchange(sockets_.http, {})) {
        serving->http.listen(socket);
    }
    for (const net::BoundSocket& socket : std::exchange(sockets_.udp, {})) {
        serving->udp.listen(socket);
    }
    started.set_value(true);
    loop_.run();

    serving->http.close_all();
    serving->udp.close();
    serving->session.reset();  // fails what it still has; the front ends get that back
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
    serving_->udp.flush();
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
    serving_->udp.stop();
    wait_for_quiet();
}

void Worker::wait_for_quiet() noexcept {
    const bool is_quiet = serving_->http.is_quiet() && serving_->udp.is_quiet();
    if (is_quiet || std::chrono::steady_clock::now() >= patience_ends_) {
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
