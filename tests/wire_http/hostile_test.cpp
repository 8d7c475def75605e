// Clients that are slow, many, deaf, mute or mad; after each, everybody else is served as ever.

#include "tests/wire_http/tracker.hpp"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace chihaya::test {
namespace {

constexpr auto soon = std::chrono::seconds(5);

/// Status of the reply to `bytes`; 0 when the connection ended without one.
int status_of(const Tracker& tracker, std::string_view bytes) {
    TcpClient client(tracker.port());
    client.send(bytes);
    client.finish_sending();
    const std::string all = client.read_to_end();
    return all.starts_with("HTTP/1.") ? std::stoi(all.substr(9, 3)) : 0;
}

/// How many descriptors this process may have; raised as far as it goes.
std::size_t descriptors() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    ::getrlimit(RLIMIT_NOFILE, &limit);
    return limit.rlim_cur;
}

std::string headers(std::size_t lines, const std::string& line) {
    std::string all;
    for (std::size_t i = 0; i < lines; ++i) {
        all += line;
    }
    return all;
}

TEST_SUITE_BEGIN("wire: hostile clients");

TEST_CASE("#72 a request line beyond 8 KiB is answered 414 and its connection closed") {
    const Tracker tracker;
    constexpr std::size_t around = "GET  HTTP/1.1"sv.size();
    std::string longest = target({});
    longest += "&x=" + std::string(8192 - around - longest.size() - 3, 'y');
    CHECK(tracker.send(get(longest)).status == 200);
    TcpClient client(tracker.port());
    client.send(get(longest + 'y'));
    const HttpReply reply = client.read_reply();
    CHECK(reply.status == 414);
    CHECK(reply.header("Connection") == "close");
    client.finish_sending();
    CHECK(client.ends_within(soon));
    tracker.announce({.event = "stopped"});
    CHECK(tracker.serves_as_ever());
}

TEST_CASE("#72 an endless request line is cut off") {
    const Tracker tracker;
    TcpClient client(tracker.port());
    client.send("GET /announce?");
    const std::string more(1024, 'x');
    for (int sent = 0; sent < 4096 && client.send(more); ++sent) {  // up to 4 MiB
    }
    CHECK(client.ends_within(soon));
    CHECK(tracker.serves_as_ever());
}

TEST_CASE("#73 too many or too long headers are answered 431 and the connection closed") {
    const Tracker tracker;
    const std::string start = "GET " + target({}) + " HTTP/1.1\r\n";
    CHECK(tracker.send(start + headers(100, "A: b\r\n") + "\r\n").status == 200);
    CHECK(status_of(tracker, start + headers(101, "A: b\r\n") + "\r\n") == 431);
    CHECK(status_of(tracker,
                    start + headers(20, "A: " + std::string(1000, 'b') + "\r\n") + "\r\n") == 431);
    CHECK(status_of(tracker, start + "A: " + std::string(100'000, 'b')) == 431);
    tracker.announce({.event = "stopped"});
    CHECK(tracker.serves_as_ever());
}

TEST_CASE("#74 when it is full a client gets a whole reply or none") {
    const Tracker tracker(R"("http": {"max_connections": 4})");
    std::vector<std::unique_ptr<TcpClient>> clients;
    for (int i = 0; i < 100; ++i) {
        clients.push_back(std::make_unique<TcpClient>(tracker.port()));
        clients.back()->send(get(target({}), "Connection: close\r\n"));
    }
    std::size_t served = 0;
    for (const auto& client : clients) {
        const std::string all = client->read_to_end();
        CHECK((all.empty() || all.ends_with(first_body())));
        served += all.empty() ? 0U : 1U;
    }
    CHECK(served > 0);
    tracker.announce({.event = "stopped"});
    CHECK(tracker.serves_as_ever());
}

TEST_CASE("#92 a client that sends byte by byte is cut off at the header timeout") {
    const Tracker tracker(R"("http": {"head_timeout": "1s"})");
    TcpClient slow(tracker.port());
    const auto began = std::chrono::steady_clock::now();
    const std::string request = first_request();
    bool is_open = true;
    for (std::size_t i = 0; is_open && i < 100; ++i) {
        slow.send(std::string_view(request).substr(i, 1));
        CHECK(tracker.send(get(scrape_target(hash_a))).status == 200);
        is_open = !slow.ends_within(std::chrono::milliseconds(100));
    }
    CHECK_FALSE(is_open);
    CHECK(std::chrono::steady_clock::now() - began >= std::chrono::milliseconds(900));
    CHECK(tracker.scraped(hash_a) == Counts{});
    CHECK(tracker.serves_as_ever());
}

TEST_CASE("#92 a client that starts a second request slowly is cut off as well") {
    const Tracker tracker(R"("http": {"head_timeout": "1s"})");
    TcpClient slow(tracker.port());
    slow.send(first_request() + "GET /ann");
    CHECK(slow.read_reply().body == first_body());
    CHECK(slow.ends_within(soon));
}

TEST_CASE("#93 two thousand idle connections hinder nobody") {
    const Tracker tracker;
    const std::size_t count = std::min<std::size_t>(2000, descriptors() / 2);
    std::vector<std::unique_ptr<TcpClient>> idle;
    for (std::size_t i = 0; i < count; ++i) {
        idle.push_back(std::make_unique<TcpClient>(tracker.port()));
        // What sends nothing at all may be held back by the kernel; these are really there.
        idle.back()->send(get("/nowhere"));
    }
    CHECK(tracker.serves_as_ever());
    for (const auto& client : idle) {
        REQUIRE(client->read_reply().status == 404);
    }
    CHECK(tracker.serves_as_ever());
    idle.front()->send(first_request());
    CHECK(idle.front()->read_reply().body == first_body());
}

TEST_CASE("#93 when it is full the connection that has been idle longest goes first") {
    const Tracker tracker(R"("http": {"max_connections": 8})");
    std::vector<std::unique_ptr<TcpClient>> idle;
    for (int i = 0; i < 9; ++i) {
        idle.push_back(std::make_unique<TcpClient>(tracker.port()));
        idle.back()->send(get("/nowhere"));
        REQUIRE(idle.back()->read_reply().status == 404);
    }
    CHECK(idle.front()->ends_within(soon));
    for (std::size_t i = 1; i < idle.size(); ++i) {
        idle[i]->send(get("/nowhere"));
        CHECK(idle[i]->read_reply().status == 404);
    }
}

TEST_CASE("a connection is idle from its last request on, whatever that was") {
    const Tracker tracker(R"("http": {"idle_timeout": "2s"})");
    TcpClient busy(tracker.port());
    for (int i = 0; i < 8; ++i) {
        REQUIRE(busy.send(get("/nowhere")));
        REQUIRE(busy.read_reply().status == 404);
        CHECK_FALSE(busy.ends_within(std::chrono::milliseconds(400)));
    }
}

TEST_CASE("#94 a client that never reads is cut off") {
    const Tracker tracker(R"("http": {"write_timeout": "1s"})");
    tracker.announce_many({.info_hash = hash_b}, 250);
    TcpClient deaf(tracker.port());
    const int window = 4096;
    ::setsockopt(deaf.native_handle(), SOL_SOCKET, SO_RCVBUF, &window, sizeof window);
    const std::string request =
        get(target({.info_hash = hash_b, .more = "&numwant=200&compact=0"}));
    // Requests until nothing goes out any more; then the connection must end by itself.
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    bool has_ended = false;
    while (!has_ended && std::chrono::steady_clock::now() < deadline) {
        const ssize_t sent = ::send(deaf.native_handle(), request.data(), request.size(),
                                    MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0) {
            pollfd watched{deaf.native_handle(), 0, 0};
            has_ended = ::poll(&watched, 1, 100) == 1;
        }
    }
    CHECK(has_ended);
    CHECK(tracker.serves_as_ever());
}

TEST_CASE("#95 a body on GET is skipped") {
    const Tracker tracker;
    TcpClient client(tracker.port());
    const std::string with_body = get(target({}), "Content-Length: 10\r\n");
    client.send(with_body + "GET /steal" + with_body + "0123456789");
    CHECK(client.read_reply().body == first_body());
    CHECK(client.read_reply().body == first_body());
    client.send(get("/nowhere", "Content-Length: 60000\r\n") + std::string(60'000, 'x'));
    CHECK(client.read_reply().status == 404);
    client.send(first_request());
    CHECK(client.read_reply().body == first_body());
}

TEST_CASE("#95 a body whose end is in doubt is refused and nothing behind it is read") {
    const Tracker tracker;
    struct Doubtful {
        const char* header;
        int status;
    };
    for (const Doubtful& doubtful :
         {Doubtful{"Content-Length: -1\r\n", 400}, Doubtful{"Content-Length: +5\r\n", 400},
          Doubtful{"Content-Length: 5, 5\r\n", 400}, Doubtful{"Content-Length: 0x5\r\n", 400},
          Doubtful{"Content-Length:\r\n", 400},
          Doubtful{"Content-Length: 5\r\nContent-Length: 6\r\n", 400},
          Doubtful{"Content-Length: 5\r\nContent-Length: 5\r\n", 400},
          Doubtful{"Content-Length: 99999999999999999999999999\r\n", 413},
          Doubtful{"Content-Length: 65537\r\n", 413},
          Doubtful{"Transfer-Encoding: chunked\r\n", 400},
          Doubtful{"transfer-encoding: identity\r\nContent-Length: 5\r\n", 400}}) {
        CAPTURE(doubtful.header);
        TcpClient client(tracker.port());
        client.send(get("/nowhere", doubtful.header) + first_request());
        client.finish_sending();
        const HttpReply reply = client.read_reply();
        CHECK(reply.status == doubtful.status);
        CHECK(reply.header("Connection") == "close");
        CHECK(client.read_to_end().empty());
    }
    CHECK(tracker.scraped(hash_a) == Counts{});
    CHECK(tracker.serves_as_ever());
}

TEST_CASE("#96 what is no HTTP ends its connection and fills no log") {
    const Tracker tracker;
    const std::size_t log_before = tracker.log().size();
    const std::string client_hello("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"sv);
    std::string every_byte;
    for (int i = 0; i < 256; ++i) {
        every_byte += static_cast<char>(i);
    }
    for (int round = 0; round < 20; ++round) {
        for (const std::string& garbage :
             {client_hello + std::string(500, '\x5c'), "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"s,
              "\x13"
              "BitTorrent protocol"s +
                  std::string(48, '\0'),
              every_byte, std::string(1000, '\0'), "\r\n\r\n\r\n\r\n"s, "GET\r\n\r\n"s,
              " \r\n\r\n"s, "GET /announce HTTP/1.1 HTTP/1.1\r\nno colon\r\n\r\n"s, "\xff\xfe\xfd"s,
              "d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe"s}) {
            const int status = status_of(tracker, garbage);
            CHECK((status == 0 || status == 400 || status == 505));
        }
    }
    CHECK(tracker.log().size() < log_before + 2000);
    CHECK(tracker.serves_as_ever());
}

TEST_CASE("#97 broken header lines are refused") {
    const Tracker tracker;
    const std::string start = "GET " + target({}) + " HTTP/1.1\r\n";
    for (const std::string& line :
         {"A\0B: c\r\n"s, "A: b\0c\r\n"s, "no colon\r\n"s, ": no name\r\n"s, "A : space\r\n"s,
          "A: b\r\n folded\r\n"s, "A: b\r\n\tfolded\r\n"s, " A: b\r\n"s, "A: b\rc\r\n"s,
          "A(b): c\r\n"s, "\x80: b\r\n"s}) {
        CAPTURE(line);
        CHECK(status_of(tracker, start + line + "\r\n") == 400);
    }
    CHECK(tracker.scraped(hash_a) == Counts{});
    CHECK(tracker.send(start + "A: " + std::string(8192, 'b') + "\r\n\r\n").body == first_body());
}

TEST_CASE("every beginning of a request followed by silence or an end harms nobody") {
    const Tracker tracker;
    const std::string whole = first_request();
    std::vector<std::unique_ptr<TcpClient>> silent;
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CHECK(status_of(tracker, whole.substr(0, size)) == 0);
        silent.push_back(std::make_unique<TcpClient>(tracker.port()));
        silent.back()->send(whole.substr(0, size));
    }
    CHECK(tracker.scraped(hash_a) == Counts{});
    CHECK(tracker.serves_as_ever());
    silent.back()->send(whole.substr(whole.size() - 1));
    CHECK(silent.back()->read_reply().body == first_body());
}

TEST_SUITE_END();

}  // namespace
}  // namespace chihaya::test
