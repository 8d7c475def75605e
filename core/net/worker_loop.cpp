#include "core/net/worker_loop.hpp"

#include <boost/asio/post.hpp>

#include <utility>

namespace chihaya::net {
namespace {

// After so many handlers the gathered batch is handed on even if more are ready: bounds how long
// the first of a turn waits for its answer.
constexpr int handlers_per_turn_max = 128;

}  // namespace

WorkerLoop::WorkerLoop(const Clock& clock)
    : clock_(clock), work_(boost::asio::make_work_guard(context_)) {}

Time WorkerLoop::now() noexcept {
    if (!now_is_fresh_) {
        now_ = clock_.now();
        now_is_fresh_ = true;
    }
    return now_;
}

void WorkerLoop::at_turn_end(Task task) {
    turn_end_.push_back(task);
}

void WorkerLoop::forget_turn_end(const void* subject) noexcept {
    std::erase_if(turn_end_, [&](const Task& task) { return task.subject == subject; });
}

void WorkerLoop::post(std::function<void()> work) {
    boost::asio::post(context_, std::move(work));
}

void WorkerLoop::ask_for_turn() {
    boost::asio::post(context_, [] {});
}

void WorkerLoop::run() {
    while (!stopping_) {
        turn(true);
    }
}

bool WorkerLoop::turn(bool wait) {
    now_is_fresh_ = false;
    std::size_t ran = wait ? context_.run_one() : context_.poll_one();
    const bool something = ran != 0;
    for (int more = 1; ran != 0 && more < handlers_per_turn_max; ++more) {
        ran = context_.poll_one();
    }
    for (const Task& task : turn_end_) {
        task.run(task.subject);
    }
    return something;
}

void WorkerLoop::stop() {
    boost::asio::post(context_, [this] { stopping_ = true; });
}

}  // namespace chihaya::net
