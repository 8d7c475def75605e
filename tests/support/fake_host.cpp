#include "tests/support/fake_host.hpp"

#include <poll.h>

#include <algorithm>

namespace chihaya::test {

void FakeHost::log(Severity severity, std::string_view text) noexcept {
    const std::lock_guard lock(mutex_);
    lines_.push_back({severity, std::string(text)});
}

TimerId FakeHost::start_timer(std::chrono::milliseconds delay, Task task) noexcept {
    const auto id = TimerId{next_id_++};
    timers_[id] = {now_ + delay, task};
    return id;
}

void FakeHost::cancel_timer(TimerId timer) noexcept {
    timers_.erase(timer);
}

WatchId FakeHost::watch(NativeSocket socket, Readiness interest, SocketTask task) noexcept {
    const auto id = WatchId{next_id_++};
    watches_[id] = {socket, interest, task};
    return id;
}

void FakeHost::change_watch(WatchId watch, Readiness interest) noexcept {
    if (const auto found = watches_.find(watch); found != watches_.end()) {
        found->second.interest = interest;
    }
}

void FakeHost::unwatch(WatchId watch) noexcept {
    watches_.erase(watch);
}

bool FakeHost::post(Task task) noexcept {
    const std::lock_guard lock(mutex_);
    posted_.push_back(task);
    return true;
}

void FakeHost::forget(const void* subject) noexcept {
    const auto is_about_it = [&](const auto& entry) {
        return entry.second.task.subject == subject;
    };
    std::erase_if(timers_, is_about_it);
    std::erase_if(watches_, is_about_it);
    const std::lock_guard lock(mutex_);
    std::erase_if(posted_, [&](const Task& task) { return task.subject == subject; });
}

bool FakeHost::turn(std::chrono::milliseconds patience) {
    now_ = clock_.now();
    run_posted();
    run_due_timers();
    return run_ready_sockets(patience);
}

void FakeHost::let_pass(std::chrono::seconds time) {
    for (auto passed = std::chrono::seconds(0); passed < time; ++passed) {
        clock_.advance(std::chrono::seconds(1));
        turn();
    }
}

std::vector<std::string> FakeHost::lines() const {
    const std::lock_guard lock(mutex_);
    std::vector<std::string> texts;
    for (const Line& line : lines_) {
        texts.push_back(line.text);
    }
    return texts;
}

std::size_t FakeHost::lines_of(Severity severity) const {
    const std::lock_guard lock(mutex_);
    return static_cast<std::size_t>(std::ranges::count(lines_, severity, &Line::severity));
}

bool FakeHost::idle() const {
    const std::lock_guard lock(mutex_);
    return timers_.empty() && watches_.empty() && posted_.empty();
}

// Tasks may forget others that are due in the same turn, so each one is taken out just before it
// runs. What is posted meanwhile waits for the next turn.
void FakeHost::run_posted() {
    std::size_t todo = 0;
    {
        const std::lock_guard lock(mutex_);
        todo = posted_.size();
    }
    for (; todo > 0; --todo) {
        Task task;
        {
            const std::lock_guard lock(mutex_);
            if (posted_.empty()) {
                return;
            }
            task = posted_.front();
            posted_.erase(posted_.begin());
        }
        task.run(task.subject);
    }
}

void FakeHost::run_due_timers() {
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

bool FakeHost::run_ready_sockets(std::chrono::milliseconds patience) {
    std::vector<pollfd> sockets;
    std::vector<WatchId> ids;
    for (const auto& [id, watch] : watches_) {
        const int events = (has(watch.interest, Readiness::readable) ? POLLIN : 0) |
                           (has(watch.interest, Readiness::writable) ? POLLOUT : 0);
        sockets.push_back({static_cast<int>(watch.socket), static_cast<short>(events), 0});
        ids.push_back(id);
    }
    if (sockets.empty() ||
        ::poll(sockets.data(), sockets.size(), static_cast<int>(patience.count())) <= 0) {
        return false;
    }
    for (std::size_t i = 0; i < sockets.size(); ++i) {
        const auto found = watches_.find(ids[i]);
        if (sockets[i].revents == 0 || found == watches_.end()) {
            continue;
        }
        const bool broken = (sockets[i].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
        auto ready = Readiness::none;
        if (broken || (sockets[i].revents & POLLIN) != 0) {
            ready = ready | Readiness::readable;
        }
        if (broken || (sockets[i].revents & POLLOUT) != 0) {
            ready = ready | Readiness::writable;
        }
        const SocketTask task = found->second.task;
        task.run(task.subject, ready);
    }
    return true;
}

}  // namespace chihaya::test
