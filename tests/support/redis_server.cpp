#include "tests/support/redis_server.hpp"

#include "tests/support/http_client.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>

namespace chihaya::test {
namespace {

constexpr std::chrono::milliseconds poll_pause{2};
constexpr std::size_t reply_depth_max = 8;

/// Where `name` is in PATH; empty when nowhere.
std::string find_program(const std::string& name) {
    const char* const path = std::getenv("PATH");
    std::istringstream folders(path == nullptr ? "/usr/bin:/bin" : path);
    for (std::string folder; std::getline(folders, folder, ':');) {
        const std::string file = folder + '/' + name;
        if (::access(file.c_str(), X_OK) == 0) {
            return file;
        }
    }
    return {};
}

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

std::string resp(const std::vector<std::string>& words) {
    std::string bytes = '*' + std::to_string(words.size()) + "\r\n";
    for (const std::string& word : words) {
        bytes += '$' + std::to_string(word.size()) + "\r\n" + word + "\r\n";
    }
    return bytes;
}

/// Reads one whole reply. Returns: it as text
/// Source: https://redis.io/docs/reference/protocol-spec (RESP 2)
std::string read_reply(TcpClient& from, std::size_t depth = 0) {
    std::string line = from.read_through("\r\n");
    const char kind = line.front();
    const std::string value = line.substr(1, line.size() - std::string_view("+\r\n").size());
    if (kind == '+' || kind == ':') {
        return value;
    }
    if (kind == '-') {
        return "(error) " + value;
    }
    if ((kind != '$' && kind != '*') || depth > reply_depth_max) {
        throw std::runtime_error("not a reply of redis: " + line);
    }
    const auto count = static_cast<std::size_t>(std::max(0L, std::stol(value)));
    std::string text;
    if (kind == '$' && value != "-1") {
        text = from.read_exactly(count);
        from.read_exactly(2);
    }
    for (std::size_t i = 0; kind == '*' && i < count; ++i) {
        text += (i == 0 ? "" : "\n") + read_reply(from, depth + 1);
    }
    return text;
}

}  // namespace

bool lacks_redis() {
    const bool is_there = !find_program("redis-server").empty();
    if (!is_there) {
        std::cout << "skipped: redis-server is not installed\n";
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

RedisServer::RedisServer(RedisOptions options) : options_(std::move(options)) {
    if (options_.is_sentinel) {
        std::ofstream(dir_ / "sentinel.conf") << "# it writes here what it finds out\n";
    }
    start();
}

RedisServer::~RedisServer() {
    kill();
}

std::vector<std::string> RedisServer::words() const {
    const std::string socket = unix_socket().string();
    std::vector<std::string> all{find_program("redis-server")};
    if (options_.is_sentinel) {
        all.push_back((dir_ / "sentinel.conf").string());
    }
    const std::vector<std::string> common{
        "--bind", "127.0.0.1",          "--port",      std::to_string(port()),
        "--dir",  dir_.path().string(), "--daemonize", "no"};
    all.insert(all.end(), common.begin(), common.end());
    if (!options_.is_sentinel) {
        const std::vector<std::string> server{"--save",       "",    "--appendonly", "no",
                                              "--unixsocket", socket};
        all.insert(all.end(), server.begin(), server.end());
    }
    if (!options_.password.empty()) {
        all.insert(all.end(), {"--requirepass", options_.password});
    }
    all.insert(all.end(), options_.arguments.begin(), options_.arguments.end());
    if (options_.is_sentinel) {
        all.emplace_back("--sentinel");
    }
    return all;
}

void RedisServer::start() {
    if (running()) {
        return;
    }
    pid_ = spawn(words(), dir_.path().string());
    wait_until_ready();
}

void RedisServer::wait_until_ready() {
    try {
        wait_until("redis-server starts", [&] {
            if (::waitpid(pid_, nullptr, WNOHANG) == pid_) {
                pid_ = -1;
                throw std::runtime_error("redis-server has ended");
            }
            try {
                return !ask({"PING"}).starts_with("(error) LOADING");
            } catch (const std::system_error&) {
                return false;  // not listening yet
            }
        });
    } catch (const std::runtime_error& error) {
        kill();
        throw std::runtime_error(std::string(error.what()) + "; its log:\n" + log());
    }
}

void RedisServer::kill() noexcept {
    if (running()) {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        pid_ = -1;
    }
}

void RedisServer::stop() {
    if (!running()) {
        return;
    }
    resume();
    ::kill(pid_, SIGTERM);
    wait_until("redis-server ends", [&] { return ::waitpid(pid_, nullptr, WNOHANG) == pid_; });
    pid_ = -1;
}

void RedisServer::pause() const noexcept {
    if (running()) {
        ::kill(pid_, SIGSTOP);
        ::waitpid(pid_, nullptr, WUNTRACED);  // from here on it does stand still
    }
}

void RedisServer::resume() const noexcept {
    if (running()) {
        ::kill(pid_, SIGCONT);
    }
}

std::string RedisServer::ask(const std::vector<std::string>& words) const {
    TcpClient client(port());
    if (!options_.password.empty()) {
        client.send(resp({"AUTH", options_.password}));
        read_reply(client);
    }
    client.send(resp(words));
    return read_reply(client);
}

std::string RedisServer::command(const std::vector<std::string>& words) const {
    std::string reply = ask(words);
    if (reply.starts_with("(error) ")) {
        throw std::runtime_error(words.front() + ": " + reply);
    }
    return reply;
}

std::string RedisServer::log() const {
    std::ifstream file(dir_ / "log");
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace chihaya::test
