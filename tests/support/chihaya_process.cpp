#include "tests/support/chihaya_process.hpp"

#include "tests/support/http_client.hpp"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <system_error>
#include <thread>
#include <utility>

namespace chihaya::test {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds poll_pause{10};

void replace_all(std::string& text, std::string_view what, std::string_view with) {
    for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
        text.replace(at, what.size(), with);
        at += with.size();
    }
}

void set_where_absent(Poco::JSON::Object& object, const std::string& key,
                      const std::string& value) {
    if (!object.has(key)) {
        object.set(key, value);
    }
}

std::string on_loopback(std::uint16_t port) {
    return "127.0.0.1:" + std::to_string(port);
}

/// Sets a member of a section unless the section has it.
void set_in_section(Poco::JSON::Object& config, const std::string& section, const std::string& key,
                    const std::string& value) {
    Poco::JSON::Object::Ptr object = config.getObject(section);
    if (object.isNull()) {
        object = new Poco::JSON::Object;
        config.set(section, object);
    }
    set_where_absent(*object, key, value);
}

struct Ports {
    std::uint16_t http = 0;
    std::uint16_t udp = 0;
    std::uint16_t management = 0;
};

/// `text` with what a test does not care about filled in.
std::string complete(const std::string& text, const Ports& ports) {
    auto config = Poco::JSON::Parser().parse(text).extract<Poco::JSON::Object::Ptr>();
    const Poco::JSON::Object::Ptr http = config->getObject("http");
    if (http.isNull() || !http->has("addr")) {
        set_where_absent(*config, "addr", on_loopback(ports.http));
    }
    if (!config->has("udp_listen_addr") && !config->has("udpListenAddr")) {
        set_in_section(*config, "udp", "addr", on_loopback(ports.udp));
    }
    set_in_section(*config, "management", "addr", on_loopback(ports.management));
    // A machine that is busy with other tests is no overload of the tracker.
    set_in_section(*config, "limits", "shed_after", "0s");
    set_where_absent(*config, "plugin_dir", CHIHAYA_PLUGIN_DIR);
    std::ostringstream out;
    config->stringify(out, 2);
    return out.str();
}

}  // namespace

ChihayaProcess::ChihayaProcess(ChihayaOptions options) : options_(std::move(options)) {
    const std::string config = completed(options_.config);
    // Management starts last, so whoever waits for it finds everything else there.
    const std::string management = ':' + std::to_string(management_port());
    ready_port_ = config.find(management) != std::string::npos ? management_port() : http_port();
    std::ofstream(dir_ / "chihaya.json") << config;
    start();
    if (options_.wait_until_ready) {
        wait_until_ready();
    }
}

ChihayaProcess::~ChihayaProcess() {
    kill();
}

std::string ChihayaProcess::completed(std::string config) const {
    replace_all(config, "$HTTP_PORT", std::to_string(http_port()));
    replace_all(config, "$UDP_PORT", std::to_string(udp_port()));
    replace_all(config, "$MANAGEMENT_PORT", std::to_string(management_port()));
    replace_all(config, "$DIR", dir_.path().string());
    return options_.complete_config
               ? complete(config,
                          {.http = http_port(), .udp = udp_port(), .management = management_port()})
               : config;
}

void ChihayaProcess::configure(const std::string& config) const {
    std::ofstream(dir_ / "chihaya.json", std::ios::trunc) << completed(config);
}

void ChihayaProcess::signal(int number) const {
    ::kill(pid_, number);
}

bool ChihayaProcess::running() {
    if (exit_code_.has_value()) {
        return false;
    }
    int status = 0;
    if (!is_child_) {
        // Whoever has inherited it may not ask for its end.
        std::ifstream stat("/proc/" + std::to_string(pid_) + "/stat");
        const std::string text{std::istreambuf_iterator<char>(stat), {}};
        const std::size_t name_ends = text.rfind(')');
        if (name_ends != std::string::npos && text.compare(name_ends, 3, ") Z") != 0) {
            return true;
        }
        exit_code_ = 0;
        return false;
    }
    if (::waitpid(pid_, &status, WNOHANG) != pid_) {
        return true;
    }
    exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return false;
}

int ChihayaProcess::wait() {
    const auto deadline = Clock::now() + options_.patience;
    while (running()) {
        if (Clock::now() > deadline) {
            throw std::runtime_error("chihaya does not end; its log:\n" + log());
        }
        std::this_thread::sleep_for(poll_pause);
    }
    return exit_code_.value();
}

void ChihayaProcess::follow(pid_t process) {
    exit_code_.reset();
    pid_ = process;
    is_child_ = false;
}

int ChihayaProcess::stop() {
    if (running()) {
        signal(SIGTERM);
    }
    return wait();
}

std::string ChihayaProcess::log() const {
    std::ifstream file(dir_ / "log");
    return {std::istreambuf_iterator<char>(file), {}};
}

void ChihayaProcess::start() {
    std::vector<std::string> words{CHIHAYA_EXECUTABLE, "--config", dir_ / "chihaya.json"};
    if (options_.descriptors != 0) {
        const std::string limit = "ulimit -n " + std::to_string(options_.descriptors);
        words.insert(words.begin(), {"/bin/sh", "-c", limit + R"( && exec "$0" "$@")"});
    }
    if (!options_.sockets.empty()) {
        words.insert(words.begin(), {"/bin/sh", "-c", R"(LISTEN_PID=$$ exec "$0" "$@")"});
        options_.variables.push_back("LISTEN_FDS=" + std::to_string(options_.sockets.size()));
    }
    for (std::string argument : options_.arguments) {
        replace_all(argument, "$DIR", dir_.path().string());
        words.push_back(std::move(argument));
    }
    std::vector<char*> arguments;
    for (std::string& word : words) {
        arguments.push_back(word.data());
    }
    arguments.push_back(nullptr);

    const std::string log_file = dir_ / "log";
    posix_spawn_file_actions_t actions{};
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, log_file.c_str(),
                                       O_WRONLY | O_CREAT | O_APPEND, 0600);
    ::posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
    // First out of the way of the numbers that they are to have.
    constexpr int first_passed = 3;
    constexpr int elsewhere = 200;
    for (std::size_t i = 0; i < options_.sockets.size(); ++i) {
        ::posix_spawn_file_actions_adddup2(&actions, options_.sockets[i],
                                           elsewhere + static_cast<int>(i));
    }
    for (std::size_t i = 0; i < options_.sockets.size(); ++i) {
        ::posix_spawn_file_actions_adddup2(&actions, elsewhere + static_cast<int>(i),
                                           first_passed + static_cast<int>(i));
        ::posix_spawn_file_actions_addclose(&actions, elsewhere + static_cast<int>(i));
    }
    std::vector<char*> variables;
    for (std::string& variable : options_.variables) {
        variables.push_back(variable.data());
    }
    for (char** entry = environ; *entry != nullptr; ++entry) {
        variables.push_back(*entry);
    }
    variables.push_back(nullptr);
    const int error = ::posix_spawn(&pid_, arguments.front(), &actions, nullptr, arguments.data(),
                                    variables.data());
    ::posix_spawn_file_actions_destroy(&actions);
    if (error != 0) {
        throw std::system_error(error, std::generic_category(), CHIHAYA_EXECUTABLE);
    }
}

void ChihayaProcess::kill() {
    if (running()) {
        signal(SIGKILL);
        if (is_child_) {
            ::waitpid(pid_, nullptr, 0);
        }
        exit_code_ = 128 + SIGKILL;
    }
}

void ChihayaProcess::wait_until_ready() {
    const auto deadline = Clock::now() + options_.patience;
    while (running() && Clock::now() < deadline) {
        try {
            const TcpClient probe(ready_port_,
                                  ready_port_ == http_port() ? options_.host.c_str() : "127.0.0.1");
            return;
        } catch (const std::system_error&) {
            std::this_thread::sleep_for(poll_pause);  // not listening yet
        }
    }
    kill();  // nobody else will: the constructor has not ended
    throw std::runtime_error("chihaya did not start; its log:\n" + log());
}

}  // namespace chihaya::test
