// The configuration changes while the real program serves.

#include "tests/support/udp_client.hpp"
#include "tests/wire_http/tracker.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace chihaya::test {
namespace {

constexpr const char* quiet = R"("interval_jitter": 0, "workers": 2)";

/// `quiet` and what else there is, as a file.
std::string file(const std::string& more = "") {
    return std::string("{") + quiet + (more.empty() ? "" : ", " + more) + "}";
}

HttpReply post_reload(std::uint16_t port, const std::string& headers = "") {
    TcpClient client(port);
    client.send("POST /reload HTTP/1.1\r\nHost: localhost\r\n" + headers +
                "Content-Length: 0\r\n\r\n");
    return client.read_reply();
}

/// A tracker, and the answers to what it is told.
struct Running {
    explicit Running(const std::string& more = "") : process({.config = file(more)}) {}
    ~Running() { CHECK(process.stop() == 0); }  // a sanitizer says there what it has seen
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

    /// The body of an answer that says yes.
    std::string reload(const std::string& more) {
        process.configure(file(more));
        const HttpReply reply = post_reload(process.management_port());
        CAPTURE(reply.body);
        CHECK(reply.status == 200);
        return reply.body;
    }
    [[nodiscard]] std::int64_t interval() const {
        return success(http_get(process.http_port(), target({}))).at("interval").integer();
    }
    [[nodiscard]] std::string stats() const {
        return http_get(process.management_port(), "/stats?flatten").body;
    }

    // What Poco is forgiven: tests/together/tsan.supp says why.
    int suppressed = ::setenv("TSAN_OPTIONS", "suppressions=" CHIHAYA_TSAN_SUPPRESSIONS, 1);
    ChihayaProcess process;
};

bool has(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

bool is_open(std::uint16_t port) {
    try {
        const TcpClient client(port);
        return true;
    } catch (const std::exception&) {
        return false;
    }
}

void wait_for(const std::function<bool()>& what) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    while (!what() && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    CHECK(what());
}

TEST_SUITE_BEGIN("reload");

TEST_CASE("intervals, amounts and limits change for clients that are connected") {
    Running running;
    TcpClient client(running.process.http_port());
    for (std::uint32_t port = 1; port <= 20; ++port) {
        client.send(request({.port = port}));
        CHECK(success(client.read_reply()).at("interval").integer() == 1800);
    }
    const std::string told = running.reload(
        R"("announce": "10m", "min_announce": "5m", "default_num_want": 3,
           "limits": {"max_num_want": 5})");
    CHECK(has(told, R"("changed":["announce","min_announce","default_num_want",)"));
    client.send(request({.port = 21}));
    const auto reply = success(client.read_reply());
    CHECK(reply.at("interval").integer() == 600);
    CHECK(reply.at("min interval").integer() == 300);
    CHECK(peers(reply).size() == 3);
    client.send(request({.port = 21, .more = "&numwant=50"}));
    CHECK(peers(success(client.read_reply())).size() == 5);
}

TEST_CASE("a bad file changes nothing and says why, in the reply and in the log") {
    Running running;
    running.process.configure(file(R"("announce": "ten minutes", "log": {"level": "loud"})"));
    const HttpReply reply = post_reload(running.process.management_port());
    CHECK(reply.status == 422);
    CHECK(has(reply.body, "announce: found"));
    CHECK(has(reply.body, "log.level: found"));
    CHECK(running.interval() == 1800);
    CHECK(has(running.process.log(), "nothing has changed: the configuration was refused"));
    std::ofstream(running.process.directory() / "chihaya.json", std::ios::trunc) << "{";
    CHECK(post_reload(running.process.management_port()).status == 422);
    CHECK(running.interval() == 1800);
}

TEST_CASE("an address that is taken changes nothing") {
    Running running;
    const ChihayaProcess other({.config = "{}"});
    const std::string taken = std::to_string(other.http_port());
    running.process.configure(file(R"("announce": "10m", "addr": "127.0.0.1:)" + taken + '"'));
    HttpReply reply = post_reload(running.process.management_port());
    CHECK(reply.status == 422);
    CHECK(has(reply.body, "cannot listen on 127.0.0.1:" + taken));
    running.process.configure(
        file(R"("announce": "10m", "management": {"addr": "127.0.0.1:)" + taken + "\"}"));
    reply = post_reload(running.process.management_port());
    CHECK(reply.status == 422);
    CHECK(running.interval() == 1800);
}

TEST_CASE("wrong parameters of a driver change nothing") {
    Running running;
    running.process.configure(file(R"("announce": "10m", "tracker": {"params": {"peer_ids": 7}})"));
    const HttpReply reply = post_reload(running.process.management_port());
    CHECK(reply.status == 422);
    CHECK(has(reply.body, "tracker.params"));
    CHECK(running.interval() == 1800);
}

TEST_CASE("keys that wait for a restart are named, and the rest is applied") {
    Running running;
    const std::string told =
        running.reload(R"("announce": "10m", "private": true, "state_dir": "/nowhere")");
    CHECK(has(told, R"("changed":["announce","min_announce"],"restart":["state_dir","private"])"));
    CHECK(running.interval() == 600);
    CHECK(has(running.process.log(), "a changed key waits for a restart key=private"));
    const std::string again =
        running.reload(R"("announce": "10m", "private": true, "state_dir": "/nowhere")");
    CHECK(has(again, R"("changed":[],"restart":["state_dir","private"])"));
}

TEST_CASE("what another backend driver is told waits with it, and the rest is applied") {
    Running running;
    const std::string told = running.reload(
        R"("announce": "10m", "backend": {"driver": "gazelle", "params": {"url": "mysql://x"}})");
    CHECK(has(told, R"("changed":["announce","min_announce"],)"
                    R"("restart":["backend.driver","backend.params"])"));
    CHECK(running.interval() == 600);
    CHECK(has(running.process.log(), "key=backend.params reason=\"it is for another driver\""));
}

// UBSan looks at an exception's type through a pipe; where no descriptor is left it takes every
// exception for a wrong one.
#ifndef __SANITIZE_ADDRESS__
TEST_CASE("workers that cannot begin are told of, and the others serve") {
    ChihayaOptions options{.config = file()};
    options.descriptors = 130;
    ChihayaProcess process(options);
    const auto reload = [&](int workers) {
        process.configure(R"({"interval_jitter": 0, "announce": "10m", "workers": )" +
                          std::to_string(workers) + "}");
        const HttpReply reply = post_reload(process.management_port());
        CAPTURE(reply.body);
        CHECK(reply.status == 200);
        return reply.body;
    };
    CHECK(has(reload(40), "workers: not all of 40 could begin"));
    CHECK(has(process.log(), "a worker cannot begin"));
    for (const int workers : {2, 3}) {
        CHECK_FALSE(has(reload(workers), "could begin"));
        CHECK(success(http_get(process.http_port(), target({}))).at("interval").integer() == 600);
        CHECK(UdpClient(process.udp_port()).connect().size() == 8);
    }
    CHECK(process.stop() == 0);
}
#endif

TEST_CASE("an address is served from the reload on, and another one no more") {
    Running running;
    const FreePort more;
    TcpClient stays(running.process.http_port());
    stays.send(request({.port = 1}));
    CHECK(stays.read_reply().status == 200);
    const std::string added = "127.0.0.1:" + std::to_string(more.number());
    running.reload(R"("addr": ["127.0.0.1:$HTTP_PORT", ")" + added + "\"]");
    CHECK(http_get(more.number(), target({.port = 2})).status == 200);
    CHECK(running.interval() == 1800);
    running.reload(R"("addr": ")" + added + '"');
    wait_for([&] { return !is_open(running.process.http_port()); });
    stays.send(request({.port = 1}));
    CHECK(stays.read_reply().status == 200);  // it was not asked to go
    CHECK(http_get(more.number(), target({.port = 2})).status == 200);
}

TEST_CASE("an address that was given up is served again at once") {
    Running running;
    const FreePort more;
    const std::string other = R"("addr": "127.0.0.1:)" + std::to_string(more.number()) + '"';
    for (int i = 0; i < 3; ++i) {
        running.reload(other);
        running.reload("");
        CHECK(running.interval() == 1800);
    }
}

TEST_CASE("an address becomes every address, and back") {
    Running running;
    running.reload(R"("addr": ":$HTTP_PORT")");
    CHECK(running.interval() == 1800);
    running.reload("");
    CHECK(running.interval() == 1800);
}

TEST_CASE("UDP addresses come and go") {
    Running running;
    const FreePort more;
    const std::string added = "127.0.0.1:" + std::to_string(more.number());
    running.reload(R"("udp": {"addr": ["127.0.0.1:$UDP_PORT", ")" + added + "\"]}");
    CHECK(UdpClient(more.number()).connect().size() == 8);
    CHECK(UdpClient(running.process.udp_port()).connect().size() == 8);
    running.reload(R"("udp": {"addr": ")" + added + "\"}");
    CHECK(UdpClient(more.number()).connect().size() == 8);
    running.reload("");
    CHECK(UdpClient(running.process.udp_port()).connect().size() == 8);
}

TEST_CASE("a connection id stays good when the key changes") {
    Running running;
    const UdpClient client(running.process.udp_port());
    const std::string id = client.connect();
    const std::string scrape = id + std::string("\0\0\0\x02\0\0\0\x07", 8) + std::string(20, 'h');
    CHECK(client.ask(scrape).at(3) == 2);
    running.reload(R"("udp": {"connection_id_key": "00112233445566778899aabbccddeeff"})");
    CHECK(client.ask(scrape).at(3) == 2);
    CHECK(client.connect() != id);
    running.process.configure(R"({"workers": 6})");  // those that begin now know it as well
    CHECK(post_reload(running.process.management_port()).status == 200);
    for (int i = 0; i < 40; ++i) {
        const UdpClient other(running.process.udp_port());
        CHECK(other.ask(scrape).at(3) == 2);
    }
}

TEST_CASE("keep-alive, trusted proxies and the header of proxies change at once") {
    Running running;
    TcpClient client(running.process.http_port());
    client.send(request({}));
    CHECK(client.read_reply().header("Connection").value_or("keep-alive") != "close");
    running.reload(R"("http": {"keep_alive": false}, "real_ip_header": "X-Forwarded-For")");
    client.send(request({.from = "192.0.2.7"}));
    const HttpReply reply = client.read_reply();
    CHECK(reply.header("Connection") == "close");
    CHECK(success(reply).at("external ip").text() == std::string("\xc0\0\x02\x07", 4));
}

TEST_CASE("the token changes for the next call") {
    Running running;
    CHECK(has(running.reload(R"("management": {"token": "first"})"), "management.token"));
    CHECK(post_reload(running.process.management_port()).status == 401);
    CHECK(
        post_reload(running.process.management_port(), "Authorization: Bearer first\r\n").status ==
        200);
    CHECK_FALSE(has(running.process.log(), "first"));
    CHECK(http_get(running.process.management_port(), "/reload").status == 405);
}

TEST_CASE("the management port moves, and answers the call that moved it") {
    Running running;
    const FreePort more;
    running.reload(R"("management": {"addr": "127.0.0.1:)" + std::to_string(more.number()) + "\"}");
    CHECK(http_get(more.number(), "/check").status == 200);
    CHECK_FALSE(is_open(running.process.management_port()));
    running.process.configure(file());
    CHECK(post_reload(more.number()).status == 200);
    CHECK(http_get(running.process.management_port(), "/check").status == 200);
}

TEST_CASE("the log's level and the clients' list follow the file") {
    Running running(R"("whitelist": true, "client_whitelist": ["-qB"])");
    CHECK(http_get(running.process.management_port(), "/clients/-qB").status == 200);
    running.reload(R"("whitelist": true, "client_whitelist": ["-TR"], "log": {"level": "error"})");
    CHECK(http_get(running.process.management_port(), "/clients/-qB").status == 404);
    CHECK(http_get(running.process.management_port(), "/clients/-TR").status == 200);
    CHECK(has(http_get(running.process.http_port(), target({})).body, "not approved"));
    const std::size_t before = running.process.log().size();
    running.reload("");
    CHECK(running.interval() == 1800);
    CHECK(http_get(running.process.management_port(), "/clients/-TR").status == 404);
    running.reload(R"("log": {"level": "error"})");
    CHECK(running.process.log().find("reload:", before) != std::string::npos);
}

TEST_CASE("workers come and go, and nobody who is connected is turned away") {
    Running running;
    std::vector<std::unique_ptr<TcpClient>> clients;
    const auto ask = [&] {
        for (const auto& client : clients) {
            client->send(request({}));
            CHECK(client->read_reply().status == 200);
        }
    };
    for (int i = 0; i < 40; ++i) {
        clients.push_back(std::make_unique<TcpClient>(running.process.http_port()));
    }
    ask();
    const auto set = [&](int workers) {
        running.process.configure(R"({"interval_jitter": 0, "workers": )" +
                                  std::to_string(workers) + "}");
        CHECK(post_reload(running.process.management_port()).status == 200);
        CHECK(has(running.stats(), "\"Workers\":" + std::to_string(workers)));
    };
    set(4);
    for (int i = 0; i < 40; ++i) {
        clients.push_back(std::make_unique<TcpClient>(running.process.http_port()));
    }
    ask();
    set(1);
    ask();
    clients.clear();
    for (int i = 0; i < 40; ++i) {
        CHECK(running.interval() == 1800);
        CHECK(UdpClient(running.process.udp_port()).connect().size() == 8);
    }
    set(3);
    for (int i = 0; i < 40; ++i) {
        CHECK(running.interval() == 1800);
        CHECK(UdpClient(running.process.udp_port()).connect().size() == 8);
    }
}

TEST_CASE("SIGHUP reloads") {
    Running running;
    running.process.configure(file(R"("announce": "10m")"));
    running.process.signal(SIGHUP);
    wait_for([&] { return running.interval() == 600; });
    wait_for([&] {
        return has(running.process.log(), "has been reloaded changed=\"announce, min_announce\"");
    });
}

TEST_CASE("a hundred reloads fail nobody who announces meanwhile") {
    constexpr int reloads = 100;
    Running running;
    const FreePort more;
    const std::string added = "127.0.0.1:" + std::to_string(more.number());
    std::atomic<bool> ends{false};
    std::atomic<int> failures{0};
    std::atomic<int> answers{0};
    std::vector<std::thread> clients;
    for (std::uint32_t number = 0; number < 4; ++number) {
        clients.emplace_back([&, number] {
            try {
                auto http = std::make_unique<TcpClient>(running.process.http_port());
                const UdpClient udp(running.process.udp_port());
                for (std::uint32_t i = 0; !ends; ++i) {
                    http->send(request({.port = 1 + number}));
                    const HttpReply reply = http->read_reply();
                    if (reply.header("Connection") == "close") {  // it has had its share
                        http = std::make_unique<TcpClient>(running.process.http_port());
                    }
                    failures += reply.status == 200 && has(reply.body, "8:interval") ? 0 : 1;
                    failures += udp.connect().size() == 8 ? 0 : 1;
                    if (i % 8 == 0) {
                        failures +=
                            http_get(running.process.http_port(), target({})).status == 200 ? 0 : 1;
                    }
                    ++answers;
                }
            } catch (const std::exception& problem) {
                ++failures;
                MESSAGE(std::string(problem.what()));
            }
        });
    }
    for (int i = 0; i < reloads; ++i) {
        const std::string odd = R"("announce": "10m", "limits": {"max_num_want": 9},
            "addr": ["127.0.0.1:$HTTP_PORT", ")" +
                                added + R"("], "udp": {"addr": ["127.0.0.1:$UDP_PORT", ")" + added +
                                R"("], "connection_id_key": "00112233445566778899aabbccddeeff"})";
        running.reload(i % 2 == 0 ? odd : "");
    }
    ends = true;
    for (std::thread& client : clients) {
        client.join();
    }
    CHECK(failures == 0);
    CHECK(answers > reloads / 10);
}

}  // namespace
}  // namespace chihaya::test
