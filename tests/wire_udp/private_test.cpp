// Private mode over UDP: the passkey is in the tracker's URL, which clients send along (BEP 41).

#include "tests/wire_udp/udp_tracker.hpp"

#include <doctest/doctest.h>

#include <string>

namespace chihaya::test {
namespace {

constexpr const char* anna = "aaaaaaaaaaaaaaaa";
constexpr const char* ben = "bbbbbbbbbbbbbbbb";

constexpr const char* no_passkey = "user does not exist: the announce URL must contain a passkey";

/// A private tracker with torrent A and two users.
class PrivateTracker final : public UdpTracker {
public:
    PrivateTracker() : UdpTracker(R"("private": true)") {
        REQUIRE(manage("PUT", "/torrents/" + hex(hash_a), R"({"id": 1})").status == 200);
        for (const std::string passkey : {anna, ben}) {
            const std::string id = passkey == anna ? "1" : "2";
            REQUIRE(manage("PUT", "/users/" + passkey,
                           R"({"id": )" + id + R"(, "passkey": ")" + passkey + R"("})")
                        .status == 200);
        }
    }
};

UdpAnnounce with_url(const std::string& url) {
    return {.options = url_options(url)};
}

UdpAnnounce with_options(std::string_view digits) {
    return {.options = from_hex(digits)};
}

TEST_SUITE_BEGIN("wire: UDP in private mode");

TEST_CASE("both forms of a path with a passkey are accepted") {
    const PrivateTracker tracker;
    for (const std::string& path :
         {"/users/"s + anna + "/announce", "/"s + anna + "/announce",
          "/users/"s + anna + "/announce?a=b&c", "/"s + anna + "/announce?"}) {
        CAPTURE(path);
        const UdpAnswer answer = tracker.announce_udp(with_url(path));
        CHECK(answer.leechers == 1);
    }
}

TEST_CASE("accounts see each other and not themselves") {
    const PrivateTracker tracker;
    const std::string annas = url_options("/"s + anna + "/announce");
    const std::string bens = url_options("/"s + ben + "/announce");
    tracker.announce_udp({.left = 0, .options = annas});
    const UdpAnswer answer =
        tracker.announce_udp({.peer_id = transmission, .port = 7000, .options = bens});
    CHECK(answer.seeders == 1);
    CHECK(answer.entries == compact("127.0.0.1", 6881));
    CHECK(tracker.announce_udp({.peer_id = transmission, .port = 7001, .options = annas}).entries ==
          compact("127.0.0.1", 7000));
    CHECK(tracker.log().find(anna) == std::string::npos);
}

TEST_CASE("who names no passkey or a wrong one is told so") {
    const PrivateTracker tracker;
    CHECK(tracker.refused_udp({}) == no_passkey);
    for (const char* url : {"/announce", "/announce?passkey=0123456789abcdef", "/", "", "x",
                            "/users//announce", "/aaaaaaaaaaaaaaaa", "//announce"}) {
        CAPTURE(url);
        CHECK(tracker.refused_udp(with_url(url)) == no_passkey);
    }
    CHECK(tracker.refused_udp(with_url("/cccccccccccccccc/announce")) == "user does not exist");
    CHECK(tracker.number("Peers.IPv4.Peers.Current") == 0);
}

TEST_CASE("a torrent that is not registered is refused") {
    const PrivateTracker tracker;
    UdpAnnounce announce = with_url("/"s + anna + "/announce");
    announce.info_hash = hash_b;
    CHECK(tracker.refused_udp(announce) == "torrent does not exist");
}

TEST_CASE("a user that is deleted is refused from then on") {
    const PrivateTracker tracker;
    const UdpAnnounce announce = with_url("/"s + anna + "/announce");
    tracker.announce_udp(announce);
    REQUIRE(tracker.manage("DELETE", "/users/"s + anna).status == 200);
    CHECK(tracker.refused_udp(announce) == "user does not exist");
}

// Requests for a scrape carry no options, so nobody can say who asks.
TEST_CASE("a scrape is refused") {
    const PrivateTracker tracker;
    const UdpClient client(tracker.udp_port());
    CHECK(error_text(client.ask(scrape_packet(client.connect(), {std::string(hash_a)})), 0x11) ==
          no_passkey);
}

TEST_CASE("#123 an announce with the URL that libtorrent sends is understood") {
    const PrivateTracker tracker;
    const UdpClient client(tracker.udp_port());
    const UdpAnnounce announce = with_options(
        "02 22 2f 61 6e 6e 6f 75 6e 63 65 3f 70 61 73 73 6b 65 79 3d 30 31 32 33 34 35 36 37 38"
        "39 61 62 63 64 65 66");
    const std::string packet = announce_packet(client.connect(), announce);
    REQUIRE(packet.size() == 134);
    CHECK(error_text(client.ask(packet)) == no_passkey);  // it is where no passkey belongs
    const UdpTracker open;
    CHECK(open.announce_udp(announce).leechers == 1);
}

TEST_CASE("#124 other options around the URL are skipped and nothing behind the end is read") {
    const PrivateTracker tracker;
    const std::string url = url_options("/"s + anna + "/announce");
    for (const std::string& options :
         {"\x07\x03xyz"s + url, "\1\1"s + url + "\0\xde\xad"s, url + "\0"s + url + url,
          "\x07\0"s + url, "\xff\xff"s + std::string(255, 'z') + url, url + "\1\1\1"s,
          "\x02\0"s + url}) {
        CAPTURE(hex(options));
        CHECK(tracker.announce_udp({.options = options}).leechers == 1);
    }
    CHECK(tracker.refused_udp({.options = "\0"s + url}) == no_passkey);
    CHECK(tracker.refused_udp(with_options("07 03 78 79 7a 02 09 2f 61 6e 6e 6f 75 6e 63 65")) ==
          no_passkey);
    CHECK(tracker.refused_udp(with_options("01 01 02 09 2f 61 6e 6e 6f 75 6e 63 65 00 de ad")) ==
          no_passkey);
    CHECK(tracker.refused_udp(with_options("02 00")) == no_passkey);
}

TEST_CASE("#125 a URL that is cut off is none") {
    const PrivateTracker tracker;
    const std::string url = url_options("/"s + anna + "/announce");
    for (std::size_t size = 1; size < url.size(); ++size) {
        CAPTURE(size);
        CHECK(tracker.refused_udp({.options = url.substr(0, size)}) == no_passkey);
    }
    for (const std::string& options : {url + "\x02"s, url + "\x02\xff"s, url + "\x07\x01"s}) {
        CAPTURE(hex(options));
        CHECK(tracker.refused_udp({.options = options}) == no_passkey);
    }
}

TEST_CASE("#126 a URL in several pieces is put together") {
    const PrivateTracker tracker;
    const std::string path = "/users/"s + anna + "/announce";
    const std::string longest = path + "?" + std::string(318 - path.size() - 1, 'x');
    const std::string options = url_options(longest);
    REQUIRE(options.size() == 322);
    CHECK(tracker.announce_udp({.options = options}).leechers == 1);
    std::string in_letters;
    for (const char letter : path) {
        in_letters += option(2, std::string(1, letter)) + option(9, "between");
    }
    CHECK(tracker.announce_udp({.options = in_letters}).leechers == 1);
    // The passkey begins in the first piece and ends in the second.
    const std::string slashes = option(2, "/users/aaaaaaaa") + option(2, "aaaaaaaa/announce");
    CHECK(tracker.announce_udp({.options = slashes}).leechers == 1);
}

TEST_CASE("the amounts that a client claims are taken for what they are however large") {
    const PrivateTracker tracker;
    const std::string url = url_options("/"s + anna + "/announce");
    constexpr std::uint64_t most = ~std::uint64_t{0};
    for (const std::uint64_t amount : {most, std::uint64_t{0}, most, most - 1}) {
        CHECK(tracker.announce_udp({.downloaded = amount, .uploaded = amount, .options = url})
                  .leechers == 1);
    }
}

TEST_SUITE_END();

}  // namespace
}  // namespace chihaya::test
