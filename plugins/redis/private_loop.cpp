#include "plugins/redis/private_loop.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <exception>
#include <system_error>

namespace chihaya::redis {

using std::chrono::milliseconds;

PrivateLoop::PrivateLoop(Host& log) : log_(log), wakeup_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (wakeup_ < 0) {
        throw std::system_error(errno, std::generic_category(), "eventfd");
    }
    read_clock();
}

PrivateLoop::~PrivateLoop() {
    ::close(wakeup_);
}

void PrivateLoop::read_clock() noexcept {
    // Only differences count here, and those shall not jump.
    const auto since = std::chrono::steady_clock::now().time_since_epoch();
    now_ = Time(std::chrono::duration_cast<milliseconds>(since));
}

void PrivateLoop::wake() noexcept {
    const std::uint64_t one = 1;
    // It only fails where it has been told four billion times already.
    [[maybe_unused]] const ssize_t written = ::write(wakeup_, &one, sizeof(one));
}

void PrivateLoop::turn(milliseconds patience) noexcept {
    read_clock();
    {
        const std::lock_guard lock(mutex_);
        if (!posted_.empty()) {
            patience = milliseconds(0);
        }
    }
    try {
        wait(std::max(milliseconds(0), std::min(patience, until_first_timer())));
    } catch (const std::exception& error) {
        log(Severity::error, error.what());
        return;
    }
    read_clock();
    run_posted();
    run_timers();
    run_sockets();
}

milliseconds PrivateLoop::until_first_timer() const noexcept {
    auto left = milliseconds::max();
    for (const auto& [id, timer] : timers_) {
        left = std::min(left, std::chrono::duration_cast<milliseconds>(timer.due - now_));
    }
    return left;
}

void PrivateLoop::wait(milliseconds patience) {
    polled_.assign(1, {wakeup_, POLLIN, 0});
    polled_ids_.assign(1, WatchId::none);
    for (const auto& [id, watch] : watches_) {
        const int events = (has(watch.interest, Readiness::readable) ? POLLIN : 0) |
                           (has(watch.interest, Readiness::writable) ? POLLOUT : 0);
        polled_.push_back({static_cast<int>(watch.socket), static_cast<short>(events), 0});
        polled_ids_.push_back(id);
    }
    constexpr milliseconds longest{60'000};
    ::poll(polled_.data(), polled_.size(), static_cast<int>(std::min(patience, longest).count()));
    std::uint64_t times = 0;
    [[maybe_unused]] const ssize_t got = ::read(wakeup_, &times, sizeof(times));
}

// Each task may take away others.
void PrivateLoop::run_sockets() noexcept {
    for (std::size_t i = 1; i < polled_.size(); ++i) {
        const int events = polled_[i].revents;
        const auto found = watches_.find(polled_ids_[i]);
        if (events == 0 || found == watches_.end()) {
            continue;
        }
        const bool broken = (events & (POLLERR | POLLHUP | POLLNVAL)) != 0;
        auto ready = Readiness::none;
        if (broken || (events & POLLIN) != 0) {
            ready = ready | Readiness::readable;
        }
        if (broken || (events & POLLOUT) != 0) {
            ready = ready | Readiness::writable;
        }
        const SocketTask task = found->second.task;
        task.run(task.subject, ready);
    }
}

void PrivateLoop::run_timers() noexcept {
    const TimerId first_new{next_id_};
    for (;;) {
        const auto due = std::ranges::find_if(timers_, [&](const auto& entry) {
            return entry.first < first_new && entry.second.due <= now_;
        });
        if (due == timers_.end()) {
            return;
        }
        const Task task = due->second.task;
        timers_.erase(due);
        task.run(task.subject);
    }
}

void PrivateLoop::run_posted() noexcept {
    std::size_t due = 0;
    {
        const std::lock_guard lock(mutex_);
        due = posted_.size();
    }
    for (; due > 0; --due) {
        Task task;
        {
            const std::lock_guard lock(mutex_);
            if (posted_.empty()) {
                return;
            }
            task = posted_.front();
            posted_.pop_front();
        }
        task.run(task.subject);
    }
}

TimerId PrivateLoop::start_timer(milliseconds delay, Task task) noexcept {
    try {
        const auto id = TimerId{next_id_++};
        timers_.emplace(id, Timer{now_ + delay, task});
        return id;
    } catch (const std::exception&) {
        return TimerId::none;
    }
}

WatchId PrivateLoop::watch(NativeSocket socket, Readiness interest, SocketTask task) noexcept {
    try {
        const auto id = WatchId{next_id_++};
        watches_.emplace(id, Watch{socket, interest, task});
        return id;
    } catch (const std::exception&) {
        return WatchId::none;
    }
}

void PrivateLoop::change_watch(WatchId watch, Readiness interest) noexcept {
    if (const auto found = watches_.find(watch); found != watches_.end()) {
        found->second.interest = interest;
    }
}

bool PrivateLoop::post(Task task) noexcept {
    try {
        const std::lock_guard lock(mutex_);
        posted_.push_back(task);
    } catch (const std::exception&) {
        return false;
    }
    wake();
    return true;
}

void PrivateLoop::forget(const void* subject) noexcept {
    const auto is_about_it = [&](const auto& entry) {
        return entry.second.task.subject == subject;
    };
    std::erase_if(timers_, is_about_it);
    std::erase_if(watches_, is_about_it);
    const std::lock_guard lock(mutex_);
    std::erase_if(posted_, [&](const Task& task) { return task.subject == subject; });
}

}  // namespace chihaya::redis
