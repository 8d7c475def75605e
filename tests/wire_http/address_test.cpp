// Which address a client has, and who may be handed it.

#include "tests/wire_http/tracker.hpp"

#include <doctest/doctest.h>

#include <string>

namespace chihaya::test {
namespace {

constexpr const char* on_both_families = R"("addr": ["127.0.0.1:$HTTP_PORT", "[::1]:$HTTP_PORT"])";

bencode::Value announce_over_ipv6(const Tracker& tracker, const Announce& announce) {
    TcpClient client(tracker.port(), "::1");
    client.send(request(announce));
    return success(client.read_reply());
}

/// Whom somebody on port 9999 of `address` is handed.
std::set<std::string> handed_to(const Tracker& tracker, const char* address) {
    return peers(tracker.announce({.port = 9999, .from = address}));
}

std::string external_ip(const Tracker& tracker, const std::string& headers) {
    return success(tracker.send(get(target({}), headers))).at("external ip").text();
}

TEST_SUITE_BEGIN("wire: addresses");

TEST_CASE("#64 the ip parameter of a stranger is ignored") {
    const Tracker tracker;
    tracker.announce({.more = "&ip=8.8.8.8&ipv4=8.8.8.8&ipv6=2001:db8::1", .from = "203.0.113.10"});
    CHECK(handed_to(tracker, "192.0.2.77") == std::set{compact("203.0.113.10", 6881)});
    const auto reply = tracker.announce({.more = "&ip=8.8.8.8", .from = "203.0.113.10"});
    CHECK(reply.at("external ip").text() == compact("203.0.113.10", 0).substr(0, 4));
}

TEST_CASE("#64 where spoofing is allowed only global addresses are taken") {
    const Tracker tracker(R"("allow_ip_spoofing": true, "dual_stacked_peers": false)");
    tracker.announce({.port = 1001, .more = "&ip=8.8.8.8", .from = "203.0.113.10"});
    tracker.announce({.port = 1002, .more = "&ip=10.1.2.3", .from = "203.0.113.10"});
    tracker.announce({.port = 1003, .more = "&ip=127.0.0.1", .from = "203.0.113.10"});
    CHECK(handed_to(tracker, "192.0.2.77") == std::set{compact("8.8.8.8", 1001),
                                                       compact("203.0.113.10", 1002),
                                                       compact("203.0.113.10", 1003)});
}

TEST_CASE("#65 senseless addresses are ignored") {
    const Tracker tracker;
    for (const char* more :
         {"&ip=https://x/all.txt", "&ip=", "&ipv4=garbage", "&ipv6=%5B2001%3Adb8%3A%3A1%5D%3A6882",
          "&ip=x.b32.i2p", "&ip=999.1.1.1&ip=::g&ipv6=1.2.3.4"}) {
        CAPTURE(more);
        CHECK(tracker.send(get(target({.more = more}))).body == first_body());
    }
}

TEST_CASE("#99 a header from whom nobody trusts is ignored") {
    const Tracker tracker(R"("http": {"trusted_proxies": []})");
    CHECK(external_ip(tracker, "X-Forwarded-For: 1.2.3.4\r\n") == "\x7f\0\0\x01"s);
    const Tracker believes_another(R"("http": {"trusted_proxies": ["10.0.0.0/8"]})");
    CHECK(external_ip(believes_another, "X-Forwarded-For: 1.2.3.4\r\n") == "\x7f\0\0\x01"s);
}

TEST_CASE("#100 the right-most address that is no proxy of ours is the client") {
    const Tracker tracker(R"("http": {"trusted_proxies": ["127.0.0.0/8", "10.0.0.0/8"]})");
    const std::string client = "\xcb\0q\n"s;  // 203.0.113.10
    for (const char* header :
         {"X-Forwarded-For: 203.0.113.10", "X-Forwarded-For: 6.6.6.6, 203.0.113.10",
          "x-forwarded-for:6.6.6.6,203.0.113.10 , 10.1.2.3", "X-FORWARDED-FOR: 203.0.113.10:443",
          "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 203.0.113.10",
          "X-Forwarded-For: ::ffff:203.0.113.10"}) {
        CAPTURE(header);
        CHECK(external_ip(tracker, header + "\r\n"s) == client);
    }
    for (const char* header :
         {"", "X-Forwarded-For: unknown\r\n", "X-Forwarded-For:\r\n", "X-Real-IP: 6.6.6.6\r\n",
          "X-Forwarded-For: 6.6.6.6, nonsense\r\n"}) {
        CAPTURE(header);
        CHECK(external_ip(tracker, header) == "\x7f\0\0\x01"s);
    }
}

// Without an account the two families are two peers.
TEST_CASE("#191 a client of both families is in the list of each once") {
    if (lacks_ipv6()) {
        return;
    }
    const Tracker tracker(on_both_families);
    for (int i = 0; i < 2; ++i) {
        tracker.announce({.more = "&key=1"});
        announce_over_ipv6(tracker, {.more = "&key=1"});
    }
    const auto reply = announce_over_ipv6(tracker, {.port = 7000});
    CHECK(reply.at("peers").text() == compact("127.0.0.1", 6881));
    CHECK(reply.at("peers6").text() == compact("::1", 6881));
}

TEST_CASE("#192 an announce over IPv6 is answered with peers6 and with peers") {
    if (lacks_ipv6()) {
        return;
    }
    const Tracker tracker(on_both_families);
    auto reply = announce_over_ipv6(tracker, {});
    CHECK(reply.at("peers").text().empty());
    CHECK(reply.at("peers6").text().empty());
    reply = announce_over_ipv6(tracker, {.port = 6882});
    CHECK(reply.at("peers").text().empty());
    CHECK(reply.at("peers6").text() == compact("::1", 6881));
}

TEST_CASE("#193 an IPv4 client of a tracker with both families is an IPv4 client") {
    if (lacks_ipv6()) {
        return;
    }
    const Tracker tracker(on_both_families);
    const auto reply = tracker.announce({});
    CHECK(reply.at("external ip").text() == "\x7f\0\0\x01"s);
    CHECK_FALSE(reply.has("peers6"));
    CHECK(peers(tracker.announce({.port = 7000})) == std::set{compact("127.0.0.1", 6881)});
}

TEST_CASE("#194 an IPv6 client is told its sixteen bytes") {
    if (lacks_ipv6()) {
        return;
    }
    const Tracker tracker(on_both_families);
    CHECK(announce_over_ipv6(tracker, {}).at("external ip").text() ==
          compact("::1", 0).substr(0, 16));
    CHECK(tracker.announce({.from = "2001:db8::a"}).at("external ip").text() ==
          compact("2001:db8::a", 0).substr(0, 16));
}

TEST_CASE("#195 loopback and private peers are not handed to the world") {
    const Tracker tracker;
    for (const char* from : {"", "10.0.0.1", "172.16.0.1", "192.168.0.1", "100.64.0.1",
                             "169.254.1.1", "::1", "fc00::1"}) {
        tracker.announce({.from = from});
    }
    tracker.announce({.from = "203.0.113.10"});
    CHECK(handed_to(tracker, "192.0.2.77") == std::set{compact("203.0.113.10", 6881)});
    CHECK(handed_to(tracker, "2001:db8::77").contains(compact("203.0.113.10", 6881)));
    CHECK_FALSE(handed_to(tracker, "2001:db8::77").contains(compact("fc00::1", 6881)));
}

TEST_CASE("#196 loopback peers are handed to loopback clients") {
    const Tracker tracker;
    tracker.announce({});
    CHECK(peers(tracker.announce({.port = 7000})) == std::set{compact("127.0.0.1", 6881)});
}

TEST_CASE("#196 private peers are handed to private clients") {
    const Tracker tracker;
    tracker.announce({.from = "192.168.0.1"});
    CHECK(handed_to(tracker, "10.0.0.1").contains(compact("192.168.0.1", 6881)));
}

TEST_CASE("#197 an IPv6 link-local peer is handed to nobody") {
    const Tracker tracker;
    CHECK(counts(tracker.announce({.from = "fe80::1"})) == Counts{0, 0, 1});
    CHECK(handed_to(tracker, "2001:db8::77").empty());
    CHECK(tracker.announce({.port = 7000, .from = "fe80::2"})
              .at("peers6")
              .text()
              .find(compact("fe80::1", 6881)) == std::string::npos);
}

// A TCP connection cannot come from there, but a proxy can say so.
TEST_CASE("#198 addresses that no host can have are handed to nobody") {
    const Tracker tracker;
    std::set<std::string> impossible;
    for (const char* from :
         {"0.0.0.0", "224.0.0.1", "255.255.255.255", "240.0.0.1", "::", "ff02::1"}) {
        CAPTURE(from);
        static_cast<void>(tracker.send(request({.from = from})));
        impossible.insert(compact(from, 6881));
    }
    for (const char* asker : {"192.0.2.77", "2001:db8::77", "224.0.0.2", "::1", ""}) {
        CAPTURE(asker);
        for (const std::string& peer : handed_to(tracker, asker)) {
            CHECK_FALSE(impossible.contains(peer));
        }
    }
}

TEST_CASE("#199 dictionaries name IPv6 peers without brackets") {
    const Tracker tracker;
    tracker.announce({.from = "2001:db8::a"});
    tracker.announce({.from = "2001:db8:0:1::14"});
    const HttpReply reply =
        tracker.send(request({.port = 7000, .more = "&compact=0", .from = "2001:db8::77"}));
    CHECK(reply.body.find("d2:ip11:2001:db8::a4:porti6881ee") != std::string::npos);
    CHECK(reply.body.find("d2:ip16:2001:db8:0:1::144:porti6881ee") != std::string::npos);
}

TEST_CASE("IPv6 clients get their own family first and the other one fills the rest") {
    const Tracker tracker;
    for (std::uint32_t port = 1001; port <= 1005; ++port) {
        tracker.announce({.port = port, .from = "203.0.113.10"});
        tracker.announce({.port = port, .from = "2001:db8::a"});
    }
    const auto ask = [&](const char* more) {
        return tracker.announce({.port = 7000, .more = more, .from = "2001:db8::77"});
    };
    CHECK(ask("&numwant=5").at("peers6").text().size() == 5 * 18);
    CHECK(ask("&numwant=5").at("peers").text().empty());
    CHECK(ask("&numwant=7").at("peers6").text().size() == 5 * 18);
    CHECK(ask("&numwant=7").at("peers").text().size() == 2 * 6);
    const auto ipv4 = tracker.announce({.port = 7001, .from = "192.0.2.77"});
    CHECK_FALSE(ipv4.has("peers6"));
    CHECK(ipv4.at("peers").text().size() == 5 * 6);
}

TEST_CASE("with respect_af nobody is given the other family") {
    const Tracker tracker(R"("respect_af": true)");
    tracker.announce({.from = "203.0.113.10"});
    tracker.announce({.from = "2001:db8::a"});
    CHECK(handed_to(tracker, "2001:db8::77") == std::set{compact("2001:db8::a", 6881)});
    CHECK(handed_to(tracker, "192.0.2.77") == std::set{compact("203.0.113.10", 6881)});
}

TEST_CASE("a peer that names its address of the other family is one peer with both") {
    const Tracker tracker(R"("allow_ip_spoofing": true)");
    tracker.announce({.more = "&ipv6=2001:db8::a", .from = "203.0.113.10"});
    const auto reply = tracker.announce({.port = 7000, .from = "2001:db8::77"});
    CHECK(counts(reply) == Counts{0, 0, 2});
    CHECK(reply.at("peers6").text() == compact("2001:db8::a", 6881));
}

TEST_SUITE_END();

}  // namespace
}  // namespace chihaya::test
