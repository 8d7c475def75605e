#include "core/app/worker.hpp"

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
    Serving(Worker& worker, plugin::TrackerSessionPtr opened, const WorkerSettings& settings)
        : session(std::move(opened)),
          tracker(settings.policy, worker.shared_.roster, *session, worker.shared_.backend,
                  worker.counters_),
          change(tracker, session, worker.loop_, worker.host_),
          http(worker.loop_, tracker, worker.shared_.roster, settings.cold_work, worker.counters_,
               settings.http),
          udp(worker.loop_, tracker, worker.counters_, settings.udp) {}

    plugin::TrackerSessionPtr session;
    logic::Tracker tracker;
    SessionChange change;
    frontend::HttpFrontend http;
    frontend::UdpFrontend udp;
};

Worker::Worker(std::uint32_t number, const Shared& shared, metrics::WorkerCounters& counters)
    : number_(number),
      shared_(shared),
      counters_(counters),
      loop_(shared.clock),
      host_(loop_, shared.log, "tracker worker " + std::to_string(number)) {}

Worker::~Worker() {
    if (thread_.joinable()) {
        stop(std::chrono::milliseconds(0));
        join();
    }
}

bool Worker::start(std::shared_ptr<const WorkerSettings> settings, WorkerChange first) {
    first.settings = std::move(settings);
    std::promise<bool> started;
    auto is_serving = started.get_future();
    thread_ = std::thread([&] { serve(started, first); });
    const bool serves = is_serving.get();
    if (!serves) {
        thread_.join();
    }
    return serves;
}

/// Neither `started` nor `first` is there any more once `started` has its value.
void Worker::serve(std::promise<bool>& started, WorkerChange& first) {
    plugin::TrackerSessionPtr session(shared_.tracker.open_session(host_));
    if (session == nullptr) {
        started.set_value(false);
        return;
    }
    std::optional<Serving> serving;
    try {
        serving.emplace(*this, std::move(session), *first.settings);
        serving_ = &*serving;
        loop_.at_turn_end(Task::to<&Worker::end_turn>(*this));
        first.settings.reset();  // it has them
        make(first);
    } catch (const std::exception& error) {
        shared_.log.write(Severity::error, "worker", "a worker cannot begin",
                          {{"reason", std::string_view(error.what())}});
        loop_.forget_turn_end(this);
        serving_ = nullptr;
        serving.reset();
        started.set_value(false);
        return;
    }
    started.set_value(true);
    loop_.run();

    serving->http.close_all();
    serving->udp.close();
    serving->change.abandon();
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

void Worker::with_front_ends(FrontEndWork work) {
    loop_.post([this, work = std::move(work)] {
        if (serving_ != nullptr) {
            work(serving_->http, serving_->udp);
        }
    });
}

/// On the worker's thread.
void Worker::make(WorkerChange& change) {
    Serving& serving = *serving_;
    if (change.settings != nullptr) {
        const WorkerSettings& settings = *change.settings;
        serving.tracker.adopt(settings.policy);
        serving.http.adopt(settings.http, settings.cold_work);
        serving.udp.adopt(settings.udp);
    }
    for (const net::BoundSocket& socket : change.http.take()) {
        serving.http.listen(socket);
    }
    for (const net::BoundSocket& socket : change.udp.take()) {
        serving.udp.listen(socket);
    }
    if (change.rests) {
        serving.http.rest();
        serving.udp.rest();
    }
    if (change.steer_to) {
        serving.http.steer(*change.steer_to);
        serving.udp.steer(*change.steer_to);
    }
    for (const net::Place& place : change.resumed_http) {
        serving.http.resume(place);
    }
    for (const net::Place& place : change.drained_http) {
        serving.http.drain(place);
    }
    for (const net::Place& place : change.finished_http) {
        serving.http.finish(place);
    }
    for (const net::Place& place : change.finished_udp) {
        serving.udp.finish(place);
    }
    if (change.leaves) {
        serving.http.leave(*change.leaves);
    }
}

void Worker::run_on(const std::function<void()>& work) {
    std::packaged_task<void()> task(work);
    auto done = task.get_future();
    loop_.post([&task] { task(); });
    done.get();
}

void Worker::adopt(WorkerChange change) {
    run_on([&] { make(change); });
}

bool Worker::has_connections() {
    bool has = false;
    run_on([&] { has = serving_->http.has_connections() || !serving_->udp.is_quiet(); });
    return has;
}

void Worker::change_session(std::function<void(SessionChange&)> part) {
    loop_.post([this, part = std::move(part)] {
        if (serving_ != nullptr) {
            part(serving_->change);
        }
    });
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
