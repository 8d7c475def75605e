#include "core/app/control_threads.hpp"

#include "core/base/limits.hpp"

#include <exception>
#include <utility>

namespace chihaya::app {

ControlThreads::ControlThreads(BackendDriver& driver) : driver_(driver) {
    threads_.reserve(limits::control_threads);
    try {
        for (std::uint32_t i = 0; i < limits::control_threads; ++i) {
            threads_.emplace_back([this] { perform_calls(); });
        }
    } catch (const std::exception&) {
        close();
        throw;
    }
}

ControlThreads::~ControlThreads() {
    close();
}

void ControlThreads::close() noexcept {
    {
        const std::lock_guard lock(mutex_);
        is_closed_ = true;
        waiting_.clear();
    }
    news_.notify_all();
    for (std::thread& thread : threads_) {
        thread.join();
    }
}

bool ControlThreads::take(std::shared_ptr<frontend::ControlCall> call) noexcept {
    try {
        const std::lock_guard lock(mutex_);
        if (is_closed_ || waiting_.size() >= limits::control_calls_waiting_max) {
            return false;
        }
        waiting_.push_back(std::move(call));
    } catch (const std::exception&) {
        return false;
    }
    news_.notify_one();
    return true;
}

std::size_t ControlThreads::waiting() const noexcept {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
}

void ControlThreads::perform_calls() noexcept {
    while (const auto call = next()) {
        call->perform(driver_);
    }
}

/// Waits for a call; null when there are no more.
std::shared_ptr<frontend::ControlCall> ControlThreads::next() noexcept {
    std::unique_lock lock(mutex_);
    news_.wait(lock, [&] { return is_closed_ || !waiting_.empty(); });
    if (is_closed_) {
        return nullptr;
    }
    auto call = std::move(waiting_.front());
    waiting_.pop_front();
    return call;
}

}  // namespace chihaya::app
