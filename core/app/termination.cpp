#include "core/app/termination.hpp"

#include <signal.h>
#include <unistd.h>

#include <thread>

namespace chihaya::app {
namespace {

constexpr int forced_exit = 1;

sigset_t held_signals() noexcept {
    sigset_t held;
    sigemptyset(&held);
    for (const int signal : {SIGINT, SIGTERM, SIGQUIT, SIGHUP}) {
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

}  // namespace

void hold_signals() noexcept {
    const sigset_t held = held_signals();
    pthread_sigmask(SIG_BLOCK, &held, nullptr);
    signal(SIGPIPE, SIG_IGN);
}

void wait_for_end(Log& log) {
    int signal = next_signal();
    while (signal == SIGHUP) {
        log.write(Severity::warning, "service",
                  "SIGHUP changes nothing; restart to use a changed configuration");
        signal = next_signal();
    }
    log.write(Severity::info, "service", "stopping; a second signal ends at once");
    std::thread([] {
        while (next_signal() == SIGHUP) {
        }
        _exit(forced_exit);
    }).detach();
}

}  // namespace chihaya::app
