// Everything at once: two workers, both protocols, expiry, and management calls between them.

#include "tests/support/chihaya_process.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/udp_client.hpp"
#include "tests/wire_http/announce.hpp"
#include "tests/wire_http/tracker.hpp"
#include "tests/wire_udp/packets.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <exception>
#include <functional>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace chihaya::test {
namespace {

constexpr std::uint32_t swarms = 40;
constexpr std::uint32_t clients = 200;

/// Peers expire after a second, so that workers sweep all the time.
constexpr const char* restless = R"({
    "workers": 2, "announce": "1s", "min_announce": "1s", "peer_lifetime": "1s",
    "whitelist": true, "client_whitelist": ["-qB"], "http": {"full_scrape": true}})";

std::uint32_t below(std::uint32_t bound, std::mt19937& dice) {
    return static_cast<std::uint32_t>(dice() % bound);
}

std::string swarm(std::uint32_t number) {
    return "swarm-number-" + std::to_string(1'000'000 + number);
}

std::string management_call(const std::string& method, const std::string& path,
                            const std::string& body = "") {
    return method + ' ' + path +
           " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
           body;
}

/// Clients of one kind, each a thread, until they are told to end. What fails is kept.
class Crowd {
public:
    using Work = std::function<void(std::mt19937& dice)>;

    void add(Work work) {
        threads_.emplace_back([this, work = std::move(work), seed = threads_.size()] {
            std::mt19937 dice(static_cast<std::uint32_t>(seed));
            while (!ending_) {
                try {
                    work(dice);
                    ++done_;
                } catch (const std::exception&) {
                    failed_ += ending_ ? 0 : 1;
                }
            }
        });
    }
    /// From now on the tracker may be gone.
    void may_end() noexcept { ending_ = true; }
    void join() {
        for (std::thread& thread : threads_) {
            thread.join();
        }
    }
    [[nodiscard]] int done() const noexcept { return done_; }
    [[nodiscard]] int failed() const noexcept { return failed_; }

private:
    std::atomic<bool> ending_ = false;
    std::atomic<int> done_ = 0;
    std::atomic<int> failed_ = 0;
    std::vector<std::thread> threads_;
};

/// A new socket each time, so that both workers meet it; a few announces and a scrape.
void announce_over_udp(const ChihayaProcess& tracker, std::mt19937& dice) {
    const UdpClient client(tracker.udp_port());
    const std::string id = client.connect();
    for (int i = 0; i < 8; ++i) {
        const std::string info_hash = swarm(below(swarms, dice));
        const auto event = below(5, dice);
        const std::string reply = client.ask(
            announce_packet(id, {.info_hash = info_hash,
                                 .left = below(2, dice),
                                 .event = event,
                                 .port = static_cast<std::uint16_t>(2000 + below(clients, dice))}));
        static_cast<void>(announce_answer(reply));
    }
    client.ask(scrape_packet(id, {swarm(0), swarm(below(swarms, dice))}));
}

void announce_over_http(const ChihayaProcess& tracker, std::mt19937& dice) {
    TcpClient client(tracker.http_port());
    for (int i = 0; i < 8; ++i) {
        const std::string info_hash = swarm(below(swarms, dice));
        client.send(request(
            {.info_hash = info_hash, .port = 2000 + below(clients, dice), .left = below(2, dice)}));
        static_cast<void>(success(client.read_reply()));
    }
    client.send(get(scrape_target(swarm(0))));
    static_cast<void>(client.read_reply());
    client.send(get("/scrape"));  // of everything
    static_cast<void>(client.read_reply());
}

/// What an operator and a site may ask while all that goes on.
void manage(const ChihayaProcess& tracker, std::mt19937& dice) {
    const std::string page = "/torrents/" + hex(swarm(below(swarms, dice)));
    const std::vector<std::string> calls{
        management_call("GET", "/stats"),
        management_call("PUT", page, R"({"id": 7, "snatches": 5})"),
        management_call("GET", page),
        management_call("DELETE", page),
        management_call("PUT", "/clients/-TR300"),
        management_call("DELETE", "/clients/-TR300"),
        management_call("GET", "/check"),
    };
    TcpClient client(tracker.management_port());
    client.send(calls[dice() % calls.size()]);
    static_cast<void>(client.read_reply());
}

TEST_SUITE_BEGIN("together");

TEST_CASE("two workers serve both protocols while peers expire and an operator changes things") {
    ::setenv("TSAN_OPTIONS", "suppressions=" CHIHAYA_TSAN_SUPPRESSIONS, 1);
    constexpr int enough = 3000;
    ChihayaProcess tracker({.config = restless});
    Crowd crowd;
    for (int i = 0; i < 2; ++i) {
        crowd.add([&](std::mt19937& dice) { announce_over_udp(tracker, dice); });
        crowd.add([&](std::mt19937& dice) { announce_over_http(tracker, dice); });
    }
    crowd.add([&](std::mt19937& dice) { manage(tracker, dice); });
    while (crowd.done() < enough && crowd.failed() == 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    crowd.may_end();
    CHECK(tracker.stop() == 0);  // the sanitizers end with another code
    crowd.join();
    CHECK(crowd.failed() == 0);
    CAPTURE(tracker.log());
    CHECK(tracker.log().find("Sanitizer") == std::string::npos);
}

TEST_SUITE_END();

}  // namespace
}  // namespace chihaya::test
