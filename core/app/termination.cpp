#include "core/app/termination.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <csignal>
#include <string>
#include <thread>

namespace chihaya::app {
namespace {

constexpr int forced_exit = 1;

sigset_t held_signals() noexcept {
    sigset_t held;
    sigemptyset(&held);
    for (const int signal : {SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGUSR1, SIGUSR2}) {
        sigaddset(&held, signal);
    }
    return held;
}

sigset_t ending_signals() noexcept {
    sigset_t ending;
    sigemptyset(&ending);
    for (const int signal : {SIGINT, SIGTERM, SIGQUIT}) {
        sigaddset(&ending, signal);
    }
    return ending;
}

int next_signal() noexcept {
    const sigset_t held = held_signals();
    int signal = 0;
    sigwait(&held, &signal);
    return signal;
}

bool asks_for_reload(int signal) noexcept {
    return signal == SIGHUP || signal == SIGUSR1;
}

/// Hears, while this thread has something else to do, that the process is to end. The other signals
/// wait.
class EndWatch {
public:
    EndWatch()
        : signals_(::signalfd(-1, &ending_, SFD_CLOEXEC | SFD_NONBLOCK)),
          wake_(::eventfd(0, EFD_CLOEXEC)) {
        if (signals_ >= 0 && wake_ >= 0) {
            thread_ = std::thread([this] { run(); });
        }
    }
    ~EndWatch() {
        static_cast<void>(stop());
        ::close(signals_);
        ::close(wake_);
    }
    EndWatch(const EndWatch&) = delete;
    EndWatch& operator=(const EndWatch&) = delete;

    [[nodiscard]] const std::atomic<bool>& ends() const noexcept { return ends_; }

    /// Hears no more. Returns: is the process to end?
    [[nodiscard]] bool stop() noexcept {
        if (thread_.joinable()) {
            ::eventfd_write(wake_, 1);
            thread_.join();
        }
        return ends_;
    }

private:
    void run() noexcept {
        for (;;) {
            std::array<pollfd, 2> both{{{signals_, POLLIN, 0}, {wake_, POLLIN, 0}}};
            if (::poll(both.data(), both.size(), -1) < 0) {
                continue;
            }
            signalfd_siginfo heard{};
            if (::read(signals_, &heard, sizeof heard) == sizeof heard && ends_.exchange(true)) {
                _exit(forced_exit);
            }
            if ((both[1].revents & POLLIN) != 0) {
                return;
            }
        }
    }

    const sigset_t ending_ = ending_signals();
    const int signals_;
    const int wake_;
    std::atomic<bool> ends_{false};
    std::thread thread_;
};

}  // namespace

void hold_signals() noexcept {
    const sigset_t held = held_signals();
    pthread_sigmask(SIG_BLOCK, &held, nullptr);
    signal(SIGPIPE, SIG_IGN);
}

bool wait_for_end(Log& log, const std::function<void()>& reload, const HandOver& hand_over) {
    for (;;) {
        const int signal = next_signal();
        if (signal == SIGUSR2) {
            EndWatch watch;
            if (hand_over(watch.ends())) {
                return false;
            }
            if (watch.stop()) {
                break;
            }
        } else if (asks_for_reload(signal)) {
            log.write(Severity::info, "service",
                      std::string(signal == SIGHUP ? "SIGHUP" : "SIGUSR1") +
                          ": the configuration and the site are read again");
            reload();
        } else {
            break;
        }
    }
    log.write(Severity::info, "service", "stopping; a second signal ends at once");
    std::thread([] {
        for (int next = next_signal(); asks_for_reload(next) || next == SIGUSR2;
             next = next_signal()) {
        }
        _exit(forced_exit);
    }).detach();
    return true;
}

}  // namespace chihaya::app
