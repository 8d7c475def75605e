// Hand-overs that go wrong or meet something else: who hangs, who is stopped, what was in the way.

#include "core/handover/channel.hpp"
#include "tests/handover/replacing.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/http_client.hpp"
#include "tests/support/temp_dir.hpp"
#include "tests/wire_http/tracker.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <exception>
#include <optional>
#include <string>

namespace chihaya::test {
namespace {

using handover::Kind;
using std::chrono::seconds;

const std::string key(32, 'k');

/// A tracker with this state folder.
ChihayaOptions with_state(const TempDir& state, const std::string& members = "") {
    ChihayaOptions options;
    options.config = R"({"workers": 2, "interval_jitter": 0, "state_dir": ")" +
                     state.path().string() + '"' + members + "}";
    return options;
}

/// A site of the gazelle driver whose database is away, after a private tracker that was stopped in
/// order: what accounts have moved is known.
ChihayaOptions gazelle(const TempDir& state) {
    {
        ChihayaProcess before(with_state(state, R"(, "private": true)"));
        put(before, "/users/" + key, R"({"id": 7})");
        put(before, "/torrents/" + hex(hash_a), R"({"id": 1})");
        http_get(before.http_port(), "/" + key + target({}));
        CHECK(before.stop() == 0);
    }
    return with_state(state,
                      R"(, "private": true, "backend": {"driver": "gazelle", "params": {)"
                      R"("url": "mysql://u:p@127.0.0.1:1/x", "site_url": "http://127.0.0.1",)"
                      R"("site_password": "qwErtyu10pasdfghjklzxcv8nm12345A",)"
                      R"("report_password": "ZwErtyu10pasdfghjklzxcv8nm12345B"}})");
}

std::string post_reload(const ChihayaProcess& process) {
    TcpClient client(process.management_port());
    client.send("POST /reload HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n");
    return client.read_reply().body;
}

bool is_refused(std::uint16_t port) {
    try {
        const TcpClient client(port);
        return false;
    } catch (const std::exception&) {
        return true;
    }
}

template <class Record>
std::string bytes_of(const Record& record) {
    return {reinterpret_cast<const char*>(&record), sizeof record};
}

InfoHash as_hash(const std::string& text) {
    InfoHash hash;
    std::ranges::copy(text, hash.bytes.begin());
    return hash;
}

/// Takes over from an elder in that folder.
ChihayaOptions successor(const TempDir& state) {
    ChihayaOptions options = with_state(state);
    options.arguments = {"--take-over"};
    options.wait_until_ready = false;
    return options;
}

TEST_SUITE_BEGIN("hand-over");

TEST_CASE("a successor that hangs keeps nobody waiting for longer than clients wait") {
    ChihayaProcess process(replaceable());
    Stranger stranger(process);
    CHECK(stranger.play_until(Kind::yours));
    TcpClient client(process.http_port(), "127.0.0.1", seconds(20));
    client.send(request({}));
    CHECK(client.read_reply().status == 200);
    wait_for_log(process, goes_on);
}

TEST_CASE("a tracker that is to stop does, whatever a successor is waited for") {
    for (const Kind step : {Kind::hello, Kind::key, Kind::yours}) {
        CAPTURE(static_cast<unsigned>(step));
        ChihayaProcess process(replaceable());
        Stranger stranger(process);
        if (step != Kind::hello) {
            CHECK(stranger.play_until(step));
        }
        process.signal(SIGTERM);
        if (step != Kind::hello) {
            CHECK(stranger.next() == Kind::refused);  // what it has given away it takes back first
        }
        CHECK(process.wait() == 0);
    }
}

TEST_CASE("while a stranger says nothing the configuration can be reloaded") {
    ChihayaProcess process(replaceable());
    const Stranger stranger(process);
    CHECK(post_reload(process).find("\"changed\"") != std::string::npos);
}

TEST_CASE("what a reload has left to end ends after a hand-over that failed") {
    ChihayaOptions four = replaceable();
    four.config = R"({"workers": 4, "state_dir": "$DIR/state"})";
    ChihayaProcess process(four);
    const std::uint16_t before = process.http_port();
    process.configure(R"({"workers": 1, "addr": "127.0.0.1:0", "state_dir": "$DIR/state"})");
    CHECK(post_reload(process).find("addr") != std::string::npos);
    {
        Stranger stranger(process);
        CHECK(stranger.channel().send(Kind::go, {}).has_value());
        wait_for_log(process, goes_on);
    }
    wait_until("nobody listens there any more", [&] { return is_refused(before); });
}

TEST_CASE("the site's rules are those of before") {
    const TempDir state;
    ChihayaProcess process(gazelle(state));
    const std::string unknown = "/" + std::string(32, 'u') + target({});
    const std::string before = http_get(process.http_port(), unknown).body;
    CHECK(before.find("temporarily unavailable") != std::string::npos);
    hand_over(process);
    CHECK(http_get(process.http_port(), unknown).body == before);
}

TEST_CASE("a tracker that goes on waits for its spool before anybody announces") {
    const TempDir state;
    ChihayaProcess process(gazelle(state));
    const auto spool = state / "spool" / "gazelle" / "lock";
    std::optional<Stranger> stranger;
    stranger.emplace(state.path());
    REQUIRE(stranger->play_until(Kind::freed));
    const int lock = ::open(spool.c_str(), O_RDWR | O_CLOEXEC);
    REQUIRE(::flock(lock, LOCK_EX | LOCK_NB) == 0);
    stranger.reset();
    wait_for_log(process, "cannot be made again yet");
    TcpClient client(process.http_port(), "127.0.0.1", seconds(20));
    client.send(get("/" + key + target({})));
    ::close(lock);
    CHECK(client.read_reply().body.find("8:complete") != std::string::npos);
    wait_for_log(process, goes_on);
    CHECK(post_reload(process).find("\"changed\"") != std::string::npos);
}

TEST_CASE("a tracker that is stopped just after it took over saves everything") {
    const TempDir state;
    const std::string name = numbered_hash(1);
    {
        ChihayaProcess process(with_state(state));
        http_get(process.http_port(), target({.info_hash = name, .left = 0}));
        hand_over(process);
        put(process, "/torrents/" + hex(numbered_hash(2)), R"({"id": 5})");
        process.signal(SIGTERM);
        process.wait();
    }
    const ChihayaProcess process(with_state(state));
    CHECK(http_get(process.http_port(), scrape_target(name)).body.find("8:completei1e") !=
          std::string::npos);
    CHECK(get_page(process, "/torrents/" + hex(numbered_hash(2))).find("\"id\":5") !=
          std::string::npos);
}

TEST_CASE("who is not told to go on, by a tracker that lives, does not") {
    const TempDir state;
    Elder elder(state.path());
    ChihayaProcess process(successor(state));
    elder.greet();
    elder.send(Kind::freed);
    elder.send(Kind::yours);
    CHECK(elder.next() == Kind::taken);
    elder.leave();
    CHECK(process.wait() == 78);
    CHECK(process.log().find("it has taken back its word") != std::string::npos);
}

TEST_CASE("a torrent that was erased and put again while swarms were carried is there") {
    const TempDir state;
    Elder elder(state.path());
    ChihayaProcess process(successor(state));
    elder.greet();
    const std::string name = numbered_hash(3);
    const TorrentRecord torrent{.id = TorrentId{3}, .info_hash = as_hash(name), .snatches = 5};
    elder.send(Kind::put_torrents, bytes_of(torrent));
    elder.send(Kind::erased, bytes_of(TorrentErasure{.info_hash = as_hash(name)}));
    elder.send(Kind::freed);
    elder.send(Kind::yours);
    CHECK(elder.next() == Kind::taken);
    elder.send(Kind::go);
    wait_until("its snatches are counted", [&] {
        try {
            return http_get(process.http_port(), scrape_target(name))
                       .body.find("10:downloadedi5e") != std::string::npos;
        } catch (const std::exception&) {
            return false;  // it does not serve yet
        }
    });
    CHECK(process.stop() == 0);
}

TEST_CASE("a state folder whose name is too long for the way in is told of") {
    const TempDir dir;
    const std::size_t room = 104 - dir.path().native().size();
    const auto listening = handover::listen_at(dir / std::string(room, 'x'));
    REQUIRE(listening.has_error());
    CHECK(listening.error().text.find("too long") != std::string::npos);
}

TEST_SUITE_END();

}  // namespace
}  // namespace chihaya::test
