#include "core/net/tcp_stream.hpp"

#include "core/base/clock.hpp"
#include "core/base/ip_address.hpp"
#include "core/net/tcp_listener.hpp"

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace chihaya::net {
namespace {

struct Loop {
    Clock clock;
    WorkerLoop loop{clock};
    StreamWatch watch{loop};

    ~Loop() {
        watch.close();
        run();
    }
    Loop() = default;
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;

    /// Turns until nothing happens.
    void run() {
        while (loop.turn(false)) {
        }
    }
};

/// A stream, and the client at its other end.
struct Line {
    explicit Line(Loop& loop)
        : stream(
              loop.watch, this, [](void* self) noexcept { ++static_cast<Line*>(self)->readable; },
              [](void* self) noexcept { ++static_cast<Line*>(self)->writable; }) {
        std::array<int, 2> ends{};
        REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) ==
                0);
        stream.open(ends[0]);
        client = ends[1];
    }
    ~Line() { hang_up(); }
    Line(const Line&) = delete;
    Line& operator=(const Line&) = delete;

    void say(std::string_view words) const {
        REQUIRE(::send(client, words.data(), words.size(), 0) ==
                static_cast<ssize_t>(words.size()));
    }
    void hang_up() {
        if (client >= 0) {
            ::close(client);
            client = -1;
        }
    }
    std::string read(std::size_t most = 100) {
        std::string text(most, '\0');
        std::size_t count = 0;
        const Transfer ended = stream.read(text, count);
        text.resize(count);
        return ended == Transfer::done ? text : "(blocked or broken)";
    }

    int client = -1;
    int readable = 0;
    int writable = 0;
    TcpStream stream;
};

}  // namespace

TEST_SUITE_BEGIN("tcp stream");

TEST_CASE("who waits is called once for each wait") {
    Loop loop;
    Line line(loop);
    for (int round = 1; round <= 3; ++round) {
        REQUIRE(line.stream.wait_readable());
        loop.run();
        CHECK(line.readable == round - 1);
        line.say("words");
        loop.run();
        CHECK(line.readable == round);
        CHECK(line.read() == "words");
    }
}

TEST_CASE("what has arrived before anybody waits is told") {
    Loop loop;
    Line line(loop);
    SUBCASE("before the first wait") {
        line.say("early");
    }
    SUBCASE("while nobody waits") {
        line.say("first");
        REQUIRE(line.stream.wait_readable());
        loop.run();
        CHECK(line.read() == "first");
        line.say("early");
        loop.run();
        CHECK(line.readable == 1);
        line.readable = 0;
    }
    REQUIRE(line.stream.wait_readable());
    loop.run();
    CHECK(line.readable == 1);
    CHECK(line.read() == "early");
}

TEST_CASE("what was left unread is told again") {
    Loop loop;
    Line line(loop);
    line.say("abcdef");
    for (const char* const part : {"ab", "cd", "ef"}) {
        line.readable = 0;
        REQUIRE(line.stream.wait_readable());
        loop.run();
        CHECK(line.readable == 1);
        CHECK(line.read(2) == part);
    }
    REQUIRE(line.stream.wait_readable());
    loop.run();
    CHECK(line.read() == "(blocked or broken)");
}

TEST_CASE("the end of the stream is told, also when it comes with the last words") {
    Loop loop;
    Line line(loop);
    REQUIRE(line.stream.wait_readable());
    line.say("last words");
    SUBCASE("at once") {
        line.hang_up();
        loop.run();
        CHECK(line.read() == "last words");
    }
    SUBCASE("before they are read") {
        loop.run();
        line.hang_up();
        CHECK(line.read() == "last words");
    }
    SUBCASE("later") {
        loop.run();
        CHECK(line.read() == "last words");
        loop.run();
        line.hang_up();
    }
    REQUIRE(line.stream.wait_readable());
    loop.run();
    CHECK(line.readable == 2);
    CHECK(line.read().empty());
}

TEST_CASE("a read ends the wait for one") {
    Loop loop;
    Line line(loop);
    REQUIRE(line.stream.wait_readable());
    CHECK(line.read() == "(blocked or broken)");
    line.say("words");
    loop.run();
    CHECK(line.readable == 0);
    REQUIRE(line.stream.wait_readable());
    loop.run();
    CHECK(line.readable == 1);
}

TEST_CASE("who waits to write is called when the client has taken something") {
    Loop loop;
    Line line(loop);
    const std::string words(100'000, 'w');
    std::size_t count = 0;
    std::size_t sent = 0;
    while (line.stream.write(words, count) == Transfer::done) {
        sent += count;
    }
    REQUIRE(line.stream.wait_readable());
    REQUIRE(line.stream.wait_writable());
    loop.run();
    CHECK(line.writable == 0);
    std::vector<char> taken(sent);
    while (::recv(line.client, taken.data(), taken.size(), 0) > 0) {
    }
    loop.run();
    CHECK(line.writable == 1);
    CHECK(line.readable == 0);
    line.say("thanks");
    loop.run();
    CHECK(line.writable == 1);
    CHECK(line.readable == 1);
}

TEST_CASE("the last words and the end arrive, in this order") {
    Loop loop;
    Line line(loop);
    std::size_t count = 0;
    CHECK(line.stream.write(std::string_view("bye"), count, true) == Transfer::done);
    CHECK(count == 3);
    SUBCASE("of the stream") {
        line.stream.close();
    }
    SUBCASE("of our side") {
        line.stream.finish_writing();
    }
    std::array<char, 8> words{};
    CHECK(::recv(line.client, words.data(), words.size(), 0) == 3);
    CHECK(::recv(line.client, words.data(), words.size(), 0) == 0);
}

TEST_CASE("the last words arrive though the client has sent what nobody reads") {
    Loop loop;
    Line line(loop);
    const auto listening = listen_tcp(IpAddress::parse("127.0.0.1"), false, 0, true);
    REQUIRE(listening.has_value());
    const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in name{};
    socklen_t size = sizeof name;
    ::getsockname(listening->socket, reinterpret_cast<sockaddr*>(&name), &size);
    REQUIRE(::connect(client, reinterpret_cast<const sockaddr*>(&name), size) == 0);
    REQUIRE(::send(client, "unread", 6, 0) == 6);
    pollfd waiting{listening->socket, POLLIN, 0};
    REQUIRE(::poll(&waiting, 1, 10'000) == 1);
    line.stream.close();
    line.stream.open(::accept4(listening->socket, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    std::size_t count = 0;
    CHECK(line.stream.write(std::string_view("bye"), count, true) == Transfer::done);
    line.stream.close();
    std::array<char, 8> words{};
    CHECK(::recv(client, words.data(), words.size(), 0) == 3);
    ::close(client);
    ::close(listening->socket);
}

TEST_CASE("who has closed is not called any more") {
    Loop loop;
    Line line(loop);
    REQUIRE(line.stream.wait_readable());
    REQUIRE(line.stream.wait_writable());
    line.say("words");
    line.stream.close();
    loop.run();
    CHECK(line.readable == 0);
    CHECK(line.writable == 0);
}

TEST_CASE("a stream that is opened again knows nothing of its former life") {
    Loop loop;
    Line line(loop);
    line.say("words");
    REQUIRE(line.stream.wait_readable());
    line.stream.close();
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0);
    line.stream.open(ends[0]);
    loop.run();
    CHECK(line.readable == 0);
    REQUIRE(line.stream.wait_readable());
    REQUIRE(::send(ends[1], "new", 3, 0) == 3);
    loop.run();
    CHECK(line.readable == 1);
    CHECK(line.read() == "new");
    ::close(ends[1]);
}

TEST_CASE("however many become readable at once, all are told") {
    Loop loop;
    std::vector<std::unique_ptr<Line>> lines;
    for (int i = 0; i < 300; ++i) {
        lines.push_back(std::make_unique<Line>(loop));
        REQUIRE(lines.back()->stream.wait_readable());
    }
    loop.run();
    for (const auto& line : lines) {
        line->say("words");
    }
    loop.run();
    for (const auto& line : lines) {
        CHECK(line->readable == 1);
    }
}

TEST_SUITE_END();

}  // namespace chihaya::net
