#include "tests/redis/certificates.hpp"
#include "tests/redis/worker.hpp"
#include "tests/support/free_port.hpp"
#include "tests/support/redis_server.hpp"

#include <doctest/doctest.h>

#include <csignal>

TEST_SUITE_BEGIN("a store over TLS");

namespace chihaya::redis::test {
namespace {

using chihaya::test::FreePort;
using chihaya::test::lacks_redis;
using chihaya::test::RedisOptions;
using chihaya::test::RedisServer;

/// A server that speaks TLS on a second port, with a certificate for `names`.
struct Secured {
    explicit Secured(const std::string& names, const std::string& asks_clients = "no")
        : server(options(names, asks_clients)) {
        std::signal(SIGPIPE, SIG_IGN);  // as the tracker does
    }

    RedisOptions options(const std::string& names, const std::string& asks_clients) {
        authority.sign("server", names);
        return {.arguments = {"--tls-port", std::to_string(port.number()), "--tls-cert-file",
                              authority.file("server.crt"), "--tls-key-file",
                              authority.file("server.key"), "--tls-ca-cert-file", authority.ca(),
                              "--tls-auth-clients", asks_clients}};
    }

    [[nodiscard]] std::string at(const std::string& host) const {
        return host + ":" + std::to_string(port.number());
    }
    [[nodiscard]] std::string json(const std::string& host, const std::string& rest) const {
        return R"({"url": "rediss://)" + at(host) + "\"" + rest + "}";
    }
    [[nodiscard]] std::string trusting() const { return R"(, "tls_ca": ")" + authority.ca() + '"'; }

    Authority authority;
    FreePort port;
    RedisServer server;
};

/// The first line that a worker logs.
std::string complaint(const std::string& json) {
    Worker worker(json);
    worker.turn_until([&] { return !worker.host().lines().empty(); }, "a line");
    CHECK_FALSE(worker.store().is_ready());
    return worker.host().lines().front();
}

}  // namespace

TEST_CASE("commands of any size go through TLS, and on when the server comes back") {
    if (lacks_redis()) {
        return;
    }
    Secured secured("DNS:localhost,IP:127.0.0.1");
    for (const char* const host : {"127.0.0.1", "localhost"}) {
        Worker worker(secured.json(host, secured.trusting()));
        worker.wait_until_ready();
        CHECK(worker.ask("k", {"SET", "k", "0"}) == "+OK");
        for (int i = 0; i < 500; ++i) {
            worker.add("k", 1);
        }
        CHECK(worker.wait_for(worker.add("k", 1)) == "501");
        const std::string large(3'000'000, 'x');
        std::uint32_t last = 0;
        for (int i = 0; i < 4; ++i) {
            last = worker.send("l", {"SET", "l", large});
        }
        CHECK(worker.wait_for(last) == "+OK");
        CHECK(worker.ask("l", {"GET", "l"}) == "'" + large + "'");
        secured.server.restart();
        worker.turn_until([&] { return !worker.store().is_ready(); }, "the loss");
        worker.wait_until_ready();
        CHECK(worker.wait_for(worker.add("k", 1)) == "1");
        worker.destroy_store();
        CHECK(worker.host().idle());
    }
}

TEST_CASE("a server must prove to be who it is said to be") {
    if (lacks_redis()) {
        return;
    }
    const Secured secured("DNS:redis.example");
    CHECK(complaint(secured.json("127.0.0.1", secured.trusting())) ==
          secured.at("127.0.0.1") +
              ": not connected: TLS: IP address mismatch; trying again until it is there");
    CHECK(complaint(secured.json("localhost", secured.trusting())).find("TLS: hostname mismatch") !=
          std::string::npos);
    CHECK(complaint(secured.json("127.0.0.1", ""))
              .find("TLS: self-signed certificate in certificate chain") != std::string::npos);
    Worker careless(secured.json("127.0.0.1", R"(, "tls_verify": false)"));
    careless.wait_until_ready();
    CHECK(careless.ask("k", {"PING"}) == "+PONG");
}

TEST_CASE("a server that asks for a certificate is shown one") {
    if (lacks_redis()) {
        return;
    }
    const Secured secured("IP:127.0.0.1", "yes");
    // Whether the alert comes first or the end of the connection is up to the server.
    CHECK(complaint(secured.json("127.0.0.1", secured.trusting())).find("not connected: ") !=
          std::string::npos);
    secured.authority.sign("tracker", "DNS:tracker");
    Worker worker(secured.json("127.0.0.1", secured.trusting() + R"(, "tls_cert": ")" +
                                                secured.authority.file("tracker.crt") +
                                                R"(", "tls_key": ")" +
                                                secured.authority.file("tracker.key") + '"'));
    worker.wait_until_ready();
    CHECK(worker.ask("k", {"PING"}) == "+PONG");
}

TEST_CASE("TLS with a server that speaks none, and none with one that does, is no connection") {
    if (lacks_redis()) {
        return;
    }
    const Secured secured("IP:127.0.0.1");
    CHECK(complaint(R"({"connect_timeout": "100ms", "url": "rediss://)" + secured.server.address() +
                    "\"}")
              .find("not connected: ") != std::string::npos);
    CHECK(complaint(R"({"url": "redis://)" + secured.at("127.0.0.1") + "\"}")
              .find("not connected: ") != std::string::npos);
}

TEST_CASE("a certificate that cannot be read is refused at the start") {
    const Authority authority;
    CHECK_THROWS_WITH(
        static_cast<void>(parameters_of(R"({"url": "rediss://h", "tls_ca": "/absent"})")),
        "tracker.params.tls_ca: found \"/absent\" (No such file or directory), accepted is a PEM "
        "file of certificates; leave it out for the system's");
    authority.sign("one", "DNS:one");
    authority.sign("two", "DNS:two");
    CHECK_THROWS_WITH(static_cast<void>(parameters_of(
                          R"({"url": "rediss://h", "tls_cert": ")" + authority.file("one.crt") +
                          R"(", "tls_key": ")" + authority.file("two.key") + "\"}")),
                      doctest::Contains("accepted is the PEM file of tls_cert's key"));
}

}  // namespace chihaya::redis::test
TEST_SUITE_END();
