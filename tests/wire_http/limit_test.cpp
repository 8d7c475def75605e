// Who asks too often, what he is told, and that nobody else notices.

#include "tests/wire_http/tracker.hpp"

#include <doctest/doctest.h>

#include <optional>
#include <string>

namespace chihaya::test {
namespace {

/// Two announces, and then hardly any; connections likewise where `exempt` says nobody is exempt.
constexpr const char* two_announces =
    R"("limits": {"announces_per_address": 1, "announces_per_address_burst": 2})";

/// Is there a reply on a connection of its own?
bool is_answered(const Tracker& tracker) {
    TcpClient client(tracker.port());
    client.send(request({}));
    client.finish_sending();
    return client.read_to_end().starts_with("HTTP/1.1 200");
}

TEST_SUITE_BEGIN("wire: limits");

TEST_CASE("who announces too often is told to come back later") {
    const Tracker tracker(two_announces);
    const Announce flooder{.from = "203.0.113.10"};
    tracker.announce(flooder);
    tracker.announce(flooder);
    const HttpReply reply = tracker.send(request(flooder));
    CHECK(refusal(reply) == "too many requests from this address");
    const auto told = bencode::parse(reply.body).value();
    CHECK(told.at("interval").integer() >= 300);
    CHECK(told.at("interval").integer() < 600);
    CHECK(told.at("min interval").integer() == told.at("interval").integer());
    CHECK(told.at("retry in").integer() >= 5);
    CHECK(told.at("retry in").integer() <= 10);
    CHECK(tracker.scraped(hash_a).incomplete == 1);
}

TEST_CASE("scrapes and announces of an address are counted together") {
    const Tracker tracker(two_announces);
    const std::string scrape = get(scrape_target(hash_a), "X-Forwarded-For: 203.0.113.10\r\n");
    static_cast<void>(success(tracker.send(scrape)));
    tracker.announce({.from = "203.0.113.10"});
    CHECK(refusal(tracker.send(scrape)) == "too many requests from this address");
}

TEST_CASE("a flood from one address does not stop others") {
    const Tracker tracker;
    std::optional<TcpClient> flooder;
    constexpr int flood = 14'000;
    int refused = 0;
    const std::string one = request({.port = 1, .from = "203.0.113.10"});
    for (int sent = 0; sent < flood; sent += 50) {
        std::string batch;
        for (int i = 0; i < 50; ++i) {
            batch += one;
        }
        if (sent % 5'000 == 0) {  // none lasts for more than ten thousand requests
            flooder.emplace(tracker.port());
        }
        flooder->send(batch);
        for (int i = 0; i < 50; ++i) {
            const HttpReply reply = flooder->read_reply();
            refused += reply.body.find("too many requests") != std::string::npos ? 1 : 0;
        }
        if (sent % 1'000 == 0) {
            tracker.announce({.from = "203.0.113." + std::to_string(20 + sent / 1'000)});
            tracker.announce({.from = "198.51.100.7"});
        }
    }
    CHECK(refused > 0);
    CHECK(refused <= flood - 8'000);
}

TEST_CASE("a thousand clients that start behind one address are all served by default") {
    const Tracker tracker;
    tracker.announce_many({.port = 2'000, .from = "203.0.113.10"}, 4'000);
    CHECK(tracker.scraped(hash_a).incomplete == 4'000);
}

TEST_CASE("the tracker's own machine is limited only where it is not exempt") {
    const Tracker as_it_comes(two_announces);
    as_it_comes.announce_many({.port = 2'000}, 100);

    const Tracker tracker(
        R"("http": {"trusted_proxies": []}, )"
        R"("limits": {"announces_per_address": 1, "announces_per_address_burst": 2, "exempt": []})");
    tracker.announce({});
    tracker.announce({});
    CHECK(refusal(tracker.send(request({}))) == "too many requests from this address");
}

TEST_CASE("a connection over the limit is closed without a word") {
    const Tracker tracker(
        R"("http": {"trusted_proxies": []}, )"
        R"("limits": {"connections_per_address": 1, "connections_per_address_burst": 3,)"
        R"( "exempt": ["192.0.2.0/24"]})");
    int answered = 0;
    for (int i = 0; i < 20; ++i) {
        answered += is_answered(tracker) ? 1 : 0;
    }
    CHECK(answered >= 2);  // the start itself connects once, to see whether somebody is there
    CHECK(answered < 15);
}

TEST_CASE("0 switches a limit off") {
    const Tracker tracker(
        R"("http": {"trusted_proxies": []}, )"
        R"("limits": {"announces_per_address": 0, "announces_per_address_burst": 1,)"
        R"( "announces_per_prefix": 0, "announces_per_prefix_burst": 1, "exempt": []})");
    tracker.announce_many({.port = 2'000}, 200);
}

TEST_SUITE_END();

}  // namespace
}  // namespace chihaya::test
