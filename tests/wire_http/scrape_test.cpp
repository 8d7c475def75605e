// Scrapes and refusals.

#include "tests/wire_http/tracker.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>

namespace chihaya::test {
namespace {

// Our scrapes always say how often to ask, which is `min_announce`.
constexpr std::string_view flags = "5:flagsd20:min_request_intervali900eee";

std::string file(std::string_view info_hash, std::string_view numbers) {
    return "20:" + std::string(info_hash) + 'd' + std::string(numbers) + 'e';
}

std::string body_with(const std::string& files) {
    return "d5:filesd" + files + 'e' + std::string(flags);
}

/// One seeder, five completed downloads, two leechers.
void populate(const Tracker& tracker) {
    for (std::uint32_t port = 1001; port < 1006; ++port) {
        tracker.announce({.port = port});
        tracker.announce({.port = port, .left = 0, .event = "completed"});
        if (port != 1001) {
            tracker.announce({.port = port, .left = 0, .event = "stopped"});
        }
    }
    tracker.announce({.port = 2001});
    tracker.announce({.port = 2002});
}

/// A scrape for `count` different hashes, the first of which is `numbered_hash(1)`.
std::string many_hashes(std::uint32_t count) {
    std::string written = "/scrape?";
    for (std::uint32_t i = 1; i <= count; ++i) {
        written += (i == 1 ? "info_hash=" : "&info_hash=") + escaped(numbered_hash(i));
    }
    return written;
}

TEST_SUITE_BEGIN("wire: scrapes");

TEST_CASE("#75 a scrape shows seeders and snatches and leechers byte for byte") {
    const Tracker tracker;
    populate(tracker);
    CHECK(tracker.send(get(scrape_target(hash_a))).body ==
          body_with(file(hash_a, "8:completei1e10:downloadedi5e10:incompletei2e")));
}

TEST_CASE("#76 swarms are sorted as unsigned bytes") {
    const Tracker tracker;
    populate(tracker);
    tracker.announce({.info_hash = hash_b});
    CHECK(tracker.send(get(scrape_target(hash_a) + "&info_hash=" + escaped(hash_b))).body ==
          body_with(file(hash_b, "8:completei0e10:downloadedi0e10:incompletei1e") +
                    file(hash_a, "8:completei1e10:downloadedi5e10:incompletei2e")));
}

TEST_CASE("#77 a hash asked for three times appears once") {
    const Tracker tracker;
    tracker.announce({});
    const std::string again = "&info_hash=" + escaped(hash_a);
    CHECK(tracker.send(get(scrape_target(hash_a) + again + again)).body ==
          tracker.send(get(scrape_target(hash_a))).body);
}

// Unknown hashes are left out rather than shown as zeros.
TEST_CASE("#78 an unknown hash is left out") {
    const Tracker tracker;
    CHECK(tracker.send(get(scrape_target(hash_c))).body == body_with(""));
    tracker.announce({});
    CHECK(tracker.send(get(scrape_target(hash_c) + "&info_hash=" + escaped(hash_a))).body ==
          body_with(file(hash_a, "8:completei0e10:downloadedi0e10:incompletei1e")));
}

TEST_CASE("#79 a scrape of everything is refused") {
    const Tracker tracker;
    tracker.announce({});
    for (const char* written : {"/scrape", "/scrape?", "/scrape?passkey=x"}) {
        CHECK(refusal(tracker.send(get(written))) == "full scrape disabled");
    }
}

TEST_CASE("#79 where the operator allows it everything is scraped once it is ready") {
    const Tracker tracker(R"("http": {"full_scrape": true})");
    populate(tracker);
    HttpReply reply = tracker.send(get("/scrape"));
    for (int i = 0; i < 500 && reply.body.find("being prepared") != std::string::npos; ++i) {
        CHECK(refusal(reply) == "the full scrape is being prepared");
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
        reply = tracker.send(get("/scrape"));
    }
    CHECK(reply.body == body_with(file(hash_a, "8:completei1e10:downloadedi5e10:incompletei2e")));
}

TEST_CASE("#80 sixty hashes are all answered") {
    const Tracker tracker;
    for (std::uint32_t i = 1; i <= 60; ++i) {
        tracker.announce({.info_hash = numbered_hash(i)});
    }
    const std::string written = many_hashes(60);
    CHECK(get(written).size() > 4280);
    CHECK(success(tracker.send(get(written))).at("files").dictionary().size() == 60);
}

// The limit is 100 hashes.
TEST_CASE("#81 seventy-five hashes are answered and a hundred and one are too many") {
    const Tracker tracker;
    for (std::uint32_t i = 1; i <= 101; ++i) {
        tracker.announce({.info_hash = numbered_hash(i)});
    }
    for (const std::uint32_t count : {75U, 100U}) {
        CHECK(success(tracker.send(get(many_hashes(count)))).at("files").dictionary().size() ==
              count);
    }
    CHECK(refusal(tracker.send(get(many_hashes(101)))) == "GET string too long");
    CHECK(tracker.serves_as_ever());
}

TEST_CASE("#81 the number of hashes is configurable") {
    const Tracker tracker(R"("limits": {"max_scrape_infohashes": 3})");
    CHECK(success(tracker.send(get(many_hashes(3)))).has("files"));
    CHECK(refusal(tracker.send(get(many_hashes(4)))) == "GET string too long");
}

TEST_CASE("#82 a hash of the wrong size refuses the whole scrape") {
    const Tracker tracker;
    tracker.announce({});
    const std::string written = scrape_target(hash_a) + "&info_hash=";
    for (const std::string& wrong :
         {escaped(hash_b.substr(1)), escaped(std::string(hash_b) + 'x'), ""s, hex(hash_b)}) {
        CHECK(refusal(tracker.send(get(written + wrong))) ==
              "malformed request: info_hash must be 20 bytes");
    }
    CHECK(refusal(tracker.send(get(written + "%zz"))) ==
          "malformed request: a value has a broken percent escape");
}

TEST_CASE("#83 in private mode a wrong passkey is refused") {
    const Tracker tracker(R"("private": true)");
    const std::string query = scrape_target(hash_a).substr(7);
    for (const char* path : {"/users/0123456789abcdef/scrape", "/0123456789abcdef/scrape"}) {
        CHECK(refusal(tracker.send(get(path + query))) == "user does not exist");
    }
    CHECK(refusal(tracker.send(get("/scrape" + query)))
              .starts_with("user does not exist: the announce URL must contain a passkey"));
    CHECK(refusal(tracker.send(get(target({}))))
              .starts_with("user does not exist: the announce URL must contain a passkey"));
    CHECK(refusal(tracker.send(get("/0123456789abcdef" + target({})))) == "user does not exist");
    CHECK(tracker.send(get("/not*a*passkey/scrape" + query)).status == 404);
    CHECK(tracker.send(get("/0123456789abcdef0123456789abcdef0/scrape" + query)).status == 404);
}

TEST_CASE("#84 partial seeds bring downloaders into the scrape") {
    const Tracker tracker;
    tracker.announce({.port = 1001, .left = 0});
    tracker.announce({.port = 2001});
    tracker.announce({.port = 2002, .event = "paused"});
    CHECK(
        tracker.send(get(scrape_target(hash_a))).body ==
        body_with(file(hash_a, "8:completei1e10:downloadedi0e11:downloadersi1e10:incompletei2e")));
}

TEST_CASE("#85 a scrape creates nothing and registers nobody") {
    const Tracker tracker;
    CHECK(tracker.scraped(hash_a) == Counts{});
    CHECK(tracker.scraped(hash_a) == Counts{});
    CHECK(http_get(tracker.management_port(), "/torrents/" + hex(hash_a)).status == 404);
    CHECK(tracker.serves_as_ever());
}

// Chihaya v1's TestPublicScrape: the misspelt event makes a seeder and no snatch.
TEST_CASE("counts follow the peers as they did in Chihaya v1") {
    const Tracker tracker;
    tracker.announce({.port = 1001, .event = "started"});
    CHECK(tracker.scraped(hash_a) == Counts{0, 0, 1});
    tracker.announce({.port = 1002, .left = 0, .event = "started"});
    CHECK(tracker.scraped(hash_a) == Counts{1, 0, 1});
    tracker.announce({.port = 1002, .left = 0, .event = "stopped"});
    CHECK(tracker.scraped(hash_a) == Counts{0, 0, 1});
    tracker.announce({.port = 1001, .left = 0, .event = "complete"});
    CHECK(tracker.scraped(hash_a) == Counts{1, 0, 0});
}

TEST_SUITE_END();

TEST_SUITE_BEGIN("wire: refusals");

TEST_CASE("#68 every refusal is a dictionary with a reason under status 200") {
    const Tracker tracker(R"("create_on_announce": false, "whitelist": true)");
    // `refusal` looks at each reply.
    for (const std::string& written :
         {"/announce"s, "/scrape"s, "/announce?info_hash=x"s, "/scrape?info_hash=x"s, target({}),
          target({.peer_id = "x"}), target({.port = 0}), many_hashes(101),
          target({.more = "&numwant=%"})}) {
        CAPTURE(written);
        CHECK_FALSE(refusal(tracker.send(get(written))).empty());
    }
}

TEST_CASE("#69 an unregistered torrent is refused with the configured intervals") {
    const Tracker tracker(R"("create_on_announce": false)");
    CHECK(tracker.send(get(target({}))).body ==
          "d14:failure reason22:torrent does not exist8:intervali1800e12:min intervali1800ee");
    CHECK(http_get(tracker.management_port(), "/torrents/" + hex(hash_a)).status == 404);
}

TEST_CASE("#70 a refusal of a malformed request says when to come back and nothing else") {
    const Tracker tracker;
    CHECK(tracker.send(get("/announce")).body ==
          "d14:failure reason39:malformed request: info_hash is missing"
          "8:intervali1800e12:min intervali900ee");
    CHECK(tracker.send(get(many_hashes(101))).body ==
          "d14:failure reason19:GET string too long8:intervali1800e12:min intervali900ee");
}

TEST_CASE("#71 nothing is ever gone or elsewhere") {
    const Tracker tracker;
    for (const std::string& bytes :
         {get("/announce"), get("/announce/"), get("/Announce"), get("//announce"), get("/"),
          "POST /announce HTTP/1.1\r\n\r\n"s, "nonsense\r\n\r\n"s, get(target({})),
          get(target({.event = "stopped"}))}) {
        CAPTURE(bytes);
        const int status = tracker.send(bytes).status;
        CHECK((status == 200 || status == 400 || status == 404 || status == 405));
    }
}

TEST_SUITE_END();

}  // namespace
}  // namespace chihaya::test
