// The operator's lists of torrents and addresses, from files.

#include "tests/support/temp_dir.hpp"
#include "tests/wire_http/tracker.hpp"

#include <doctest/doctest.h>
#include <signal.h>

#include <atomic>
#include <chrono>
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

TEST_CASE("lists are read again at SIGHUP while announces go on and a bad one changes nothing") {
    const ListFile list("torrents_deny_file", "");
    const Tracker tracker(list.member());
    std::atomic<bool> is_over = false;
    std::atomic<int> failed = 0;
    std::thread others([&] {
        TcpClient client(tracker.port());
        while (!is_over) {
            client.send(request({.info_hash = hash_b}));
            failed += client.read_reply().body.find("failure") == std::string::npos ? 0 : 1;
        }
    });
    const auto reload = [&](const std::string& text) {
        list.write(text);
        ::kill(tracker.pid(), SIGHUP);
    };
    const auto until = [](const auto& is_done) {
        const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (!is_done() && std::chrono::steady_clock::now() < patience) {
        }
        return is_done();
    };
    const auto is_denied = [&] {
        return tracker.send(request({.info_hash = hash_a})).body.find(torrent_denied) !=
               std::string::npos;
    };
    CHECK_FALSE(is_denied());
    reload(hex(hash_a));
    CHECK(until(is_denied));
    reload("zz");
    CHECK(until([&] {
        return tracker.log().find("found no entry in line 1 (2 bytes)") != std::string::npos;
    }));
    CHECK(is_denied());
    reload("");
    CHECK(until([&] { return !is_denied(); }));
    is_over = true;
    others.join();
    CHECK(failed == 0);
}

TEST_SUITE_END();

}  // namespace
}  // namespace chihaya::test
