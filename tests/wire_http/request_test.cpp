// Request lines, headers and methods.

#include "tests/wire_http/tracker.hpp"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <string>

namespace chihaya::test {
namespace {

/// The first request's target with other things around it.
std::string first_target() {
    const std::string whole = first_request();
    const auto start = whole.find(' ') + 1;
    return whole.substr(start, whole.find(' ', start) - start);
}

std::string with_headers(std::string_view headers) {
    return "GET " + first_target() + " HTTP/1.1\r\n" + std::string(headers) + "\r\n";
}

TEST_SUITE_BEGIN("wire: requests");

TEST_CASE("#26 an absolute target is served like its path") {
    const Tracker tracker;
    for (const char* origin :
         {"http://tracker.example:6969", "HTTP://[2001:db8::1]", "https://127.0.0.1"}) {
        CAPTURE(origin);
        CHECK(tracker.send(get(origin + first_target())).body == first_body());
    }
    CHECK(tracker.send(get("http://tracker.example?info_hash=x")).status == 404);
    CHECK(tracker.send(get("?info_hash=x")).status == 404);
}

TEST_CASE("#27 an HTTP 1.0 request without Host is answered and its connection closed") {
    const Tracker tracker;
    TcpClient client(tracker.port());
    client.send("GET " + first_target() +
                " HTTP/1.0\r\nUser-Agent: Enhanced-CTorrent/dnh3.3.2\r\n\r\n");
    const HttpReply reply = client.read_reply();
    CHECK(reply.head.starts_with("HTTP/1.0 200 OK\r\n"));
    CHECK(reply.header("Connection") == "close");
    CHECK(reply.body == first_body());
    CHECK(client.ends_within(std::chrono::seconds(5)));
}

TEST_CASE("#28 nobody needs a Host") {
    const Tracker tracker;
    for (const std::string& host :
         {""s, "Host:\r\n"s, "Host: ::1:6970\r\n"s, "Host: " + std::string(300, 'h') + "\r\n"}) {
        CAPTURE(host);
        CHECK(tracker.send(with_headers(host)).body == first_body());
    }
}

TEST_CASE("#29 header names of any case and values with any spaces are read") {
    const Tracker tracker;
    CHECK(tracker
              .send(with_headers("host: 127.0.0.1:6970\r\nuser-agent: \r\nACCEPT:*/*\r\n"
                                 "x-empty:\r\nx-padded: \t value \t \r\n"))
              .body == first_body());
    TcpClient client(tracker.port());
    client.send(with_headers("cOnNeCtIoN:\t close \t\r\n"));
    CHECK(client.read_reply().body == first_body());
    CHECK(client.ends_within(std::chrono::seconds(5)));
}

TEST_CASE("#30 lines may end in a bare line feed") {
    const Tracker tracker;
    std::string request = first_request();
    std::erase(request, '\r');
    CHECK(tracker.send(request).body == first_body());
}

TEST_CASE("#30 a request may come byte by byte") {
    const Tracker tracker;
    TcpClient client(tracker.port());
    const int at_once = 1;
    ::setsockopt(client.native_handle(), IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    for (const char byte : first_request()) {
        REQUIRE(client.send({&byte, 1}));
    }
    CHECK(client.read_reply().body == first_body());
}

TEST_CASE("#30 a request may be cut in two anywhere") {
    const Tracker tracker;
    TcpClient client(tracker.port());
    const int at_once = 1;
    ::setsockopt(client.native_handle(), IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
    const std::string request = first_request();
    for (std::size_t cut = 1; cut < request.size(); ++cut) {
        CAPTURE(cut);
        REQUIRE(client.send(std::string_view(request).substr(0, cut)));
        REQUIRE(client.send(std::string_view(request).substr(cut)));
        REQUIRE(client.read_reply().body == first_body());
    }
}

TEST_CASE("#32 other paths are not found and leave the connection usable") {
    const Tracker tracker;
    TcpClient client(tracker.port());
    for (const char* path : {"/", "/favicon.ico", "/announce/", "/a", "/stats", "/check"}) {
        CAPTURE(path);
        client.send(get(path));
        const HttpReply reply = client.read_reply();
        CHECK(reply.status == 404);
        CHECK(reply.body == "404 Not Found\n");
    }
    client.send(first_request());
    CHECK(client.read_reply().body == first_body());
}

TEST_CASE("#33 methods other than GET and HEAD are not allowed and change nothing") {
    const Tracker tracker;
    for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "FOO", "get"}) {
        CAPTURE(method);
        std::string request = first_request();
        request.replace(0, 3, method);
        const HttpReply reply = tracker.send(request);
        CHECK(reply.status == 405);
        CHECK(reply.header("Allow") == "GET, HEAD");
        CHECK(reply.header("Connection") == "close");
    }
    CHECK(tracker.scraped(hash_a) == Counts{});
}

TEST_CASE("#34 HEAD has a head for an answer and registers nobody") {
    const Tracker tracker;
    TcpClient client(tracker.port());
    std::string request = first_request();
    request.replace(0, 3, "HEAD");
    client.send(request);
    CHECK(client.read_reply(ReplyBody::none).status == 200);
    client.send("HEAD /nowhere HTTP/1.1\r\n\r\n");
    CHECK(client.read_reply(ReplyBody::none).status == 404);
    client.send(get(scrape_target(hash_a)));
    CHECK(success(client.read_reply()).at("files").dictionary().empty());
}

// There is no extension rule: the routes of public mode are /announce and /scrape.
TEST_CASE("#35 only announce and scrape are routes") {
    const Tracker tracker;
    for (const char* path :
         {"/scrape.php", "/x/scrape", "/announce.php", "/x/announce", "/announce/x", "/Announce",
          "/users/abc/announce", "/abc/announce", "/abc/scrape", "//announce"}) {
        CAPTURE(path);
        CHECK(tracker.send(get(path + target({}).substr(9))).status == 404);
    }
    CHECK(tracker.scraped(hash_a) == Counts{});
}

TEST_CASE("HTTP versions other than 1 are refused") {
    const Tracker tracker;
    CHECK(tracker.send("GET /announce HTTP/2.0\r\n\r\n").status == 505);
    CHECK(tracker.send("GET /announce HTTP/0.9\r\n\r\n").status == 505);
    CHECK(tracker.send("GET /announce\r\n\r\n").status == 400);
    CHECK(tracker.send("GET " + first_target() + " HTTP/1.7\r\n\r\n").body == first_body());
}

TEST_SUITE_END();

}  // namespace
}  // namespace chihaya::test
