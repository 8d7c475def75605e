#include "core/app/reloads.hpp"

#include <exception>
#include <string>
#include <utility>

namespace chihaya::app {
namespace {

constexpr std::string_view area = "reload";

std::string joined(const std::vector<std::string>& texts) {
    std::string out;
    for (const std::string& text : texts) {
        out += (out.empty() ? "" : ", ") + text;
    }
    return out;
}

}  // namespace

void Reloads::start(Work work) {
    work_ = std::move(work);
    const std::lock_guard lock(mutex_);
    runs_ = true;
    is_over_ = false;
    thread_ = std::thread([this] { run(); });
}

void Reloads::request() noexcept {
    const std::lock_guard lock(mutex_);
    is_requested_ = true;
    news_.notify_all();
}

management::ReloadReport Reloads::perform() {
    std::future<management::ReloadReport> report;
    {
        const std::lock_guard lock(mutex_);
        if (is_over_) {
            management::ReloadReport busy;
            busy.is_busy = true;
            return busy;
        }
        report = waiters_.emplace_back().get_future();
        is_requested_ = true;
        news_.notify_all();
    }
    return report.get();
}

void Reloads::run() noexcept {
    // An earlier thread may have left something to end.
    std::optional<Moment> tend_at = std::chrono::steady_clock::now();
    std::unique_lock lock(mutex_);
    while (runs_) {
        const auto has_news = [this] {
            return !runs_ || is_requested_;
        };
        const bool is_woken = tend_at ? news_.wait_until(lock, *tend_at, has_news)
                                      : (news_.wait(lock, has_news), true);
        if (!runs_) {
            break;
        }
        is_requested_ = false;
        auto waiters = std::exchange(waiters_, {});
        lock.unlock();
        if (is_woken) {
            reload(std::move(waiters));
        }
        tend_at = work_.tend(std::chrono::steady_clock::now());
        lock.lock();
    }
    turn_away();
}

/// With the mutex.
void Reloads::turn_away() noexcept {
    for (Waiter& waiter : waiters_) {
        management::ReloadReport busy;
        busy.is_busy = true;
        waiter.set_value(std::move(busy));
    }
    waiters_.clear();
}

void Reloads::reload(std::vector<Waiter> waiters) {
    if (work_.on_change != nullptr) {
        work_.on_change(true);
    }
    management::ReloadReport report;
    try {
        report = work_.reload();
    } catch (const std::exception& problem) {
        report.is_refused = true;
        report.errors.emplace_back(problem.what());
    }
    tell(report);
    if (work_.on_change != nullptr) {
        work_.on_change(false);
    }
    for (Waiter& waiter : waiters) {
        waiter.set_value(report);
    }
}

void Reloads::tell(const management::ReloadReport& report) {
    numbers_.with([&](ReloadNumbers& numbers) {
        ++(report.is_refused ? numbers.refused : numbers.done);
        numbers.last_was_done = !report.is_refused;
        if (!report.is_refused) {
            numbers.last =
                std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
        }
    });
    for (const std::string& warning : report.warnings) {
        log_.write(Severity::warning, "config", warning);
    }
    for (const std::string& error : report.errors) {
        log_.write(Severity::error, "config", error);
    }
    if (report.is_refused) {
        log_.write(Severity::error, area, "nothing has changed: the configuration was refused",
                   {{"errors", std::uint64_t{report.errors.size()}}});
        return;
    }
    for (const management::WaitingKey& one : report.waiting) {
        log_.write(Severity::warning, area, "a changed key waits for a restart",
                   {{"key", one.key},
                    {"reason", one.reason.empty() ? "it is read at the start" : one.reason}});
    }
    log_.write(Severity::info, area, "the configuration has been reloaded",
               {{"changed", report.changed.empty() ? "nothing" : joined(report.changed)}});
}

void Reloads::stop() noexcept {
    {
        const std::lock_guard lock(mutex_);
        runs_ = false;
        is_over_ = true;
        if (!thread_.joinable()) {
            turn_away();
        }
        news_.notify_all();
    }
    if (thread_.joinable()) {
        thread_.join();
    }
}

ReloadNumbers Reloads::numbers() noexcept {
    return numbers_.with([](const ReloadNumbers& numbers) { return numbers; });
}

}  // namespace chihaya::app
