#include "core/app/successor.hpp"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string_view>
#include <system_error>
#include <utility>

namespace chihaya::app {
namespace {

using ChannelPtr = std::unique_ptr<handover::Channel>;

constexpr std::string_view area = "handover";
constexpr const char* variable = "CHIHAYA_HANDOVER_FD";
constexpr std::string_view option = "--take-over";
constexpr std::chrono::milliseconds accept_pause{100};
constexpr int lowest = 64;  // out of the way of descriptors that a manager passes

/// How this process was called.
std::vector<std::string> own_arguments() {
    std::ifstream file("/proc/self/cmdline");
    std::vector<std::string> words;
    for (std::string word; std::getline(file, word, '\0');) {
        if (word != option) {
            words.push_back(word);
        }
    }
    return words;
}

/// Where the program lies. An upgrade has put another file there; then the system calls the one
/// that runs deleted.
std::string own_program() {
    std::error_code error;
    std::string path = std::filesystem::read_symlink("/proc/self/exe", error).string();
    constexpr std::string_view mark = " (deleted)";
    if (path.ends_with(mark) && !std::filesystem::exists(path)) {
        path.resize(path.size() - mark.size());
    }
    return path;
}

/// Ours, but for what is said to this process alone.
std::vector<std::string> environment_with(int descriptor) {
    std::vector<std::string> all;
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        if (!text.starts_with("WATCHDOG_PID=") && !text.starts_with(variable)) {
            all.emplace_back(text);
        }
    }
    all.push_back(std::string(variable) + '=' + std::to_string(descriptor));
    return all;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
    std::vector<char*> all;
    all.reserve(words.size() + 1);
    for (std::string& word : words) {
        all.push_back(word.data());
    }
    all.push_back(nullptr);
    return all;
}

std::string words_of(int error) {
    return std::generic_category().message(error);
}

}  // namespace

Successor::Successor(std::filesystem::path folder, Log& log)
    : folder_(std::move(folder)), log_(log) {}

Successor::~Successor() {
    if (thread_.joinable()) {
        ::eventfd_write(wake_, 1);
        thread_.join();
    }
    for (const int descriptor : {listening_, wake_, caller_.load()}) {
        if (descriptor >= 0) {
            ::close(descriptor);
        }
    }
}

void Successor::wait_for_one(const std::string& state_dir) {
    if (state_dir.empty()) {
        return;
    }
    std::error_code ignored;
    std::filesystem::create_directories(state_dir, ignored);
    path_ = std::filesystem::path(state_dir) / "handover.sock";
    const auto listening = handover::listen_at(path_);
    if (listening.has_error()) {
        log_.write(Severity::warning, area, listening.error().text);
        return;
    }
    listening_ = *listening;
    wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    thread_ = std::thread([this] { accept(); });
}

void Successor::accept() noexcept {
    for (;;) {
        std::array<pollfd, 2> both{{{listening_, POLLIN, 0}, {wake_, POLLIN, 0}}};
        if (::poll(both.data(), both.size(), -1) < 0 && errno != EINTR) {
            return;
        }
        if ((both[1].revents & POLLIN) != 0) {
            return;
        }
        const int caller = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
        if (caller < 0) {
            // Without a descriptor to spare: whoever waits goes on waiting.
            pollfd end{wake_, POLLIN, 0};
            static_cast<void>(::poll(&end, 1, static_cast<int>(accept_pause.count())));
            continue;
        }
        int nobody = -1;
        if (caller_.compare_exchange_strong(nobody, caller)) {
            ::kill(::getpid(), SIGUSR2);
        } else {
            ::close(caller);  // one at a time
        }
    }
}

Result<ChannelPtr> Successor::next() {
    const int caller = caller_.exchange(-1);
    if (caller >= 0) {
        started_ = -1;
        return std::make_unique<handover::Channel>(caller);
    }
    return start();
}

void Successor::refuse(const std::string& why) noexcept {
    const int caller = caller_.exchange(-1);
    if (caller >= 0) {
        static_cast<void>(handover::Channel(caller).send(handover::Kind::refused, why));
    }
}

Result<ChannelPtr> Successor::start() {
    std::array<int, 2> ends{-1, -1};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
        return Failure{"cannot start another process: " + words_of(errno)};
    }
    auto channel = std::make_unique<handover::Channel>(ends[0]);
    const int inherited = ::fcntl(ends[1], F_DUPFD, lowest);
    ::close(ends[1]);
    const std::string program = own_program();
    std::vector<std::string> arguments = own_arguments();
    std::vector<std::string> environment = environment_with(inherited);
    posix_spawn_file_actions_t actions{};
    ::posix_spawn_file_actions_init(&actions);
    if (!folder_.empty()) {
        ::posix_spawn_file_actions_addchdir_np(&actions, folder_.c_str());
    }
    posix_spawnattr_t attributes{};
    ::posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    ::posix_spawnattr_setsigmask(&attributes, &none);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    const int error = ::posix_spawn(&started_, program.c_str(), &actions, &attributes,
                                    pointers(arguments).data(), pointers(environment).data());
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    ::close(inherited);
    if (error != 0) {
        started_ = -1;
        return Failure{"cannot start " + program + ": " + words_of(error) +
                       "; is the new file whole, and may this user run it?"};
    }
    log_.write(Severity::info, area, "another process is started to take over",
               {{"program", program}, {"process", static_cast<std::uint64_t>(started_)}});
    return channel;
}

void Successor::dismiss() noexcept {
    if (started_ > 0) {
        ::kill(started_, SIGKILL);
        ::waitpid(started_, nullptr, 0);
        started_ = -1;
    }
}

bool Successor::is_called() noexcept {
    return std::getenv(variable) != nullptr;  // NOLINT(concurrency-mt-unsafe)
}

Result<ChannelPtr> Successor::predecessor(bool is_asked, const std::string& state_dir) {
    // Before the first thread starts.
    const char* const text = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe)
    if (text != nullptr) {
        int descriptor = -1;
        std::from_chars(text, text + std::strlen(text), descriptor);
        ::unsetenv(variable);  // NOLINT(concurrency-mt-unsafe)
        if (descriptor < lowest || ::fcntl(descriptor, F_SETFD, FD_CLOEXEC) != 0) {
            return Failure{std::string(variable) +
                           ": found a descriptor that is not open; it is for this program's own "
                           "use: take it out of the environment"};
        }
        return std::make_unique<handover::Channel>(descriptor);
    }
    if (!is_asked) {
        return ChannelPtr();
    }
    if (state_dir.empty()) {
        return Failure{
            "--take-over: found no state_dir in the configuration; accepted is the one of the "
            "tracker that runs: set it, or send that one SIGUSR2"};
    }
    const auto socket = handover::connect_to(std::filesystem::path(state_dir) / "handover.sock");
    if (socket.has_error()) {
        return socket.error();
    }
    return std::make_unique<handover::Channel>(*socket);
}

}  // namespace chihaya::app
