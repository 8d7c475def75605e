#pragma once

/// @file supervisor.hpp
/// The service manager that has started this process (systemd, or whoever speaks its protocol):
/// what it is told of the tracker's life.

#include "core/base/log.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace chihaya::app {

/// A loop that must turn: `post` has the work done on its thread.
struct Pulse {
    std::string name;
    std::function<void(std::function<void()>)> post;
    bool may_wait = false;  // while a `LongWork` lives
};

/// Tells the service manager that the tracker is ready, what it does, and that it is alive.
///
/// Alive is a tracker whose every loop has turned lately: one that hangs is not, whatever the
/// others do, and the watchdog's message is not sent. Where nobody listens (`NOTIFY_SOCKET` is not
/// set) nothing happens, and there is no thread.
///
/// Thread: any
/// Source: sd_notify(3), sd_watchdog_enabled(3)
class Supervisor {
public:
    /// Begins to say that a start takes its time, where it does. Lifetime: the log outlives it
    explicit Supervisor(Log& log);
    ~Supervisor() { end(); }
    Supervisor(const Supervisor&) = delete;
    Supervisor& operator=(const Supervisor&) = delete;

    /// The tracker serves. From now on `status` is asked every few seconds for a line, and every
    /// loop for a sign of life. Neither is called after `stopping`.
    struct Parts {
        std::function<std::string()> status;
        std::function<void(const std::function<void(const Pulse&)>& each)> pulses;
    };
    void serving(Parts parts);

    /// Around a reload of the configuration.
    void reloading();
    void reloaded();

    /// The tracker is about to end.
    void stopping();

    /// From now on another process is the service, and this one has nothing to say.
    void replaced_by(std::uint64_t process);

    /// Says what the manager has not taken yet, for a second at most, and then nothing any more.
    void end() noexcept;

    /// While one of these lives the manager waits longer for a start or a stop, and the control
    /// loop may be busy: swarms are read from a file, written to one, or carried.
    class LongWork {
    public:
        explicit LongWork(Supervisor& supervisor);
        ~LongWork();
        LongWork(const LongWork&) = delete;
        LongWork& operator=(const LongWork&) = delete;

    private:
        Supervisor& supervisor_;
    };

private:
    /// Has a loop turned since it was asked to?
    struct Sign {
        std::string name;
        std::shared_ptr<std::atomic<bool>> has_come;
        bool may_wait = false;
        bool is_missed = false;
    };

    void run();
    void owe(std::string message);
    void tell_owed();
    [[nodiscard]] bool tell(std::string_view message) const noexcept;
    [[nodiscard]] bool all_turned();
    void ask_all();

    Log& log_;
    std::string socket_;  // its address, in the system's form; empty: nobody listens
    std::chrono::microseconds watchdog_{0};
    std::mutex mutex_;
    std::condition_variable changed_;
    Parts parts_;  // these under the mutex
    bool serves_ = false;
    bool is_silent_ = false;
    bool ends_ = false;
    int long_works_ = 0;
    std::deque<std::string> owed_;  // it did not take these
    std::vector<Sign> signs_;       // the thread's own
    std::thread thread_;
};

}  // namespace chihaya::app
