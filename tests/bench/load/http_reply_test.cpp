#include "tests/bench/load/http_reply.hpp"

#include "tests/bench/floors/constant_answer.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

TEST_SUITE_BEGIN("bench");

namespace chihaya::bench {
namespace {

std::string compact(const std::vector<std::uint32_t>& peers) {
    std::string out;
    for (const std::uint32_t peer : peers) {
        const std::uint32_t port = first_port + peer;
        out += std::string{'\x7f',
                           '\0',
                           '\0',
                           '\x01',
                           static_cast<char>(port >> 8U),
                           static_cast<char>(port & 255U)};
    }
    return out;
}

std::string reply(const std::string& peers, int incomplete = 4) {
    return "d8:completei0e10:incompletei" + std::to_string(incomplete) +
           "e8:intervali1800e5:peers" + std::to_string(peers.size()) + ":" + peers + "e";
}

Fault check(const std::string& body, Expectation expect = Expectation::others) {
    return BodyCheck(expect, 4)(body, Asked{.swarm = 0, .peer = 1, .num_want = 30});
}

}  // namespace

TEST_CASE("a reply with every other peer of the swarm is right") {
    CHECK(check(reply(compact({0, 2, 3}))) == Fault::none);
}

TEST_CASE("a reply that is short of a peer, repeats one, or names a stranger is wrong") {
    CHECK(check(reply(compact({0, 2}))) == Fault::peers);
    CHECK(check(reply(compact({0, 2, 2}))) == Fault::peers);
    CHECK(check(reply(compact({0, 2, 4}))) == Fault::peers);
    CHECK(check(reply(compact({0, 2, 3}) + "x")) == Fault::peers);
    CHECK(check(reply(compact({0, 2, 3}), 3)) == Fault::peers);
}

TEST_CASE("the announcer may be in the reply only where everyone is expected") {
    CHECK(check(reply(compact({0, 1, 3}))) == Fault::peers);
    CHECK(check(reply(compact({0, 1, 2, 3})), Expectation::everyone) == Fault::none);
}

TEST_CASE("fewer peers are right only where some may have expired") {
    CHECK(check(reply(compact({0}), 2), Expectation::up_to) == Fault::none);
    CHECK(check(reply(compact({0, 1}), 2), Expectation::up_to) == Fault::peers);
}

TEST_CASE("a line break after the reply is right only for the tracker that is known to send it") {
    const std::string body = reply(compact({0, 2, 3}), 3) + "\r\n";
    CHECK(check(body, Expectation::uncounted) == Fault::none);
    CHECK(check(body, Expectation::up_to) == Fault::bencode);
}

TEST_CASE("what is not one sorted dictionary is not a reply") {
    const std::string good = reply(compact({0, 2, 3}));
    for (std::size_t length = 0; length < good.size(); ++length)
        CHECK(check(good.substr(0, length)) == Fault::bencode);
    CHECK(check(good + "e") == Fault::bencode);
    CHECK(check("d8:intervali1800e8:completei0ee") == Fault::bencode);
    CHECK(check("d14:failure reason2:noe") == Fault::failure);
    CHECK(check("d8:completei0e5:peers0:e") == Fault::interval);
}

TEST_CASE("a head is read whole or not at all") {
    const std::string good = constant_head(true);
    for (std::size_t length = 0; length < good.size(); ++length)
        CHECK_FALSE(read_head(good.substr(0, length)).complete);
    const Head head = read_head(good + constant_body());
    CHECK(head.complete);
    CHECK(head.fault == Fault::none);
    CHECK(head.size == good.size());
    CHECK(head.body == constant_body().size());
    CHECK(head.close);
    CHECK(read_head("HTTP/1.1 200 OK\r\nContent-Length:  12  \r\n\r\n").body == 12);
    CHECK(read_head("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").fault == Fault::status);
    CHECK(read_head("HTTP/1.1 200 OK\r\nServer: x\r\n\r\n").fault == Fault::length);
    CHECK(read_head("ICY 200 OK\r\nContent-Length: 0\r\n\r\n").fault == Fault::head);
}

}  // namespace chihaya::bench
