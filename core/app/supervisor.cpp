#include "core/app/supervisor.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <tuple>
#include <utility>

namespace chihaya::app {
namespace {

using std::chrono::microseconds;
using std::chrono::steady_clock;

// How often the status line is made anew.
constexpr std::chrono::seconds status_interval{5};

// A start or stop that takes long asks for so much more time, and asks again well before it is up.
constexpr std::chrono::seconds extension{60};
constexpr std::chrono::seconds extension_interval{10};

// A manager that is slow is told what it must know again so often, and at the end for so long.
constexpr std::chrono::milliseconds owed_interval{50};
constexpr std::chrono::seconds owed_patience{1};

// Of a reload there are two; the last ones count.
constexpr std::size_t owed_max = 16;

std::string environment(const char* name) {
    // Before threads that change it: nothing here does after the start.
    const char* const text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe)
    return text == nullptr ? std::string() : std::string(text);
}

std::uint64_t number_of(const std::string& text) noexcept {
    std::uint64_t number = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
    return parsed.ptr == text.data() + text.size() ? number : 0;
}

/// `@name` is an abstract address, which begins with a zero byte. Others it does not have.
std::string notify_socket() {
    std::string path = environment("NOTIFY_SOCKET");
    constexpr std::size_t longest = sizeof(sockaddr_un::sun_path);
    if (path.size() < 2 || path.size() >= longest || (path[0] != '/' && path[0] != '@')) {
        return {};
    }
    if (path[0] == '@') {
        path[0] = '\0';
    }
    return path;
}

microseconds watchdog_time() {
    const std::string process = environment("WATCHDOG_PID");
    if (!process.empty() && number_of(process) != static_cast<std::uint64_t>(::getpid())) {
        return microseconds(0);
    }
    return microseconds(number_of(environment("WATCHDOG_USEC")));
}

std::string monotonic_now() {
    return std::to_string(
        std::chrono::duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count());
}

/// One line of printable text: a line break would begin another message.
std::string one_line(std::string text) {
    std::ranges::replace_if(
        text, [](char letter) { return static_cast<unsigned char>(letter) < ' '; }, ' ');
    return text;
}

}  // namespace

Supervisor::Supervisor(Log& log) : log_(log), socket_(notify_socket()), watchdog_(watchdog_time()) {
    if (!socket_.empty()) {
        thread_ = std::thread([this] { run(); });
    }
}

void Supervisor::end() noexcept {
    {
        const std::lock_guard lock(mutex_);
        ends_ = true;
    }
    changed_.notify_all();
    if (thread_.joinable()) {
        thread_.join();
    }
}

void Supervisor::serving(Parts parts) {
    {
        const std::lock_guard lock(mutex_);
        parts_ = std::move(parts);
        serves_ = true;
        is_silent_ = false;
        owe("READY=1");
    }
    changed_.notify_all();
}

void Supervisor::reloading() {
    const std::lock_guard lock(mutex_);
    owe("RELOADING=1\nMONOTONIC_USEC=" + monotonic_now());
}

void Supervisor::reloaded() {
    const std::lock_guard lock(mutex_);
    owe("READY=1");
}

void Supervisor::stopping() {
    const std::lock_guard lock(mutex_);  // whoever is being asked has answered
    owe("STOPPING=1\nSTATUS=stopping");
    serves_ = false;
    parts_ = {};
}

void Supervisor::replaced_by(std::uint64_t process) {
    const std::lock_guard lock(mutex_);
    owe("MAINPID=" + std::to_string(process));
    is_silent_ = true;
    serves_ = false;
    parts_ = {};
}

Supervisor::LongWork::LongWork(Supervisor& supervisor) : supervisor_(supervisor) {
    {
        const std::lock_guard lock(supervisor_.mutex_);
        ++supervisor_.long_works_;
    }
    supervisor_.changed_.notify_all();
}

Supervisor::LongWork::~LongWork() {
    const std::lock_guard lock(supervisor_.mutex_);
    --supervisor_.long_works_;
}

void Supervisor::run() {
    const bool has_watchdog = watchdog_.count() > 0;
    const microseconds pause = std::max<microseconds>(
        has_watchdog ? std::min<microseconds>(watchdog_ / 4, status_interval) : status_interval,
        std::chrono::milliseconds(1));
    steady_clock::time_point next_beat{};
    steady_clock::time_point next_status{};
    steady_clock::time_point next_extension{};
    std::unique_lock lock(mutex_);
    while (!ends_) {
        const auto now = steady_clock::now();
        tell_owed();
        if (long_works_ > 0 && now >= next_extension && !is_silent_) {
            next_extension = now + extension_interval;
            static_cast<void>(
                tell("EXTEND_TIMEOUT_USEC=" + std::to_string(microseconds(extension).count())));
        }
        if (has_watchdog && !is_silent_ && now >= next_beat) {
            next_beat = now + pause;
            if (!serves_ || all_turned()) {
                static_cast<void>(tell("WATCHDOG=1"));
            }
            if (serves_) {
                ask_all();
            }
        }
        if (serves_ && now >= next_status) {
            next_status = now + status_interval;
            static_cast<void>(tell("STATUS=" + one_line(parts_.status())));
        }
        const auto needs = [this] {
            return std::tuple(serves_, long_works_ > 0, owed_.empty());
        };
        const auto known = needs();
        changed_.wait_for(lock,
                          owed_.empty() ? pause : std::min<microseconds>(pause, owed_interval),
                          [&] { return ends_ || known != needs(); });
    }
    for (const auto until = steady_clock::now() + owed_patience;
         !owed_.empty() && steady_clock::now() < until;) {
        tell_owed();
        changed_.wait_for(lock, owed_interval, [this] { return owed_.empty(); });
    }
}

/// Under the mutex: what the manager must hear, in this order.
void Supervisor::owe(std::string message) {
    if (socket_.empty()) {
        return;
    }
    owed_.push_back(std::move(message));
    if (owed_.size() > owed_max) {
        owed_.pop_front();
    }
    tell_owed();
    changed_.notify_all();
}

void Supervisor::tell_owed() {
    while (!owed_.empty() && tell(owed_.front())) {
        owed_.pop_front();
    }
}

/// Under the mutex, as `ask_all`.
bool Supervisor::all_turned() {
    bool all = true;
    for (Sign& sign : signs_) {
        const bool has_turned =
            sign.has_come->load(std::memory_order_acquire) || (sign.may_wait && long_works_ > 0);
        if (!has_turned && !sign.is_missed) {
            log_.write(Severity::error, "watchdog",
                       "a loop does not turn; the service manager will be told nothing until it "
                       "does",
                       {{"loop", sign.name}});
        }
        sign.is_missed = !has_turned;
        all = all && has_turned;
    }
    return all;
}

/// Those that have answered, or are new.
void Supervisor::ask_all() {
    std::vector<Sign> asked;
    parts_.pulses([&](const Pulse& pulse) {
        const auto known = std::ranges::find(signs_, pulse.name, &Sign::name);
        if (known != signs_.end() && !known->has_come->load(std::memory_order_acquire)) {
            asked.push_back(*known);
            return;
        }
        Sign sign{.name = pulse.name,
                  .has_come = std::make_shared<std::atomic<bool>>(false),
                  .may_wait = pulse.may_wait};
        pulse.post(
            [has_come = sign.has_come] { has_come->store(true, std::memory_order_release); });
        asked.push_back(std::move(sign));
    });
    signs_ = std::move(asked);
}

/// False when it could be told later: it takes nothing now, or this process has no descriptor left.
/// Whoever is not there will not be.
bool Supervisor::tell(std::string_view message) const noexcept {
    const int out = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (out < 0) {
        return false;
    }
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    std::memcpy(name.sun_path, socket_.data(), socket_.size());
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
    const auto sent = ::sendto(out, message.data(), message.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
                               reinterpret_cast<const sockaddr*>(&name), size);
    const bool is_full =
        sent < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS || errno == ENOMEM);
    ::close(out);
    return !is_full;
}

}  // namespace chihaya::app
