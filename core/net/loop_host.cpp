#include "core/net/loop_host.hpp"

#include "core/base/limits.hpp"

#include <boost/asio/post.hpp>
#include <poll.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace chihaya::net {

struct LoopHost::Watched {
    Watched(boost::asio::io_context& context, int socket, Readiness wanted, SocketTask work)
        : descriptor(context, socket), interest(wanted), task(work) {}
    ~Watched() { descriptor.release(); }  // the plugin's, not ours to close
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;

    boost::asio::posix::basic_stream_descriptor<WorkerLoop::Executor> descriptor;
    Readiness interest;
    SocketTask task;
    std::uint64_t generation = 0;  // of the wait that counts; older ones were for other interests
};

LoopHost::LoopHost(WorkerLoop& loop, Log& log, std::string area)
    : loop_(loop),
      log_(log),
      area_(std::move(area)),
      lines_(limits::plugin_log_lines_per_second),
      alive_(std::make_shared<bool>(true)) {}

LoopHost::~LoopHost() {
    *alive_ = false;
}

void LoopHost::log(Severity severity, std::string_view text) noexcept {
    if (!log_.shows(severity)) {
        return;
    }
    std::uint64_t suppressed = 0;
    {
        const std::lock_guard lock(mutex_);
        if (!lines_.admit(std::chrono::steady_clock::now())) {
            return;
        }
        suppressed = lines_.take_suppressed();
    }
    if (suppressed != 0) {
        log_.write(severity, area_, text, {{"suppressed", suppressed}});
    } else {
        log_.write(severity, area_, text);
    }
}

TimerId LoopHost::start_timer(std::chrono::milliseconds delay, Task task) noexcept {
    try {
        const std::uint64_t id = next_id_++;
        auto pending = std::make_unique<PendingTimer>(PendingTimer{
            Timer(loop_.context(), std::max(delay, std::chrono::milliseconds(0))), task});
        pending->timer.async_wait([this, id, alive = alive_](boost::system::error_code error) {
            if (!error && *alive) {
                timer_fired(TimerId{id});
            }
        });
        timers_.emplace(id, std::move(pending));
        return TimerId{id};
    } catch (const std::exception&) {
        return TimerId::none;
    }
}

void LoopHost::timer_fired(TimerId id) noexcept {
    const auto found = timers_.find(static_cast<std::uint64_t>(id));
    if (found == timers_.end()) {
        return;  // cancelled after it had become due
    }
    const Task task = found->second->task;
    timers_.erase(found);
    task.run(task.subject);
}

void LoopHost::cancel_timer(TimerId timer) noexcept {
    timers_.erase(static_cast<std::uint64_t>(timer));
}

WatchId LoopHost::watch(NativeSocket socket, Readiness interest, SocketTask task) noexcept {
    try {
        const std::uint64_t id = next_id_++;
        auto watched =
            std::make_unique<Watched>(loop_.context(), static_cast<int>(socket), interest, task);
        Watched& entry = *watches_.emplace(id, std::move(watched)).first->second;
        arm(WatchId{id}, entry);
        return WatchId{id};
    } catch (const std::exception&) {
        return WatchId::none;
    }
}

void LoopHost::arm(WatchId id, Watched& watched) {
    const auto wait = [&](boost::asio::posix::descriptor_base::wait_type type) {
        watched.descriptor.async_wait(type, [this, id, generation = watched.generation,
                                             alive = alive_](boost::system::error_code error) {
            if (error || !*alive) {
                return;
            }
            const auto found = watches_.find(static_cast<std::uint64_t>(id));
            if (found != watches_.end() && found->second->generation == generation) {
                ready(id);
            }
        });
    };
    if (has(watched.interest, Readiness::readable)) {
        wait(boost::asio::posix::descriptor_base::wait_read);
    }
    if (has(watched.interest, Readiness::writable)) {
        wait(boost::asio::posix::descriptor_base::wait_write);
    }
}

void LoopHost::ready(WatchId id) noexcept {
    Watched& watched = *watches_.find(static_cast<std::uint64_t>(id))->second;
    ++watched.generation;
    watched.descriptor.cancel();

    pollfd state{watched.descriptor.native_handle(), POLLIN | POLLOUT, 0};
    ::poll(&state, 1, 0);
    const bool broken = (state.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
    auto now = Readiness::none;
    if (broken || (has(watched.interest, Readiness::readable) && (state.revents & POLLIN) != 0)) {
        now = now | Readiness::readable;
    }
    if (broken || (has(watched.interest, Readiness::writable) && (state.revents & POLLOUT) != 0)) {
        now = now | Readiness::writable;
    }
    const SocketTask task = watched.task;
    if (now != Readiness::none) {
        task.run(task.subject, now);  // may unwatch
    }
    const auto still = watches_.find(static_cast<std::uint64_t>(id));
    if (still != watches_.end()) {
        try {
            arm(id, *still->second);
        } catch (const std::exception& error) {
            log(Severity::error, error.what());
        }
    }
}

void LoopHost::change_watch(WatchId watch, Readiness interest) noexcept {
    const auto found = watches_.find(static_cast<std::uint64_t>(watch));
    if (found == watches_.end() || found->second->interest == interest) {
        return;
    }
    Watched& watched = *found->second;
    watched.interest = interest;
    ++watched.generation;
    try {
        watched.descriptor.cancel();
        arm(watch, watched);
    } catch (const std::exception& error) {
        log(Severity::error, error.what());
    }
}

void LoopHost::unwatch(WatchId watch) noexcept {
    watches_.erase(static_cast<std::uint64_t>(watch));
}

bool LoopHost::post(Task task) noexcept {
    try {
        const std::lock_guard lock(mutex_);
        posted_.push_back(task);
        if (run_is_posted_) {
            return true;
        }
        boost::asio::post(loop_.context(), [this, alive = alive_] {
            if (*alive) {
                run_posted();
            }
        });
        run_is_posted_ = true;
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

// What is posted meanwhile waits for the next turn. A task may forget others that were due, so each
// is taken out just before it runs.
void LoopHost::run_posted() noexcept {
    std::size_t due = 0;
    {
        const std::lock_guard lock(mutex_);
        run_is_posted_ = false;
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

void LoopHost::forget(const void* subject) noexcept {
    std::erase_if(timers_,
                  [&](const auto& entry) { return entry.second->task.subject == subject; });
    std::erase_if(watches_,
                  [&](const auto& entry) { return entry.second->task.subject == subject; });
    const std::lock_guard lock(mutex_);
    std::erase_if(posted_, [&](const Task& task) { return task.subject == subject; });
}

bool LoopHost::idle() const noexcept {
    const std::lock_guard lock(mutex_);
    return timers_.empty() && watches_.empty() && posted_.empty();
}

}  // namespace chihaya::net
