#include "core/base/limits.hpp"
#include "tests/unit/management/listener.hpp"

#include <Poco/Net/SocketAddress.h>
#include <Poco/Net/StreamSocket.h>
#include <doctest/doctest.h>

#include <algorithm>
#include <future>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using chihaya::StatusCode;
using chihaya::test::Listener;
using Poco::Net::SocketAddress;
using Poco::Net::StreamSocket;

TEST_SUITE_BEGIN("management routes");

namespace {

enum class Sender { stays, hangs_up };

/// Sends raw bytes and returns everything that comes back until the other end closes.
std::string raw(const Listener& listener, std::string_view bytes, Sender then = Sender::stays) {
    StreamSocket socket(SocketAddress("127.0.0.1", listener.port()));
    socket.sendBytes(bytes.data(), static_cast<int>(bytes.size()));
    if (then == Sender::hangs_up) {
        socket.shutdownSend();
    }
    std::string all;
    char piece[4096];
    for (int received = 1; received > 0;) {
        received = socket.receiveBytes(piece, sizeof piece);
        all.append(piece, static_cast<std::size_t>(std::max(0, received)));
    }
    return all;
}

const std::string hash_hex(40, 'a');

}  // namespace

TEST_CASE("an unknown path is a 404 in text") {
    Listener listener;
    listener.start();
    for (const char* path : {"//", "/nothing", "/check/more", "/torrents/a/b", "/announce",
                             "//check", "/stats/x", "/clients", "*", "/check?%zz"}) {
        CAPTURE(path);
        const auto answer = listener.get(path);
        CHECK(answer.status == 404);
        CHECK(answer.body == "Not Found\n");
    }
}

TEST_CASE("a HEAD is a GET without its body") {
    Listener listener;
    listener.start();
    const auto answer = listener.ask("HEAD", "/check");
    CHECK(answer.status == 200);
    CHECK(answer.body.empty());
    CHECK(answer.headers.at("Content-Length") == "11");
    CHECK(listener.ask("HEAD", "/torrents/" + hash_hex).status == 404);
}

TEST_CASE("other methods are refused, and the allowed ones named") {
    Listener listener;
    listener.start();
    for (const char* method : {"POST", "OPTIONS", "TRACE", "PATCH", "BREW"}) {
        CAPTURE(method);
        const auto page = listener.ask(method, "/check");
        CHECK(page.status == 405);
        CHECK(page.headers.at("Allow") == "GET, HEAD");
        const auto item = listener.ask(method, "/torrents/" + hash_hex);
        CHECK(item.status == 405);
        CHECK(item.headers.at("Allow") == "GET, HEAD, PUT, DELETE");
    }
    CHECK(listener.ask("PUT", "/stats").status == 405);
}

TEST_CASE("clients exist with the whitelist only, users in private mode only") {
    Listener listener;
    listener.settings.client_whitelist_enabled = false;
    listener.settings.private_mode = false;
    listener.start();
    CHECK(listener.ask("PUT", "/clients/-TR").status == 404);
    CHECK(listener.get("/clients/-TR").body == "Not Found\n");
    CHECK(listener.ask("PUT", "/users/key", R"({"id":1})").status == 404);
    CHECK(listener.tracker.written().empty());
}

TEST_CASE("with a token, changes and users need it") {
    Listener listener;
    listener.settings.token = "hunter2";
    listener.start();
    const std::string torrent = "/torrents/" + hash_hex;
    SUBCASE("without it nothing is done") {
        for (const char* target : {"/clients/-TR", "/users/key", torrent.c_str()}) {
            for (const char* method : {"PUT", "DELETE"}) {
                const auto answer = listener.ask(method, target, R"({"id":1})");
                CHECK(answer.status == 401);
                CHECK(answer.headers.at("WWW-Authenticate") == "Bearer");
            }
        }
        CHECK(listener.get("/users/key").status == 401);
        CHECK(listener.tracker.written().empty());
    }
    SUBCASE("a wrong one is refused, also where none is needed") {
        for (const char* wrong : {"Bearer hunter3", "Bearer hunter22", "Bearer ", "hunter2",
                                  "Basic hunter2", "Bearer"}) {
            CAPTURE(wrong);
            const Listener::Headers headers{{"Authorization", wrong}};
            CHECK(listener.ask("PUT", "/clients/-TR", "", headers).status == 401);
            CHECK(listener.ask("GET", torrent, "", headers).status == 401);
        }
    }
    SUBCASE("the right one opens") {
        for (const char* right : {"Bearer hunter2", "bearer hunter2"}) {
            const Listener::Headers headers{{"Authorization", right}};
            CHECK(listener.ask("PUT", "/clients/-TR", "", headers).status == 200);
            CHECK(listener.ask("GET", "/users/key", "", headers).status == 404);
        }
    }
    SUBCASE("health and statistics are open") {
        CHECK(listener.get("/check").status == 200);
        CHECK(listener.get("/stats").status == 200);
        CHECK(listener.get("/clients/-TR").status == 404);
    }
}

TEST_CASE("without a token, a listener that is not on loopback lets nobody change anything") {
    Listener listener;
    listener.settings.addr = {{"", 0}};
    listener.start();
    CHECK(listener.get("/check").status == 200);
    CHECK(listener.ask("PUT", "/clients/-TR").status == 401);
    CHECK(listener.get("/users/key").status == 401);
}

TEST_CASE("without a token, web pages change nothing") {
    Listener listener;
    listener.start();
    const auto put = [&](const Listener::Headers& headers) {
        return listener.ask("PUT", "/clients/-TR", "", headers).status;
    };
    const std::string own = "127.0.0.1:" + std::to_string(listener.port());
    CHECK(put({}) == 200);
    CHECK(put({{"Origin", "http://" + own}}) == 200);
    CHECK(put({{"Host", "localhost:1"}, {"Origin", "http://localhost:1"}}) == 200);
    CHECK(put({{"Host", "[::1]:6880"}}) == 200);
    CHECK(put({{"Origin", "http://evil.example"}}) == 403);
    CHECK(put({{"Origin", "null"}}) == 403);
    CHECK(put({{"Origin", "http://127.0.0.1:1"}}) == 403);
    // A name of the page's own that resolves to 127.0.0.1.
    CHECK(put({{"Host", "evil.example:6880"}, {"Origin", "http://evil.example:6880"}}) == 403);
    CHECK(put({{"Host", "evil.example:6880"}}) == 403);
    CHECK(listener.ask("GET", "/users/key", "", {{"Host", "evil.example"}}).status == 403);
}

TEST_CASE("with a token, a foreign origin that knows it may call") {
    Listener listener;
    listener.settings.token = "hunter2";
    listener.start();
    const Listener::Headers headers{{"Authorization", "Bearer hunter2"},
                                    {"Origin", "http://panel.example"}};
    CHECK(listener.ask("PUT", "/clients/-TR", "", headers).status == 200);
}

TEST_CASE("a body above the bound is refused with 413, declared or not") {
    Listener listener;
    listener.start();
    const std::string target = "/torrents/" + hash_hex;
    const std::size_t bound = chihaya::limits::management_body_max;
    const std::string fits = "{}" + std::string(bound - 2, ' ');
    CHECK(listener.ask("PUT", target, fits).status == 200);
    const auto answer = listener.ask("PUT", target, fits + ' ');
    CHECK(answer.status == 413);
    CHECK(answer.body == "body too large: accepted up to 65536 bytes\n");

    std::string chunked =
        "PUT " + target + " HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (std::size_t i = 0; i <= bound / 4096; ++i) {
        chunked += "1000\r\n" + std::string(4096, ' ') + "\r\n";
    }
    CHECK(raw(listener, chunked + "0\r\n\r\n").starts_with("HTTP/1.1 413 "));
}

TEST_CASE("a chunked body counts like any other") {
    Listener listener;
    listener.start();
    const std::string request = "PUT /torrents/" + hash_hex +
                                " HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
                                "8\r\n{\"id\": 9\r\n1\r\n}\r\n0\r\n\r\n";
    CHECK(raw(listener, request).starts_with("HTTP/1.1 200 "));
}

TEST_CASE("a put without length or body does not wait for one") {
    Listener listener;
    listener.start();
    const std::string head = " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
    CHECK(raw(listener, "PUT /clients/-TR" + head).starts_with("HTTP/1.1 200 "));
    CHECK(raw(listener, "PUT /torrents/" + hash_hex + head).starts_with("HTTP/1.1 400 "));
}

TEST_CASE("a body that ends early changes nothing") {
    Listener listener;
    listener.start();
    const std::string part = "PUT /torrents/" + hash_hex +
                             " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 10\r\n\r\n{}";
    CHECK(raw(listener, part, Sender::hangs_up).starts_with("HTTP/1.1 400 "));
    CHECK(listener.tracker.written().empty());
}

TEST_CASE("nonsense costs its sender the connection and nobody else anything") {
    Listener listener;
    listener.start();
    for (const std::string& bytes :
         {std::string("\r\n\r\n\r\n"), std::string("GET\r\n\r\n"), std::string(100'000, 'x'),
          "GET /" + std::string(100'000, 'x') + " HTTP/1.1\r\n\r\n",
          std::string("\0\1\2\3\xff\xfe\r\n\r\n", 10),
          "GET /check HTTP/1.1\r\nHost: x\r\n" + std::string(1000, '\n')}) {
        StreamSocket socket(SocketAddress("127.0.0.1", listener.port()));
        socket.sendBytes(bytes.data(), static_cast<int>(bytes.size()));
    }
    CHECK(listener.get("/check").body == "STILL-ALIVE");
}

TEST_CASE("clients that send nothing more keep nobody from the check") {
    Listener listener;
    listener.start();
    std::vector<StreamSocket> slow;
    for (int i = 0; i < 10; ++i) {
        slow.emplace_back(SocketAddress("127.0.0.1", listener.port()));
        slow.back().sendBytes("GET /check HT", 13);
    }
    CHECK(listener.get("/check").body == "STILL-ALIVE");
}

TEST_CASE("a stop does not wait for requests that never arrive") {
    Listener listener;
    listener.start();
    StreamSocket silent(SocketAddress("127.0.0.1", listener.port()));
    StreamSocket half(SocketAddress("127.0.0.1", listener.port()));
    half.sendBytes("GET /check HT", 13);
    CHECK(listener.get("/check").status == 200);
    const auto port = listener.port();
    listener.server->stop();
    listener.server->stop();
    CHECK(listener.server->ports().empty());
    CHECK_THROWS(StreamSocket(SocketAddress("127.0.0.1", port)));
}

TEST_CASE("a request that is being answered when the listener stops is answered") {
    Listener listener;
    std::promise<void> busy;
    listener.tracker.while_busy = [&] {
        busy.set_value();
    };
    listener.start();
    std::thread stopper([&, is_busy = busy.get_future()]() mutable {
        is_busy.wait();
        listener.server->stop();
    });
    CHECK(listener.ask("PUT", "/clients/-TR").status == 200);
    stopper.join();
}

TEST_CASE("an address that is taken is an error with four parts, and binds nothing") {
    Listener first;
    first.start();
    Listener second;
    second.settings.addr = {{"127.0.0.1", 0}, {"127.0.0.1", first.port()}};
    second.make();
    const auto started = second.server->start();
    REQUIRE(started.has_error());
    const std::string& text = started.error().text;
    CHECK(text.starts_with("management: cannot listen on 127.0.0.1:"));
    CHECK(text.find("already in use") != std::string::npos);
    CHECK(text.find("accepted is a free address of this machine") != std::string::npos);
    CHECK(text.find("change management.addr") != std::string::npos);
    CHECK(second.server->ports().empty());
}

TEST_CASE("a listener that could not start begins with the settings of a later reload") {
    Listener first;
    first.start();
    Listener second;
    second.settings.addr = {{"127.0.0.1", first.port()}};
    second.make();
    REQUIRE(second.server->start().has_error());
    CHECK(second.server->bind(second.settings.addr).has_error());
    second.server->forget_bound();
    second.settings.addr = {{"127.0.0.1", 0}};
    second.settings.token = "later";
    REQUIRE(second.server->bind(second.settings.addr).has_value());
    second.server->adopt(second.settings);
    CHECK(second.get("/check").status == 200);
    CHECK(second.ask("PUT", "/clients/-TR", "", {{"Authorization", "Bearer later"}}).status == 200);
}

TEST_CASE("a listener that was stopped starts again as it was last") {
    Listener listener;
    listener.start();
    listener.settings.token = "later";
    listener.settings.addr = {{"127.0.0.2", 0}};
    REQUIRE(listener.server->bind(listener.settings.addr).has_value());
    listener.server->adopt(listener.settings);
    listener.server->stop();
    listener.server->forget_bound();
    REQUIRE(listener.server->start().has_value());
    REQUIRE(listener.server->ports().size() == 1);
    Poco::Net::HTTPClientSession session("127.0.0.2", listener.port());
    Poco::Net::HTTPRequest request("PUT", "/clients/-TR", "HTTP/1.1");
    Poco::Net::HTTPResponse response;
    session.sendRequest(request);
    session.receiveResponse(response);
    CHECK(response.getStatus() == 401);
}

TEST_CASE("who comes between bind and start is answered") {
    Listener listener;
    listener.make();
    REQUIRE(listener.server->bind(listener.settings.addr).has_value());
    Poco::Net::HTTPClientSession early("127.0.0.1", listener.port());
    Poco::Net::HTTPRequest request("GET", "/check", "HTTP/1.1");
    Poco::Net::HTTPResponse response;
    early.sendRequest(request);
    REQUIRE(listener.server->start().has_value());
    early.receiveResponse(response);
    CHECK(response.getStatus() == 200);
}

TEST_CASE("several addresses serve side by side") {
    Listener listener;
    listener.settings.addr = {{"127.0.0.1", 0}, {"127.0.0.2", 0}};
    listener.start();
    REQUIRE(listener.server->ports().size() == 2);
    for (int i = 0; i < 2; ++i) {
        const auto port = listener.server->ports()[static_cast<std::size_t>(i)];
        Poco::Net::HTTPClientSession session("127.0.0." + std::to_string(i + 1), port);
        Poco::Net::HTTPRequest request("GET", "/check", "HTTP/1.1");
        Poco::Net::HTTPResponse response;
        session.sendRequest(request);
        session.receiveResponse(response);
        CHECK(response.getStatus() == 200);
    }
}

TEST_CASE("no address is no listener") {
    Listener listener;
    listener.settings.addr.clear();
    listener.start();
    CHECK(listener.server->ports().empty());
}

TEST_SUITE_END();
