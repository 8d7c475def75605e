// How info-hashes, peer ids and parameters may be written.

#include "tests/wire_http/tracker.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

namespace chihaya::test {
namespace {

/// An announce whose info_hash is written like this, into whatever swarm that is.
HttpReply announce_as(const Tracker& tracker, std::string_view written) {
    return tracker.send(get("/announce?info_hash=" + std::string(written) +
                            "&peer_id=-qB4650-AbCdEfGhIjKl&port=6881&uploaded=0&downloaded=0"
                            "&left=65536&compact=1&event=started"));
}

/// Everything of the first request's query behind `info_hash`.
constexpr std::string_view rest_of_query =
    "&peer_id=-qB4650-AbCdEfGhIjKl&port=6881&uploaded=0&downloaded=0&left=65536";

TEST_SUITE_BEGIN("wire: queries");

TEST_CASE("#1 an announce into an empty swarm is answered byte for byte") {
    const Tracker tracker;
    const HttpReply reply = tracker.send(first_request());
    CHECK(reply.status == 200);
    CHECK(reply.head.starts_with("HTTP/1.1 200 OK\r\n"));
    CHECK(reply.header("Content-Type") == "text/plain");
    CHECK(reply.header("Content-Length") == "112");
    CHECK_FALSE(reply.header("Transfer-Encoding").has_value());
    CHECK(reply.body == first_body());
}

TEST_CASE("#2 escapes in upper case address the same swarm") {
    const Tracker tracker;
    static_cast<void>(tracker.send(first_request()));
    const HttpReply reply =
        announce_as(tracker, "%A2%A1U7T%2B%22%92Z%D1%04%86%BFz%8B%2A%9CB%F0%D1");
    CHECK(reply.body == first_body());
    CHECK(tracker.scraped(hash_a) == Counts{0, 0, 1});
}

TEST_CASE("#3 an info-hash with every byte escaped addresses the same swarm") {
    const Tracker tracker;
    static_cast<void>(tracker.send(first_request()));
    CHECK(announce_as(tracker, escaped(hash_a)).body == first_body());
    CHECK(tracker.scraped(hash_a) == Counts{0, 0, 1});
}

TEST_CASE("#4 raw bytes above 0x7f address the same swarm") {
    const Tracker tracker;
    static_cast<void>(tracker.send(first_request()));
    CHECK(announce_as(tracker,
                      "\xa2\xa1U7T%2b%22\x92Z\xd1%04\x86\xbfz\x8b*\x9c"
                      "B\xf0\xd1")
              .body == first_body());
    CHECK(tracker.scraped(hash_a) == Counts{0, 0, 1});
}

TEST_CASE("#5 every byte that escaping can get wrong is decoded") {
    const Tracker tracker;
    REQUIRE(announce_as(tracker, "%20%26%3d%25%3b%2b.-_~*%27()!%00%2f%3f%3a%40").status == 200);
    CHECK(tracker.scrape(hash_b).at("files").has(std::string(hash_b)));
}

TEST_CASE("#5 each client's way of escaping addresses the same swarm") {
    const Tracker tracker;
    for (const char* written : {
             "%20%26%3d%25%3b%2b.-_~*%27()!%00%2f%3f%3a%40",                // libtorrent
             "%20%26%3D%25%3B%2B.-_~%2A%27%28%29%21%00%2F%3F%3A%40",        // Transmission 4, aria2
             "%20%26%3d%25%3b%2b.-_~%2a%27%28%29%21%00%2f%3f%3a%40",        // Transmission 3
             "%20%26%3D%25%3B%2B%2E-%5F%7E%2A%27%28%29%21%00%2F%3F%3A%40",  // rTorrent
             "%20%26%3D%25%3B%2B.-_%7E%2A%27%28%29%21%00%2F%3F%3A%40",      // WebTorrent
             "%20%26%3D%25%3B%2B%2E%2D%5F%7E%2A%27%28%29%21%00%2F%3F%3A%40",  // CTorrent
         }) {
        CAPTURE(written);
        CHECK(announce_as(tracker, written).body == first_body());
    }
    CHECK(tracker.scraped(hash_b) == Counts{0, 0, 1});
}

TEST_CASE("#6 NUL and line ends within an info-hash are bytes like any other") {
    const Tracker tracker;
    CHECK(announce_as(tracker, escaped(hash_c)).body == first_body());
    CHECK(tracker.scrape(hash_c).at("files").has(std::string(hash_c)));
}

TEST_CASE("#7 an info-hash of nothing but 0xff is accepted") {
    const Tracker tracker;
    const std::string hash(20, '\xff');
    CHECK(announce_as(tracker, escaped(hash)).body == first_body());
    CHECK(tracker.scraped(hash) == Counts{0, 0, 1});
}

TEST_CASE("#8 a plus sign is a space in announces and scrapes alike") {
    const Tracker tracker;
    constexpr std::string_view written = "%A2%A1U7T+%22%92Z%D1%04%86%BFz%8B%2A%9CB%F0%D1";
    std::string meant(hash_a);
    meant[5] = ' ';
    CHECK(announce_as(tracker, written).body == first_body());
    CHECK(tracker.scraped(meant) == Counts{0, 0, 1});
    const auto scraped =
        success(tracker.send(get("/scrape?info_hash=" + std::string(written)))).at("files");
    CHECK(scraped.has(meant));
}

TEST_CASE("#9 an info-hash of 19 bytes is refused and changes nothing") {
    const Tracker tracker;
    CHECK(refusal(announce_as(tracker, escaped(hash_a.substr(1)))) ==
          "malformed request: info_hash must be 20 bytes, got 19");
    CHECK(tracker.scraped(hash_a) == Counts{});
    CHECK(tracker.serves_as_ever());
}

TEST_CASE("#10 an info-hash of any other size is refused") {
    const Tracker tracker;
    const std::string too_long = std::string(hash_a) + 'x';
    CHECK(refusal(announce_as(tracker, escaped(too_long))) ==
          "malformed request: info_hash must be 20 bytes, got 21");
    CHECK(refusal(announce_as(tracker, "")) ==
          "malformed request: info_hash must be 20 bytes, got 0");
    CHECK(refusal(announce_as(tracker, hex(hash_a))) ==
          "malformed request: info_hash must be 20 bytes, got 40");
    CHECK(refusal(announce_as(tracker, escaped(std::string(32, 'v')))) ==
          "malformed request: info_hash must be 20 bytes, got 32");
    CHECK(tracker.serves_as_ever());
}

TEST_CASE("#11 an announce without info_hash is refused") {
    const Tracker tracker;
    CHECK(refusal(tracker.send(get("/announce?" + std::string(rest_of_query.substr(1))))) ==
          "malformed request: info_hash is missing");
    CHECK(refusal(tracker.send(
              get("/announce?sha_ih=" + escaped(hash_a) + std::string(rest_of_query)))) ==
          "malformed request: info_hash is missing");
}

TEST_CASE("#12 an info_hash given twice in an announce is refused") {
    const Tracker tracker;
    for (const std::string_view second : {hash_a, hash_b}) {
        CHECK(refusal(tracker.send(get(target({.more = "&info_hash=" + escaped(second)})))) ==
              "malformed request: info_hash given twice");
    }
    CHECK(tracker.scraped(hash_a) == Counts{});
    CHECK(tracker.scraped(hash_b) == Counts{});
}

TEST_CASE("#13 a broken escape in a known value is refused") {
    const Tracker tracker;
    const std::string whole = escaped(hash_a);
    for (const std::string& written :
         {"%A2%A1%zz" + whole.substr(9), whole.substr(0, 57) + "%4", whole.substr(0, 57) + "%",
          "%A2%A1%u0041" + whole.substr(9)}) {
        CAPTURE(written);
        CHECK(refusal(announce_as(tracker, written)) ==
              "malformed request: a value has a broken percent escape");
    }
    CHECK(refusal(tracker.send(get(target({.more = "&numwant=%"})))) ==
          "malformed request: a value has a broken percent escape");
    CHECK(refusal(tracker.send(get("/announce?info_hash=" + whole + "&peer_id=%4"))) ==
          "malformed request: a value has a broken percent escape");
    CHECK(tracker.serves_as_ever());
}

TEST_CASE("#14 a broken escape in an unknown parameter is nobody's business") {
    const Tracker tracker;
    CHECK(tracker.send(get(target({.more = "&foo=%zz&b%zzr=1&x=%"}))).body == first_body());
}

TEST_CASE("#15 an announce without a peer_id of 20 bytes is refused") {
    const Tracker tracker;
    const std::string start = "/announce?info_hash=" + escaped(hash_a) + "&port=6881&left=1";
    CHECK(refusal(tracker.send(get(start))) == "malformed request: peer_id is missing");
    CHECK(refusal(tracker.send(get(target({.peer_id = std::string(19, 'p')})))) ==
          "malformed request: peer_id must be 20 bytes, got 19");
    CHECK(refusal(tracker.send(get(target({.peer_id = std::string(21, 'p')})))) ==
          "malformed request: peer_id must be 20 bytes, got 21");
    CHECK(tracker.scraped(hash_a) == Counts{});
}

TEST_CASE("#16 a peer_id of twenty NUL bytes is accepted") {
    const Tracker tracker;
    CHECK(tracker.send(request({.peer_id = std::string(20, '\0')})).body == first_body());
    CHECK(tracker.scraped(hash_a) == Counts{0, 0, 1});
}

TEST_CASE("#17 a binary peer_id comes back unchanged") {
    const Tracker tracker(R"("tracker": {"driver": "memory", "params": {"peer_ids": true}})");
    const std::string id(
        "\x2d\x55\x54\x33\x35\x34\x53\x2d\xd2\xad\x01\x80\x7f\x00\xff\x2b\x25\x26"
        "\x3d\x20"sv);
    tracker.announce({.peer_id = id});
    const auto reply = tracker.announce({.port = 6882, .more = "&compact=0"});
    REQUIRE(reply.at("peers").list().size() == 1);
    CHECK(reply.at("peers").list().front().at("peer id").text() == id);
}

TEST_CASE("#18 the order of parameters is of no importance") {
    const Tracker tracker;
    const std::string hash = "info_hash=" + escaped(hash_a);
    // anacrolix sorts them; WebTorrent sends the info-hash near the end.
    CHECK(tracker
              .send(get("/announce?compact=1&downloaded=0&event=started&" + hash +
                        "&key=-5&left=65536&peer_id=-qB4650-AbCdEfGhIjKl&port=6881"
                        "&supportcrypto=1&uploaded=0"))
              .body == first_body());
    CHECK(tracker
              .send(get("/announce?left=65536&numwant=50&uploaded=0&downloaded=0&event=started"
                        "&compact=1&" +
                        hash + "&peer_id=-qB4650-AbCdEfGhIjKl&port=6881"))
              .body == first_body());
}

TEST_CASE("#19 a second question mark separates parameters") {
    const Tracker tracker;
    std::string glued = target({});
    glued.replace(glued.find('?'), 1, "?passkey=K?");
    CHECK(tracker.send(get(glued)).body == first_body());
}

TEST_CASE("#20 semicolons and damaged ampersands separate parameters") {
    const Tracker tracker;
    for (const char* separator : {"&amp;", ";"}) {
        std::string written = target({});
        for (auto at = written.find('&'); at != std::string::npos;
             at = written.find('&', at + std::string(separator).size())) {
            written.replace(at, 1, separator);
        }
        CAPTURE(written);
        CHECK(tracker.send(get(written)).body == first_body());
    }
}

TEST_CASE("#21 empty parameters are ignored") {
    const Tracker tracker;
    std::string written = target({.more = "&&&flag&=value&="});
    written.replace(written.find('?'), 1, "?&&");
    CHECK(tracker.send(get(written + "&")).body == first_body());
}

TEST_CASE("#22 empty values are as good as none") {
    const Tracker tracker;
    tracker.announce({.port = 7000});
    const auto reply = tracker.announce({.more = "&event=&trackerid=&numwant="});
    CHECK(peers(reply).size() == 1);
    CHECK(counts(reply) == Counts{0, 0, 2});
}

TEST_CASE("#23 unknown parameters are ignored") {
    const Tracker tracker;
    CHECK(tracker.send(get(target({.more = "&azudp=1&foo=bar&hide=&azver=3&ext=1"}))).body ==
          first_body());
}

TEST_CASE("#24 an escaped key is recognised") {
    const Tracker tracker;
    CHECK(tracker.send(get("/announce?info%5Fhash=" + escaped(hash_a) + std::string(rest_of_query)))
              .body == first_body());
    CHECK(tracker.send(get("/scrape?info%5fhash=" + escaped(hash_a))).body ==
          tracker.send(get(scrape_target(hash_a))).body);
}

TEST_CASE("#25 keys in other letters are other keys") {
    const Tracker tracker;
    CHECK(refusal(tracker.send(
              get("/announce?Info_Hash=" + escaped(hash_a) + std::string(rest_of_query)))) ==
          "malformed request: info_hash is missing");
}

TEST_CASE("#31 an announce without any parameter is told what is missing") {
    const Tracker tracker;
    CHECK(refusal(tracker.send(get("/announce"))) == "malformed request: info_hash is missing");
    CHECK(refusal(tracker.send(get("/announce?"))) == "malformed request: info_hash is missing");
}

TEST_CASE("a query of too many parameters is refused") {
    const Tracker tracker;
    std::string many;
    for (int i = 0; i < 130; ++i) {
        many += "&a=1";
    }
    CHECK(refusal(tracker.send(get(target({.more = many})))) ==
          "malformed request: too many parameters");
    CHECK(tracker.serves_as_ever());
}

TEST_CASE("a refusal never repeats what was sent") {
    const Tracker tracker;
    constexpr std::string_view marker = "INJECTED";
    for (const std::string& written :
         {"/announce?info_hash=INJECTED"s, "/announce?INJECTED=1"s, "/scrape?info_hash=INJECTED"s,
          "/INJECTED"s, target({.more = "&port=INJECTED"})}) {
        CAPTURE(written);
        const HttpReply reply = tracker.send(get(written, "User-Agent: INJECTED\r\n"));
        CHECK(reply.head.find(marker) == std::string::npos);
        CHECK(reply.body.find(marker) == std::string::npos);
    }
}

TEST_SUITE_END();

}  // namespace
}  // namespace chihaya::test
