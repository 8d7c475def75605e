#include "core/app/termination.hpp"

#include <signal.h>
#include <unistd.h>

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

int next_signal() noexcept {
    const sigset_t held = held_signals();
    int signal = 0;
    sigwait(&held, &signal);
    return signal;
}

bool asks_for_reload(int signal) noexcept {
    return signal == SIGHUP || signal == SIGUSR1;
}

}  // namespace

void hold_signals() noexcept {
    const sigset_t held = held_signals();
    pthread_sigmask(SIG_BLOCK, &held, nullptr);
    signal(SIGPIPE, SIG_IGN);
}

bool wait_for_end(Log& log, const std::function<void()>& reload,
                  const std::function<bool()>& hand_over) {
    int signal = next_signal();
    while (asks_for_reload(signal) || signal == SIGUSR2) {
        if (signal == SIGUSR2) {
            if (hand_over()) {
                return false;
            }
            signal = next_signal();
            continue;
        }
        log.write(Severity::info, "service",
                  std::string(signal == SIGHUP ? "SIGHUP" : "SIGUSR1") +
                      ": the configuration and the site are read again");
        reload();
        signal = next_signal();
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
