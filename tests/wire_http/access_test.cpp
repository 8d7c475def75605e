// The operator's lists of torrents and addresses, from files.

#include "tests/support/child_process.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/wire_http/tracker.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <exception>
#include <fstream>
#include <string>
#include <thread>

namespace chihaya::test {
namespace {

/// A list in a file, and the configuration that names it.
struct ListFile {
    ListFile(const char* key, const std::string& text) : name(key) { write(text); }

    void write(const std::string& text) const { std::ofstream(path()) << text; }
    [[nodiscard]] std::string path() const { return (folder / "list").string(); }
    [[nodiscard]] std::string member() const {
        return R"("access": {")" + name + R"(": ")" + path() + "\"}";
    }

    TempDir folder;
    std::string name;
};

constexpr const char* torrent_denied = "this torrent may not be shared through this tracker";
constexpr const char* address_denied = "this address may not use this tracker";
constexpr std::chrono::milliseconds pace{2};

TEST_SUITE_BEGIN("wire: access lists");

TEST_CASE("a torrent on the list of those denied is refused and another served") {
    const ListFile list("torrents_deny_file", "# not here\n" + hex(hash_a) + "  # somebody's\n");
    const Tracker tracker(list.member());
    const HttpReply reply = tracker.send(request({.info_hash = hash_a}));
    CHECK(refusal(reply) == torrent_denied);
    CHECK(bencode::parse(reply.body)->at("interval").integer() == 1800);
    tracker.announce({.info_hash = hash_b});
    CHECK(tracker.scraped(hash_a).incomplete == 0);
}

TEST_CASE("where there is a list of torrents allowed no other is served") {
    const ListFile list("torrents_allow_file", hex(hash_a) + "\r\n");
    const Tracker tracker(list.member());
    tracker.announce({.info_hash = hash_a});
    CHECK(refusal(tracker.send(request({.info_hash = hash_b}))) == torrent_denied);
}

TEST_CASE("a list of those allowed is about the clients of a trusted proxy and not about it") {
    const ListFile list("addresses_allow_file", "203.0.113.0/24\n");
    const Tracker tracker(list.member());  // its proxy is on 127.0.0.1
    tracker.announce({.from = "203.0.113.10"});
    CHECK(refusal(tracker.send(request({.from = "203.0.114.10"}))) == address_denied);
}

TEST_CASE("a denied address is refused whatever proxy it comes through") {
    const ListFile list("addresses_deny_file", "203.0.113.0/24\n2001:db8:bad::/48\n");
    const Tracker tracker(list.member());
    CHECK(refusal(tracker.send(request({.from = "203.0.113.10"}))) == address_denied);
    CHECK(refusal(tracker.send(request({.from = "2001:db8:bad::1"}))) == address_denied);
    tracker.announce({.from = "203.0.114.10"});
    tracker.announce({.from = "2001:db8:600d::1"});
}

/// A client that announces torrent B all the time, over one connection. It pauses: a connection is
/// closed after 10 000 requests.
class OtherClient {
public:
    explicit OtherClient(std::uint16_t port) : port_(port), thread_([this] { run(); }) {}
    ~OtherClient() { static_cast<void>(stop()); }
    OtherClient(const OtherClient&) = delete;
    OtherClient& operator=(const OtherClient&) = delete;

    /// Ends it. Returns: what went wrong, in words; empty: nothing
    std::string stop() {
        is_over_ = true;
        if (thread_.joinable()) {
            thread_.join();
        }
        return failure_;
    }

private:
    void run() noexcept {
        try {
            TcpClient client(port_);
            while (!is_over_) {
                client.send(request({.info_hash = hash_b}));
                const std::string body = client.read_reply().body;
                if (body.find("failure") != std::string::npos) {
                    failure_ = body;
                }
                std::this_thread::sleep_for(pace);
            }
        } catch (const std::exception& error) {
            failure_ = error.what();
        }
    }

    const std::uint16_t port_;
    std::atomic<bool> is_over_{false};
    std::string failure_;  // for others after the end
    std::thread thread_;
};

TEST_CASE("lists are read again at SIGHUP while announces go on and a bad one changes nothing") {
    const ListFile list("torrents_deny_file", "");
    const Tracker tracker(list.member());
    OtherClient other(tracker.port());
    TcpClient client(tracker.port());
    const auto reload = [&](const std::string& text) {
        list.write(text);
        ::kill(tracker.pid(), SIGHUP);
    };
    const auto is_denied = [&] {
        client.send(request({.info_hash = hash_a}));
        return client.read_reply().body.find(torrent_denied) != std::string::npos;
    };
    CHECK_FALSE(is_denied());
    reload(hex(hash_a));
    wait_until("the torrent is denied", is_denied);
    reload("zz");
    wait_until("the bad list is named", [&] {
        return tracker.log().find("found no entry in line 1 (2 bytes)") != std::string::npos;
    });
    CHECK(is_denied());
    reload("");
    wait_until("the torrent is served", [&] { return !is_denied(); });
    CHECK(other.stop() == "");
}

TEST_SUITE_END();

}  // namespace
}  // namespace chihaya::test
