// Clients by their peer ids, and what real ones have been recorded to send.

#include "tests/wire_http/tracker.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>

namespace chihaya::test {
namespace {

// The torrent of most recordings.
constexpr std::string_view recorded_hash =
    "*\xb2\x31\xee\x9c+\xef \x06\xff\x37\x07~\ng\x0f\xb9\xa6\x18G"sv;

/// Peer ids as they are seen in the wild.
constexpr std::array peer_ids{
    "-qB4650-AbCdEfGhIjKl"sv,
    "-LT2080-mJTYIs1h8xJu"sv,
    "-lt0D80-\x17\x8e\x30\xdd)=0l\xa5\n[\xb1"sv,
    "-TR4060-0123456789ah"sv,
    "-UT354S-\xd2\xad\x01\x80\x7f\x00\xff+%&= "sv,
    "-WW0208-abcdefghijkl"sv,
    "-BI3500-q1w2e3r4t5y6"sv,
    "A2-1-36-0-\x08\x9d&\x88\xc7\xf0\xcb\x9f\xb0p"sv,
    "M7-10-5--abcdefghijk"sv,
    "M4-3-6--xxxxxxxxxxxx"sv,
    "S58B-----abcdefghijk"sv,
    "T03I-----abcdefghijk"sv,
    "exbc\x00;LORD0123456789"sv,
    "exbc\x00&abcdefghijklmn"sv,
    "-FG0123456789abcdefg"sv,
    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"sv,
};

/// Replies to recorded requests on one connection, each a success.
class Replay {
public:
    explicit Replay(const Tracker& tracker) : client_(tracker.port()) {}

    bencode::Value operator()(std::string_view name) {
        client_.send(recorded(name));
        return success(client_.read_reply());
    }
    bool ends() { return client_.ends_within(std::chrono::seconds(5)); }
    bool stays() { return !client_.ends_within(std::chrono::milliseconds(50)); }

private:
    TcpClient client_;
};

TEST_SUITE_BEGIN("wire: clients");

TEST_CASE("#204 with a whitelist only clients on it are served") {
    const Tracker tracker(R"("whitelist": true, "client_whitelist": ["-qB"])");
    CHECK(tracker.send(first_request()).body == first_body());
    const Announce other{.peer_id = transmission, .port = 7000};
    CHECK(tracker.send(request(other)).body ==
          "d14:failure reason22:client is not approved8:intervali1800e12:min intervali1800ee");
    CHECK(tracker.scraped(hash_a) == Counts{0, 0, 1});
}

TEST_CASE("#204 a whitelist knows entries as Chihaya v1 wrote them") {
    const Tracker tracker(R"("whitelist": true, "client_whitelist": ["TR4060", "M4-3-6"])");
    CHECK(tracker.send(request({.peer_id = transmission})).body == first_body());
    CHECK(tracker.send(request({.peer_id = "M4-3-6--xxxxxxxxxxxx"})).body == first_body());
    for (const char* other : {"-TR4070-0123456789ah", "M4-3-7--xxxxxxxxxxxx"}) {
        CAPTURE(other);
        CHECK(refusal(tracker.send(request({.peer_id = other}))) == "client is not approved");
    }
}

TEST_CASE("#205 each known kind of peer id is served") {
    const Tracker tracker;
    for (const std::string_view id : peer_ids) {
        CAPTURE(hex(id));
        CHECK(tracker.send(request({.peer_id = id})).body == first_body());
    }
}

TEST_CASE("#206 control characters in a peer id reach no log") {
    const Tracker tracker(R"("log": {"level": "debug"}, "whitelist": true)");
    for (const std::string_view id : peer_ids) {
        static_cast<void>(tracker.send(request({.peer_id = id})));
    }
    static_cast<void>(tracker.send("GET /\x1b[31m HTTP/1.1\r\nUser-Agent: \x1b[31m\x07\r\n\r\n"));
    const std::string log = tracker.log();
    CHECK(std::ranges::all_of(
        log, [](char letter) { return letter == '\n' || (letter >= ' ' && letter < '\x7f'); }));
}

TEST_CASE("libtorrent is served as it was recorded") {
    const Tracker tracker;
    Replay started(tracker);
    CHECK(counts(started("libtorrent-2-0-8-1")) == Counts{0, 0, 1});
    CHECK(started.ends());
    Replay stopped(tracker);
    CHECK(counts(stopped("libtorrent-2-0-8-2")) == Counts{});
    CHECK(stopped.ends());
}

TEST_CASE("libtorrent with a hybrid torrent is in two swarms") {
    const Tracker tracker;
    CHECK(counts(Replay(tracker)("libtorrent-2-0-8-3")) == Counts{0, 0, 1});
    CHECK(counts(Replay(tracker)("libtorrent-2-0-8-4")) == Counts{0, 0, 1});
}

TEST_CASE("libtorrent as a partial seed stays") {
    const Tracker tracker;
    CHECK(counts(Replay(tracker)("libtorrent-2-0-8-5")) == Counts{0, 0, 1});
    constexpr std::string_view hash = "\x01*\xdf\xf1-\x1a\0NnZ=\xd5\xba\xcd\ns\xfc\x01*\xb0"sv;
    const auto file = tracker.scrape(hash).at("files").at(std::string(hash));
    CHECK(file.at("downloaders").integer() == 0);
}

TEST_CASE("libtorrent over IPv6 is served in spite of its Host") {
    const Tracker tracker;
    CHECK(counts(Replay(tracker)("libtorrent-2-0-8-over-ipv6-1")) == Counts{0, 0, 1});
}

TEST_CASE("Transmission stops first and scrapes on the same connection") {
    const Tracker tracker;
    Replay replay(tracker);
    CHECK(counts(replay("transmission-3-00-cli-1")) == Counts{});
    CHECK(replay("transmission-3-00-cli-2").at("files").dictionary().empty());
    CHECK(replay.stays());
}

TEST_CASE("rTorrent is served as it was recorded") {
    const Tracker tracker;
    CHECK(counts(Replay(tracker)("rtorrent-0-9-8-1")) == Counts{0, 0, 1});
    CHECK(counts(Replay(tracker)("rtorrent-0-9-8-2")) == Counts{});
}

TEST_CASE("aria2 starts and stops on one connection") {
    const Tracker tracker;
    Replay replay(tracker);
    CHECK(counts(replay("aria2-1-36-0-1")) == Counts{0, 0, 1});
    CHECK(replay.stays());
    CHECK(counts(replay("aria2-1-36-0-2")) == Counts{});
    CHECK(replay.stays());
}

TEST_CASE("CTorrent is served over HTTP 1.0") {
    const Tracker tracker;
    Replay replay(tracker);
    CHECK(counts(replay("enhanced-ctorrent-1")) == Counts{0, 0, 1});
    CHECK(replay.ends());
    CHECK(tracker.scraped(recorded_hash) == Counts{0, 0, 1});
}

// Its `completed` comes with 16384 bytes left: a number that stands for "unknown".
TEST_CASE("WebTorrent announces and scrapes and stops on one connection") {
    const Tracker tracker;
    Replay replay(tracker);
    CHECK(counts(replay("node-bittorrent-tracker-11-2-3-1")) == Counts{0, 0, 1});
    CHECK(counts(replay("node-bittorrent-tracker-11-2-3-2")) == Counts{0, 0, 1});
    CHECK(counts(replay("node-bittorrent-tracker-11-2-3-3")
                     .at("files")
                     .at(std::string(recorded_hash))) == Counts{0, 0, 1});
    CHECK(counts(replay("node-bittorrent-tracker-11-2-3-4")) == Counts{});
    CHECK(replay.stays());
}

TEST_CASE("recorded clients meet in one swarm") {
    const Tracker tracker;
    const std::array names{"libtorrent-2-0-8-1", "rtorrent-0-9-8-1", "aria2-1-36-0-1",
                           "enhanced-ctorrent-1", "node-bittorrent-tracker-11-2-3-1"};
    std::size_t known = 0;
    for (const char* name : names) {
        CAPTURE(name);
        CHECK(peers(Replay(tracker)(name)).size() == known);
        ++known;
    }
    CHECK(tracker.scraped(recorded_hash) == Counts{0, 0, 5});
}

TEST_SUITE_END();

}  // namespace
}  // namespace chihaya::test
