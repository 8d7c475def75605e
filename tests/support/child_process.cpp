#include "tests/support/child_process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

namespace chihaya::test {
namespace {

constexpr std::chrono::milliseconds poll_pause{2};

/// Starts a program that does not outlive this one. Between fork and exec only what is safe there.
pid_t spawn(std::vector<std::string> words, const std::string& folder) {
    std::vector<char*> arguments;
    for (std::string& word : words) {
        arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);
    const std::string log_file = folder + "/log";
    const pid_t parent = ::getpid();
    const pid_t child = ::fork();
    if (child < 0) {
        throw std::system_error(errno, std::generic_category(), words.front());
    }
    if (child > 0) {
        return child;
    }
    const int log = ::open(log_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
    const int nothing = ::open("/dev/null", O_RDONLY);
    if (log < 0 || nothing < 0 || ::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 ||
        ::getppid() != parent || ::chdir(folder.c_str()) != 0) {
        ::_exit(127);
    }
    ::dup2(nothing, STDIN_FILENO);
    ::dup2(log, STDOUT_FILENO);
    ::dup2(log, STDERR_FILENO);
    ::execv(arguments.front(), arguments.data());
    ::_exit(127);
}

}  // namespace

std::string find_program(const std::string& name) {
    const char* const path = std::getenv("PATH");
    std::istringstream folders((path == nullptr ? "/usr/bin:/bin" : std::string(path)) +
                               ":/usr/sbin:/sbin");
    for (std::string folder; std::getline(folders, folder, ':');) {
        std::string file = folder + '/' + name;
        if (::access(file.c_str(), X_OK) == 0) {
            return file;
        }
    }
    return {};
}

bool lacks_program(const std::string& name) {
    const bool is_there = !find_program(name).empty();
    if (!is_there) {
        std::cout << "skipped: " << name << " is not installed\n";
    }
    return !is_there;
}

void wait_until(const std::string& what, const std::function<bool()>& is_so,
                std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    while (!is_so()) {
        if (std::chrono::steady_clock::now() > deadline) {
            throw std::runtime_error("waited in vain: " + what);
        }
        std::this_thread::sleep_for(poll_pause);
    }
}

void ChildProcess::start(std::vector<std::string> words, const std::filesystem::path& folder,
                         const std::function<bool()>& is_ready) {
    if (running()) {
        return;
    }
    folder_ = folder;
    name_ = std::filesystem::path(words.front()).filename().string();
    pid_ = spawn(std::move(words), folder_.string());
    try {
        wait_until(name_ + " starts", [&] {
            if (has_ended()) {
                throw std::runtime_error(name_ + " has ended");
            }
            return is_ready();
        });
    } catch (const std::runtime_error& error) {
        kill();
        throw std::runtime_error(std::string(error.what()) + "; its log:\n" + log());
    }
}

int ChildProcess::run(std::vector<std::string> words, const std::filesystem::path& folder) {
    kill();
    folder_ = folder;
    name_ = std::filesystem::path(words.front()).filename().string();
    pid_ = spawn(std::move(words), folder_.string());
    wait_until(name_ + " ends", [&] { return has_ended(); });
    return WIFEXITED(status_) ? WEXITSTATUS(status_) : -1;
}

bool ChildProcess::has_ended() noexcept {
    if (running() && ::waitpid(pid_, &status_, WNOHANG) == pid_) {
        pid_ = -1;
    }
    return !running();
}

void ChildProcess::kill() noexcept {
    if (running()) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, &status_, 0);
        pid_ = -1;
    }
}

void ChildProcess::stop() {
    if (running()) {
        resume();
        ::kill(pid_, SIGTERM);
        wait_until(name_ + " ends", [&] { return has_ended(); });
    }
}

void ChildProcess::pause() const noexcept {
    if (running()) {
        ::kill(pid_, SIGSTOP);
        ::waitpid(pid_, nullptr, WUNTRACED);  // from here on it does stand still
    }
}

void ChildProcess::resume() const noexcept {
    if (running()) {
        ::kill(pid_, SIGCONT);
    }
}

std::string ChildProcess::log() const {
    std::ifstream file(folder_ / "log");
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace chihaya::test
