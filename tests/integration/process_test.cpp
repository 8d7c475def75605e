// The process: starting, stopping, signals, daemon.

#include "tests/integration/command.hpp"
#include "tests/support/free_port.hpp"
#include "tests/wire_http/tracker.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace chihaya::test {
namespace {

using Clock = std::chrono::steady_clock;
namespace fs = std::filesystem;

std::string file_text(const fs::path& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
}

// Replies of thirteen kilobytes to requests of a hundred and fifty bytes.
constexpr std::uint32_t swarm_size = 201;
constexpr std::string_view large_swarm = "swarm-of-201-clients";
constexpr const char* far_away = "2001:db8:1111:2222:3333:4444:5555:6666";

std::string with_proxy(const std::string& more = "") {
    return R"({"workers": 1, "real_ip_header": "X-Forwarded-For")" + more + "}";
}

/// As many requests as have more replies than the kernel lets one socket's send buffer grow to,
/// with what the client's own can take beside it.
std::uint32_t more_than_fits() {
    constexpr std::uint64_t reply = 13'000;
    constexpr std::uint64_t elsewhere = 1'500'000;
    std::uint64_t least = 0;
    std::uint64_t present = 0;
    std::uint64_t most = 4'194'304;
    std::ifstream("/proc/sys/net/ipv4/tcp_wmem") >> least >> present >> most;
    return static_cast<std::uint32_t>((most + elsewhere) / reply);
}

/// Waits until the tracker has sent nothing for half a second.
void wait_until_stuck(const ChihayaProcess& process) {
    const auto sent = [&] {
        const std::string page = http_get(process.management_port(), "/stats?flatten").body;
        constexpr std::string_view name = "\"BytesTransmitted\":";
        return std::stoull(page.substr(page.find(name) + name.size()));
    };
    auto before = sent();
    for (int unchanged = 0; unchanged < 50; ++unchanged) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        const auto now = sent();
        unchanged = now == before ? unchanged : 0;
        before = now;
    }
}

/// A client that has asked for more than the kernel can hold for it, and does not read.
class DeafClient {
public:
    explicit DeafClient(const ChihayaProcess& process) : client_(process.http_port()) {
        // Of a fixed size: what the kernel may grow to would hold all the replies.
        constexpr int receive_buffer = 64 * 1024;
        REQUIRE(::setsockopt(client_.native_handle(), SOL_SOCKET, SO_RCVBUF, &receive_buffer,
                             sizeof receive_buffer) == 0);
        TcpClient filler(process.http_port());
        for (std::uint32_t i = 1; i <= swarm_size; ++i) {
            filler.send(request({.info_hash = large_swarm,
                                 .port = 10'000 + i,
                                 .more = "&numwant=0",
                                 .from = far_away}));
            REQUIRE(filler.read_reply().status == 200);
        }
        const std::string one =
            "GET /announce?info_hash=" + std::string(large_swarm) +
            "&peer_id=-qB4650-AbCdEfGhIjKl&port=9&left=1&numwant=200&compact=0 HTTP/1.1\r\n"
            "X-Forwarded-For:2001:db8::1\r\n\r\n";
        for (std::uint32_t i = 0; i < asked_; ++i) {
            client_.send(one);
        }
        wait_until_stuck(process);
    }

    [[nodiscard]] std::uint32_t asked() const noexcept { return asked_; }

    /// Everything it is sent, now that it listens.
    std::string read_to_end() { return client_.read_to_end(); }

private:
    TcpClient client_;
    const std::uint32_t asked_ = more_than_fits();
};

/// Waits until nobody answers on `port` any more.
bool falls_silent(std::uint16_t port) {
    for (int i = 0; i < 500; ++i) {
        try {
            const TcpClient probe(port);
        } catch (const std::system_error&) {
            return true;
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    return false;
}

TEST_SUITE_BEGIN("process");

TEST_CASE("the example file of 2014 starts a tracker") {
    std::string config = file_text(fs::path(CHIHAYA_CONFIG_DIR) / "chihaya-2014.json");
    const std::string_view port = "6881";
    config.replace(config.find(port), port.size(), "$HTTP_PORT");
    ChihayaProcess process({.config = config});
    const auto reply = success(http_get(process.http_port(), target({})));
    CHECK(reply.at("min interval").integer() == 900);
    CHECK(http_get(process.management_port(), "/check").body == "STILL-ALIVE");
    CHECK(process.stop() == 0);
}

TEST_CASE("a stop ends the process with 0") {
    for (const int signal : {SIGTERM, SIGINT, SIGQUIT}) {
        CAPTURE(signal);
        ChihayaProcess process({});
        static_cast<void>(success(http_get(process.http_port(), target({}))));
        process.signal(signal);
        CHECK(process.wait() == 0);
        CHECK(process.log().find("stopped") != std::string::npos);
    }
}

TEST_CASE("SIGHUP and SIGUSR1 end nothing") {
    ChihayaProcess process({});
    for (const auto& [signal, name] : {std::pair{SIGHUP, "SIGHUP:"}, {SIGUSR1, "SIGUSR1:"}}) {
        process.signal(signal);
        const auto deadline = Clock::now() + std::chrono::seconds(5);
        while (process.log().find(name) == std::string::npos && Clock::now() < deadline) {
            std::this_thread::sleep_for(std::chrono::milliseconds(5));
        }
        CHECK(process.log().find(name) != std::string::npos);
    }
    static_cast<void>(success(http_get(process.http_port(), target({}))));
    CHECK(process.stop() == 0);
}

TEST_CASE("idle clients and half-sent requests delay no stop") {
    ChihayaProcess process({});
    std::vector<std::unique_ptr<TcpClient>> clients;
    for (int i = 0; i < 20; ++i) {
        clients.push_back(std::make_unique<TcpClient>(process.http_port()));
        clients.back()->send(first_request());
        REQUIRE(clients.back()->read_reply().status == 200);
        if (i % 2 == 0) {
            clients.back()->send("GET /announce");
        }
    }
    const auto began = Clock::now();
    CHECK(process.stop() == 0);
    CHECK(Clock::now() - began < std::chrono::seconds(5));  // of the ten it might take
    for (const auto& client : clients) {
        CHECK(client->ends_within(std::chrono::seconds(5)));
    }
}

TEST_CASE("#203 replies in flight are finished at a stop") {
    ChihayaProcess process({.config = with_proxy()});
    DeafClient deaf(process);
    process.signal(SIGTERM);
    REQUIRE(falls_silent(process.http_port()));
    std::string all = deaf.read_to_end();
    std::size_t replies = 0;
    for (; !all.empty(); ++replies) {
        REQUIRE(all.starts_with("HTTP/1.1 200 OK\r\n"));
        const auto head_end = all.find("\r\n\r\n");
        const auto length = all.find("Content-Length: ");
        REQUIRE(length < head_end);
        REQUIRE(head_end != std::string::npos);
        const std::size_t size = head_end + 4 + std::stoul(all.substr(length + 16));
        REQUIRE(all.size() >= size);
        all.erase(0, size);
    }
    CHECK(replies > 0);
    CHECK(replies < deaf.asked());  // it was stuck
    CHECK(process.wait() == 0);
}

TEST_CASE("#203 requests that came before a stop are answered") {
    ChihayaProcess process({});
    TcpClient kept(process.http_port());
    kept.send(first_request());
    REQUIRE(kept.read_reply().status == 200);
    process.signal(SIGSTOP);  // so that everything that follows waits for it together
    TcpClient fresh(process.http_port());
    REQUIRE(kept.send(get(scrape_target(hash_a))));
    REQUIRE(fresh.send(get(scrape_target(hash_a))));
    process.signal(SIGTERM);
    process.signal(SIGCONT);
    for (TcpClient* const client : {&kept, &fresh}) {
        const HttpReply reply = client->read_reply();
        CHECK(success(reply).at("files").has(std::string(hash_a)));
        CHECK(client->ends_within(std::chrono::seconds(5)));
    }
    CHECK(process.wait() == 0);
}

TEST_CASE("#203 nobody in the queue of a listener is forgotten at a stop") {
    constexpr std::size_t count = 500;
    ChihayaProcess process({.config = R"({"workers": 1})"});
    process.signal(SIGSTOP);
    std::vector<std::unique_ptr<TcpClient>> clients;
    for (std::size_t i = 0; i < count; ++i) {
        clients.push_back(std::make_unique<TcpClient>(process.http_port()));
        REQUIRE(clients.back()->send(get(target({}), "Connection: close\r\n")));
    }
    process.signal(SIGTERM);
    process.signal(SIGCONT);
    for (const auto& client : clients) {
        REQUIRE(client->read_reply().status == 200);
    }
    CHECK(process.wait() == 0);
}

TEST_CASE("clients that announce through a stop get whole replies or none") {
    ChihayaProcess process({.config = R"({"workers": 2})"});
    std::vector<std::thread> threads;
    std::atomic<int> whole = 0;
    std::atomic<int> broken = 0;
    for (std::uint32_t i = 0; i < 8; ++i) {
        threads.emplace_back([&, i] {
            try {
                TcpClient client(process.http_port());
                while (client.send(request({.port = 1000 + i}))) {
                    const std::string reply = client.read_reply().body;
                    whole += bencode::parse(reply).has_value() ? 1 : 0;
                }
            } catch (const std::exception& ended) {
                // "so far: " and then what there was of a reply
                broken += std::string_view(ended.what()).ends_with("so far: ") ? 0 : 1;
            }
        });
    }
    while (whole < 100) {
        std::this_thread::yield();
    }
    CHECK(process.stop() == 0);
    for (std::thread& thread : threads) {
        thread.join();
    }
    CHECK(broken == 0);
}

TEST_CASE("a stop waits for a deaf client as long as request_timeout") {
    ChihayaProcess process({.config = with_proxy(R"(, "request_timeout": "1s")")});
    DeafClient deaf(process);
    const auto began = Clock::now();
    CHECK(process.stop() == 0);
    CHECK(Clock::now() - began >= std::chrono::milliseconds(900));
}

TEST_CASE("a second signal ends the process at once") {
    ChihayaProcess process(
        {.config = with_proxy(R"(, "request_timeout": "5m", "http": {"write_timeout": "5m"})")});
    DeafClient deaf(process);
    process.signal(SIGTERM);
    REQUIRE(falls_silent(process.http_port()));
    CHECK(process.running());
    process.signal(SIGINT);
    CHECK(process.wait() == 1);
}

TEST_CASE("a daemon finds relative files where it was started, writes its pid and serves") {
    const FreePort port;
    const TempDir dir;
    fs::create_directory_symlink(CHIHAYA_PLUGIN_DIR, dir / "plugins");
    std::ofstream(dir / "token") << "0123456789abcdef";
    std::ofstream(dir / "tracker.json")
        << R"({"addr": "127.0.0.1:)" << port.number()
        << R"(", "management": {"addr": "127.0.0.1:0", "token_file": "token"},)"
        << R"("plugin_dir": "plugins", "default_num_want": 0})";
    const fs::path pid_file = dir / "chihaya.pid";
    const Outcome started =
        run({"-c", "tracker.json", "--daemon", "--pidfile=" + pid_file.string()}, dir.path());
    CHECK(started.exit_code == 0);
    HttpReply reply;
    for (int i = 0; reply.status == 0 && i < 1000; ++i) {
        try {
            reply = http_get(port.number(), target({}));
        } catch (const std::exception&) {
            std::this_thread::sleep_for(std::chrono::milliseconds(10));  // not yet
        }
    }
    CHECK(success(reply).has("peers"));
    const pid_t pid = std::stoi(file_text(pid_file));
    REQUIRE(pid > 1);
    CHECK(fs::read_symlink("/proc/" + std::to_string(pid) + "/cwd") == "/");
    ::kill(pid, SIGTERM);
    CHECK(falls_silent(port.number()));
    for (int i = 0; fs::exists(pid_file) && i < 1000; ++i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    CHECK_FALSE(fs::exists(pid_file));
}

TEST_SUITE_END();

}  // namespace
}  // namespace chihaya::test
