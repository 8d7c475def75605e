// Several addresses, several workers, management beside them.

#include "tests/wire_http/tracker.hpp"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>

namespace chihaya::test {
namespace {

/// A management call and its reply.
HttpReply call(const Tracker& tracker, const std::string& method, const std::string& path,
               const std::string& body = "", const std::string& headers = "") {
    TcpClient client(tracker.management_port());
    client.send(method + ' ' + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers +
                "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
    return client.read_reply();
}

/// A number of /stats.
std::int64_t number(const Tracker& tracker, const std::string& name) {
    const std::string page = http_get(tracker.management_port(), "/stats?flatten").body;
    const auto object = Poco::JSON::Parser().parse(page).extract<Poco::JSON::Object::Ptr>();
    return object->getValue<std::int64_t>(name);
}

TEST_SUITE_BEGIN("serving");

TEST_CASE("every address is served and all lead to the same swarms") {
    if (lacks_ipv6()) {
        return;
    }
    const Tracker tracker(
        R"("addr": ["127.0.0.1:$HTTP_PORT", "127.0.0.2:$HTTP_PORT", "[::1]:$HTTP_PORT"])");
    std::uint32_t known = 0;
    for (const char* address : {"127.0.0.1", "127.0.0.2", "::1"}) {
        CAPTURE(address);
        TcpClient client(tracker.port(), address);
        ++known;
        client.send(request({.port = 1000 + known}));
        CHECK(counts(success(client.read_reply())) == Counts{0, 0, known});
        CHECK(tracker.scraped(hash_a) == Counts{0, 0, known});
    }
}

TEST_CASE("two workers share their swarms") {
    const ChihayaProcess process({.config = R"({"workers": 2})"});
    // The kernel spreads connections over the workers; each announce is on its own.
    for (std::uint32_t port = 1; port <= 64; ++port) {
        const HttpReply reply = http_get(process.http_port(), target({.port = port}));
        CHECK(counts(success(reply)) == Counts{0, 0, port});
    }
    const auto given =
        peers(success(http_get(process.http_port(), target({.port = 1, .more = "&numwant=100"}))));
    CHECK(given.size() == 63);
    const std::string page = http_get(process.management_port(), "/stats?flatten").body;
    CHECK(page.find("\"Workers\":2") != std::string::npos);
    CHECK(page.find("\"Tracker.Announces\":65") != std::string::npos);
}

TEST_CASE("check and stats tell what goes on") {
    const Tracker tracker;
    CHECK(http_get(tracker.management_port(), "/check").body == "STILL-ALIVE");
    tracker.announce({});
    tracker.announce({.port = 7000, .left = 0});
    tracker.announce({.left = 0, .event = "completed"});
    static_cast<void>(tracker.scraped(hash_a));
    static_cast<void>(tracker.send(get("/announce")));
    CHECK(number(tracker, "Tracker.Announces") == 3);
    CHECK(number(tracker, "Tracker.Scrapes") == 1);
    CHECK(number(tracker, "Requests.Handled") == 5);
    CHECK(number(tracker, "Requests.Bad") == 1);
    CHECK(number(tracker, "Torrents.Size") == 1);
    CHECK(number(tracker, "Peers.IPv4.Peers.Current") == 2);
    CHECK(number(tracker, "Peers.IPv4.Completed") == 1);
    CHECK(number(tracker, "Peers.IPv4.Seeds.Current") == 2);
    tracker.announce({.port = 7000, .event = "stopped"});
    CHECK(number(tracker, "Peers.IPv4.Seeds.Current") == 1);
    tracker.announce({.event = "stopped"});
    CHECK(number(tracker, "Torrents.Added") == 1);
    CHECK(number(tracker, "Torrents.Removed") == 1);
    CHECK(http_get(tracker.management_port(), "/announce").status == 404);
    CHECK(http_get(tracker.port(), "/stats").status == 404);
}

TEST_CASE("a torrent that is put is served and one that is deleted is not") {
    const Tracker tracker(R"("create_on_announce": false)");
    const std::string page = "/torrents/" + hex(hash_a);
    CHECK(refusal(tracker.send(first_request())) == "torrent does not exist");
    CHECK(call(tracker, "PUT", page, R"({"id": 7, "snatches": 5})").status == 200);
    CHECK(counts(tracker.announce({})) == Counts{0, 5, 1});
    CHECK(http_get(tracker.management_port(), page).status == 200);
    tracker.announce({.event = "stopped"});
    CHECK(http_get(tracker.management_port(), page).status == 200);  // registered: kept while empty
    CHECK(call(tracker, "DELETE", page + "?reason=dead%20link").status == 200);
    CHECK(refusal(tracker.send(first_request())) == "torrent does not exist: dead link");
    CHECK(http_get(tracker.management_port(), page).status == 404);
}

TEST_CASE("approving a client lets it announce and taking that back stops it") {
    const Tracker tracker(R"("whitelist": true)");
    CHECK(refusal(tracker.send(first_request())) == "client is not approved");
    CHECK(call(tracker, "PUT", "/clients/qB4650").status == 200);
    CHECK(call(tracker, "GET", "/clients/qB4650").status == 200);
    CHECK(tracker.send(first_request()).body == first_body());
    CHECK(refusal(tracker.send(request({.peer_id = transmission}))) == "client is not approved");
    CHECK(call(tracker, "DELETE", "/clients/qB4650").status == 200);
    CHECK(refusal(tracker.send(first_request())) == "client is not approved");
}

TEST_CASE("with a token only its holder changes things") {
    const Tracker tracker(R"("whitelist": true, "management": {"token": "0123456789abcdef0123"})");
    CHECK(call(tracker, "PUT", "/clients/qB4650").status == 401);
    CHECK(call(tracker, "PUT", "/clients/qB4650", "", "Authorization: Bearer wrong\r\n").status ==
          401);
    CHECK(refusal(tracker.send(first_request())) == "client is not approved");
    CHECK(call(tracker, "PUT", "/clients/qB4650", "",
               "Authorization: Bearer 0123456789abcdef0123\r\n")
              .status == 200);
    CHECK(tracker.send(first_request()).body == first_body());
    CHECK(http_get(tracker.management_port(), "/check").body == "STILL-ALIVE");
}

TEST_CASE("in private mode a registered user announces a registered torrent") {
    const Tracker tracker(R"("private": true)");
    const std::string torrent = "/torrents/" + hex(hash_a);
    CHECK(call(tracker, "PUT", torrent, R"({"id": 1})").status == 200);
    for (const char* passkey : {"aaaaaaaaaaaaaaaa", "bbbbbbbbbbbbbbbb"}) {
        const std::string user = std::string(R"({"id": )") + (passkey[0] == 'a' ? "1" : "2") +
                                 R"(, "passkey": ")" + passkey + R"("})";
        CHECK(call(tracker, "PUT", "/users/"s + passkey, user).status == 200);
    }
    const auto ask = [&](const std::string& path, const Announce& announce) {
        return tracker.send(get(path + target(announce)));
    };
    CHECK(counts(success(ask("/users/aaaaaaaaaaaaaaaa", {.left = 0}))) == Counts{1, 0, 0});
    const auto reply = success(ask("/bbbbbbbbbbbbbbbb", {.peer_id = transmission, .port = 7000}));
    CHECK(counts(reply) == Counts{1, 0, 1});
    CHECK(peers(reply) == std::set{compact("127.0.0.1", 6881)});
    CHECK(refusal(ask("/cccccccccccccccc", {})) == "user does not exist");
    CHECK(refusal(ask("/aaaaaaaaaaaaaaaa", {.info_hash = hash_b})) == "torrent does not exist");
    CHECK(tracker.log().find("aaaaaaaaaaaaaaaa") == std::string::npos);
    CHECK(call(tracker, "DELETE", "/users/bbbbbbbbbbbbbbbb").status == 200);
    CHECK(refusal(ask("/bbbbbbbbbbbbbbbb", {})) == "user does not exist");
}

TEST_SUITE_END();

}  // namespace
}  // namespace chihaya::test
