#include "core/app/control_loop.hpp"

#include <future>
#include <utility>

namespace chihaya::app {

ControlLoop::ControlLoop(const Clock& clock, Log& log)
    : loop_(clock), tracker_host_(loop_, log, "tracker"), backend_host_(loop_, log, "backend") {}

ControlLoop::~ControlLoop() {
    stop();
}

void ControlLoop::start() {
    thread_ = std::thread([this] { loop_.run(); });
}

void ControlLoop::run_on(const std::function<void()>& work) {
    std::packaged_task<void()> task(work);
    auto done = task.get_future();
    loop_.post([&task] { task(); });
    done.get();
}

void ControlLoop::post(std::function<void()> work) {
    loop_.post(std::move(work));
}

void ControlLoop::stop() noexcept {
    if (thread_.joinable()) {
        loop_.stop();
        thread_.join();
    }
}

}  // namespace chihaya::app
