// Addresses: where replies come from, and which family a client is of.

#include "tests/support/free_port.hpp"
#include "tests/wire_udp/udp_tracker.hpp"

#include <doctest/doctest.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <memory>
#include <string>
#include <vector>

namespace chihaya::test {
namespace {

constexpr const char* everywhere = R"("addr": ":$UDP_PORT")";

/// A link-local address of this machine with its zone; empty when it has none.
std::string link_local() {
    ifaddrs* all = nullptr;
    if (::getifaddrs(&all) != 0) {
        return {};
    }
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> owner(all, ::freeifaddrs);
    for (const ifaddrs* one = all; one != nullptr; one = one->ifa_next) {
        if (one->ifa_addr == nullptr || one->ifa_addr->sa_family != AF_INET6) {
            continue;
        }
        std::string name(NI_MAXHOST, '\0');
        if (::getnameinfo(one->ifa_addr, sizeof(sockaddr_in6), name.data(), NI_MAXHOST, nullptr, 0,
                          NI_NUMERICHOST) == 0 &&
            name.starts_with("fe80:")) {
            return name.c_str();  // up to its NUL
        }
    }
    return {};
}

/// An announce over the wildcard socket at `host`. UdpClient refuses a reply from elsewhere.
UdpAnswer announce_at(const UdpTracker& tracker, const std::string& host,
                      const UdpAnnounce& announce, const std::string& from = "") {
    const UdpClient client(tracker.udp_port(), host, {.address = from});
    return announce_answer(client.ask(announce_packet(client.connect(), announce)));
}

TEST_SUITE_BEGIN("wire: UDP addresses");

TEST_CASE("#139 a reply comes from the address that was addressed though the socket has all") {
    if (lacks_ipv6()) {
        return;
    }
    const UdpTracker tracker("", R"("batched": true, "addr": ":$UDP_PORT")");
    std::uint32_t known = 0;
    for (const char* host : {"127.0.0.1", "127.0.0.5", "127.8.9.10", "::1"}) {
        CAPTURE(host);
        ++known;
        const UdpAnnounce announce{.port = static_cast<std::uint16_t>(7000 + known)};
        CHECK(announce_at(tracker, host, announce).leechers == known);
    }
    // Refusals and errors take the same way.
    const UdpClient client(tracker.udp_port(), "127.0.0.5", {.address = "127.0.0.6"});
    CHECK(error_text(client.ask(announce_packet(std::string(8, 'x'), {}))) == "bad connection ID");
}

TEST_CASE("#139 a socket with one address replies from it") {
    if (lacks_ipv6()) {
        return;
    }
    const UdpTracker tracker(
        "", R"("addr": ["127.0.0.5:$UDP_PORT", "127.0.0.6:$UDP_PORT", "[::1]:$UDP_PORT"])");
    std::uint32_t known = 0;
    for (const char* host : {"127.0.0.5", "127.0.0.6", "::1"}) {
        CAPTURE(host);
        ++known;
        const UdpAnnounce announce{.port = static_cast<std::uint16_t>(7000 + known)};
        CHECK(announce_at(tracker, host, announce).leechers == known);
    }
}

TEST_CASE("#139 a reply to many clients of one turn goes to each from where it asked") {
    const UdpTracker tracker("", R"("batched": true, "addr": ":$UDP_PORT")");
    std::vector<std::unique_ptr<UdpClient>> clients;
    for (int i = 1; i <= 100; ++i) {
        clients.push_back(
            std::make_unique<UdpClient>(tracker.udp_port(), "127.0.1." + std::to_string(i)));
    }
    for (std::uint32_t round = 0; round < 10; ++round) {
        for (std::uint32_t i = 0; i < clients.size(); ++i) {
            clients[i]->send(connect_packet(1000 * round + i));
        }
        for (std::uint32_t i = 0; i < clients.size(); ++i) {
            REQUIRE(number_at(clients[i]->receive(), 4) == 1000 * round + i);
        }
    }
}

TEST_CASE("the wildcard serves the system's own choice of address without packet info as well") {
    if (lacks_ipv6()) {
        return;
    }
    const UdpTracker tracker("", R"("batched": false, "addr": ":$UDP_PORT")");
    CHECK(announce_at(tracker, "127.0.0.1", {}).leechers == 1);
    CHECK(announce_at(tracker, "::1", {.port = 7000}).leechers == 2);
}

TEST_CASE("#191 a client of both families is in the list of each once") {
    if (lacks_ipv6()) {
        return;
    }
    const UdpTracker tracker("", everywhere);
    for (int i = 0; i < 2; ++i) {
        announce_at(tracker, "127.0.0.1", {.key = 1});
        announce_at(tracker, "::1", {.key = 1});
    }
    CHECK(announce_at(tracker, "127.0.0.1", {.port = 7000}).entries == compact("127.0.0.1", 6881));
    CHECK(announce_at(tracker, "::1", {.port = 7000}).entries == compact("::1", 6881));
}

TEST_CASE("#191 an account's client of both families is one") {
    if (lacks_ipv6()) {
        return;
    }
    const UdpTracker tracker(R"("private": true)", everywhere);
    REQUIRE(tracker.manage("PUT", "/torrents/" + hex(hash_a), R"({"id": 1})").status == 200);
    REQUIRE(
        tracker
            .manage("PUT", "/users/aaaaaaaaaaaaaaaa", R"({"id": 1, "passkey": "aaaaaaaaaaaaaaaa"})")
            .status == 200);
    const UdpAnnounce announce{.options = url_options("/aaaaaaaaaaaaaaaa/announce")};
    CHECK(announce_at(tracker, "127.0.0.1", announce).leechers == 1);
    CHECK(announce_at(tracker, "::1", announce).leechers == 1);
}

TEST_CASE("#192 an IPv6 client is handed IPv6 peers only") {
    if (lacks_ipv6()) {
        return;
    }
    const UdpTracker tracker("", everywhere);
    tracker.announce({.from = "203.0.113.10"});
    tracker.announce({.from = "2001:db8::a"});
    const UdpAnswer answer = announce_at(tracker, "::1", {});
    CHECK(answer.entries == compact("2001:db8::a", 6881));
    CHECK(answer.leechers == 3);
    const auto reply = tracker.announce({.port = 7000, .from = "2001:db8::77"});
    CHECK(reply.at("peers6").text() == compact("2001:db8::a", 6881));  // loopback is not for all
}

TEST_CASE("#193 an IPv4 client of a listener for both families is an IPv4 peer") {
    const UdpTracker tracker("", everywhere);
    announce_at(tracker, "127.0.0.1", {});
    const auto reply = tracker.announce({.port = 7000});
    CHECK(reply.at("peers").text() == compact("127.0.0.1", 6881));
    CHECK_FALSE(reply.has("peers6"));
}

TEST_CASE("#195 a loopback peer is not handed to the world") {
    if (lacks_ipv6()) {
        return;
    }
    const UdpTracker tracker("", everywhere);
    announce_at(tracker, "127.0.0.1", {});
    announce_at(tracker, "::1", {});
    CHECK(peers(tracker.announce({.port = 7000, .from = "192.0.2.77"})).empty());
    CHECK(counts(tracker.announce({.port = 7000, .from = "2001:db8::77"})) == Counts{0, 0, 4});
}

TEST_CASE("#195 private peers are not handed to loopback clients") {
    const UdpTracker tracker;
    tracker.announce({.from = "10.0.0.1"});
    tracker.announce({.from = "203.0.113.10"});
    CHECK(tracker.handed_udp({.port = 7000}) == std::set{compact("203.0.113.10", 6881)});
}

TEST_CASE("#196 a loopback peer is handed to loopback clients") {
    const UdpTracker tracker;
    announce_at(tracker, "127.0.0.1", {}, "127.0.0.9");
    CHECK(tracker.handed_udp({.port = 7000}) == std::set{compact("127.0.0.9", 6881)});
}

TEST_CASE("#197 a link-local client is answered in its zone and handed to nobody") {
    if (lacks_ipv6()) {
        return;
    }
    const std::string address = link_local();
    if (address.empty()) {
        MESSAGE("skipped: this machine has no link-local address");
        return;
    }
    const UdpTracker tracker("", everywhere);
    CHECK(announce_at(tracker, address, {}, address).leechers == 1);
    CHECK(announce_at(tracker, "::1", {.port = 7000}).entries.empty());
    const auto reply = tracker.announce({.port = 7001, .from = "2001:db8::77"});
    CHECK(reply.at("peers6").text().empty());
}

TEST_SUITE_END();

}  // namespace
}  // namespace chihaya::test
