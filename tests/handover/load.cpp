#include "tests/handover/load.hpp"

#include "tests/support/child_process.hpp"
#include "tests/support/hand_over.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/udp_client.hpp"
#include "tests/wire_http/announce.hpp"
#include "tests/wire_udp/packets.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <exception>
#include <memory>
#include <optional>
#include <utility>

namespace chihaya::test {
namespace {

using std::chrono::milliseconds;

// Longer than a hand-over may take, shorter than a test.
constexpr milliseconds patience{20'000};
constexpr std::size_t udp_client = 3;

// Between two requests: some hundred a second are enough to be there at every moment.
constexpr milliseconds pace{2};

}  // namespace

Load::Load(std::uint16_t http, std::uint16_t udp, std::string path, bool restarts)
    : http_(http), udp_(udp), path_(std::move(path)), restarts_(restarts), answers_(clients) {
    threads_.emplace_back([this] { keep_alive(0, false); });
    threads_.emplace_back([this] { keep_alive(1, !restarts_); });
    threads_.emplace_back([this] { singly(2); });
    threads_.emplace_back([this] { by_udp(udp_client); });
}

Load::~Load() {
    stop();
}

std::string Load::swarm(std::size_t client) {
    return numbered_hash(static_cast<std::uint32_t>(1000 + client));
}

std::string Load::http_request(std::size_t client) const {
    const std::string swarm_name = swarm(client);
    return get(path_ + target({.info_hash = swarm_name,
                               .port = static_cast<std::uint32_t>(2000 + client),
                               .left = client % 2}));
}

void Load::failed(std::size_t client, const std::string& how) {
    const std::lock_guard lock(mutex_);
    failures_.push_back("client " + std::to_string(client) + ": " + how);
}

/// Alone in its swarm it is the only one that is counted, whatever happens to the tracker.
void Load::check(std::size_t client, const std::string& body) {
    const std::string seeders = client % 2 == 0 ? "1" : "0";
    if (body.find("8:completei" + seeders + 'e') == std::string::npos ||
        body.find("5:peers0:") == std::string::npos) {
        failed(client, body);
    }
    ++answers_[client];
    std::this_thread::sleep_for(pace);
}

void Load::keep_alive(std::size_t client, bool pauses) {
    std::unique_ptr<TcpClient> connection;
    const std::string words = http_request(client);
    while (!ends_) {
        const bool may_have_ended = restarts_ && connection != nullptr;
        try {
            if (connection == nullptr) {
                connection = std::make_unique<TcpClient>(http_, "127.0.0.1", patience);
            }
            const std::size_t half = pauses ? words.size() / 2 : 0;
            if (pauses) {
                connection->send(words.substr(0, half));
                std::this_thread::sleep_for(milliseconds(2));  // as a slow client does
            }
            connection->send(words.substr(half));
            check(client, connection->read_reply().body);
        } catch (const std::exception& error) {
            if (!may_have_ended) {
                failed(client, error.what());
            }
            connection.reset();
        }
    }
}

void Load::singly(std::size_t client) {
    const std::string words = http_request(client);
    while (!ends_) {
        try {
            TcpClient connection(http_, "127.0.0.1", patience);
            connection.send(words);
            check(client, connection.read_reply().body);
        } catch (const std::exception& error) {
            failed(client, error.what());
        }
    }
}

void Load::by_udp(std::size_t client) {
    try {
        const UdpClient connection(udp_, "127.0.0.1", {}, patience);
        const std::string id = connection.connect();
        const std::string name = swarm(client);
        for (std::uint32_t transaction = 1; !ends_; ++transaction) {
            const std::string reply = connection.ask(
                announce_packet(id, {.info_hash = name, .left = 1, .transaction = transaction}));
            if (reply.substr(0, 8) != big_endian(1U) + big_endian(transaction)) {
                failed(client, hex(reply));
            }
            ++answers_[client];
            std::this_thread::sleep_for(pace);
        }
    } catch (const std::exception& error) {
        failed(client, error.what());
    }
}

void Load::wait_for_answers(std::uint64_t count) const {
    for (const auto& answers : answers_) {
        const std::uint64_t until = answers + count;
        wait_until("a client has been answered", [&] { return answers >= until; });
    }
}

std::uint64_t Load::answers() const {
    std::uint64_t all = 0;
    for (const auto& answers : answers_) {
        all += answers;
    }
    return all;
}

std::vector<std::string> Load::stop() {
    ends_ = true;
    for (std::thread& thread : std::exchange(threads_, {})) {
        thread.join();
    }
    return failures_;
}

void hand_over_under_load(ChihayaProcess& process, int times) {
    Load load(process.http_port(), process.udp_port());
    for (int i = 0; i < times; ++i) {
        load.wait_for_answers(20);
        hand_over(process);
    }
    load.wait_for_answers(20);
    CHECK(load.stop() == std::vector<std::string>{});
    for (std::size_t client = 0; client < Load::clients; ++client) {
        const std::string numbers =
            http_get(process.http_port(), scrape_target(Load::swarm(client))).body;
        CAPTURE(numbers);
        CHECK(count(numbers, client % 2 == 0 ? "8:completei1e" : "10:incompletei1e") == 1);
    }
    process.signal(SIGTERM);
    CHECK(process.wait() == 0);
}

}  // namespace chihaya::test
