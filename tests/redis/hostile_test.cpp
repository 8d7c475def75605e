#include "tests/redis/worker.hpp"
#include "tests/support/redis_server.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>

TEST_SUITE_BEGIN("a store on a server that means harm");

namespace chihaya::redis::test {
namespace {

/// Listens, and says what the test wants to whoever connects.
class Liar {
public:
    Liar() {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof(at);
        auto* const address = reinterpret_cast<sockaddr*>(&at);
        if (::bind(listener_, address, size) != 0 || ::listen(listener_, 8) != 0 ||
            ::getsockname(listener_, address, &size) != 0) {
            throw std::runtime_error("no listener");
        }
        port_ = ntohs(at.sin_port);
    }
    ~Liar() {
        hang_up();
        ::close(listener_);
    }
    Liar(const Liar&) = delete;
    Liar& operator=(const Liar&) = delete;

    [[nodiscard]] std::string url(const std::string& rest = {}) const {
        return R"({"url": "redis://127.0.0.1:)" + std::to_string(port_) + "\"" + rest + "}";
    }
    /// Takes the next connection, and greets as a good server does.
    void welcome(Worker& worker) {
        worker.turn_until([&] { return accepted(); }, "a connection");
        say("+OK\r\n*1\r\n$6\r\nmaster\r\n$40\r\n" + sha1_of(adding) + "\r\n");
        worker.wait_until_ready();
    }
    [[nodiscard]] bool accepted() {
        hang_up();
        connection_ = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
        return connection_ >= 0;
    }
    void say(std::string_view bytes) const {
        static_cast<void>(::send(connection_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
    }
    void hang_up() {
        if (connection_ >= 0) {
            ::close(connection_);
        }
        connection_ = -1;
    }

private:
    const int listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    int connection_ = -1;
    std::uint16_t port_ = 0;
};

std::string after_lie(const std::string& lie) {
    Liar liar;
    Worker worker(liar.url());
    liar.welcome(worker);
    const std::uint32_t ticket = worker.send("k", {"GET", "k"});
    worker.store().flush();
    liar.say(lie);
    CHECK(worker.wait_for(ticket) == "failed: the connection to redis was lost");
    CHECK_FALSE(worker.store().is_ready());
    liar.welcome(worker);
    const std::uint32_t next = worker.send("k", {"GET", "k"});
    worker.store().flush();
    liar.say("$1\r\nv\r\n");
    CHECK(worker.wait_for(next) == "'v'");
    worker.destroy_store();
    CHECK(worker.host().idle());
    const std::string line = worker.host().lines().front();
    const auto reason = line.find("lost: ") + 6;
    return line.substr(reason, line.find(';') - reason);
}

}  // namespace

TEST_CASE("what is no reply ends the connection, and the next one is good again") {
    CHECK(after_lie("HTTP/1.1 200 OK\r\n\r\n") == "what is no reply of Redis");
    CHECK(after_lie("*2000000000\r\n") == "a reply that is too large");
    CHECK(after_lie("$-5\r\n") == "what is no reply of Redis");
}

TEST_CASE("a reply that nobody asked for ends the connection") {
    Liar liar;
    Worker worker(liar.url());
    liar.welcome(worker);
    const std::uint32_t ticket = worker.send("k", {"GET", "k"});
    worker.store().flush();
    liar.say("$1\r\na\r\n$1\r\nb\r\n");
    CHECK(worker.wait_for(ticket) == "'a'");
    worker.turn_until([&] { return !worker.store().is_ready(); }, "the end");
    CHECK(worker.host().lines().front().find("a reply that nobody asked for") != std::string::npos);
}

TEST_CASE("a command that is sent from one place to the other is given up") {
    Liar liar;
    const std::string moved = "*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$0\r\n\r\n:";
    Worker worker(liar.url(R"(, "mode": "cluster")"));
    const std::string url = liar.url();
    const std::string port = url.substr(url.rfind(':') + 1, url.rfind('"') - url.rfind(':') - 1);
    worker.turn_until([&] { return liar.accepted(); }, "a connection");
    liar.say("+OK\r\n$40\r\n" + sha1_of(adding) + "\r\n");
    worker.turn();
    liar.say(moved + port + "\r\n");
    worker.wait_until_ready();
    const std::uint32_t ticket = worker.send("k", {"GET", "k"});
    worker.store().flush();
    for (int i = 0; i < 20 && !worker.answers().has(ticket); ++i) {
        liar.say("-MOVED 7629 :" + port + "\r\n");
        worker.turn();
    }
    REQUIRE(worker.answers().has(ticket));
    CHECK(worker.answers().of(ticket).starts_with("failed: "));
}

TEST_CASE("a server that takes connections and says nothing is none") {
    if (chihaya::test::lacks_redis()) {
        return;
    }
    const chihaya::test::RedisServer server;
    server.pause();
    Worker worker(R"({"connect_timeout": "50ms", "url": "redis://)" + server.address() + "\"}");
    worker.turn_until([&] { return !worker.host().lines().empty(); }, "a line");
    CHECK(worker.host().lines().front() ==
          server.address() +
              ": not connected: it does not answer in time; trying again until it is there");
    CHECK(worker.ask("k", {"PING"}) == "failed: redis is not connected");
    server.resume();
    worker.wait_until_ready();
}

}  // namespace chihaya::redis::test
TEST_SUITE_END();
