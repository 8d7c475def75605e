#include "core/wire/announce_query.hpp"

#include "core/base/limits.hpp"
#include "tests/unit/wire/samples.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

namespace chihaya::wire {
namespace {

using Code = AnnounceError::Code;

constexpr std::uint64_t count_max = ~std::uint64_t{0} >> 1U;

AnnounceQuery good(std::string_view query) {
    CAPTURE(query);
    const auto result = parse_announce(query);
    REQUIRE(result.has_value());
    return *result;
}

AnnounceError bad(std::string_view query) {
    CAPTURE(query);
    const auto result = parse_announce(query);
    REQUIRE(result.has_error());
    return result.error();
}

std::string reason_of(AnnounceError error) {
    std::array<char, reason_max> room{};
    return std::string(reason(error, room));
}

/// An announce whose info_hash is written as `hash`.
std::string announce_of(std::string_view hash) {
    return "info_hash=" + std::string(hash) + "&peer_id=-qB4650-AbCdEfGhIjKl&port=6881&left=1";
}

/// An announce without the item that begins with `key`.
std::string announce_without(std::string_view key) {
    std::string query = "&" + announce_with("");
    const auto begin = query.find("&" + std::string(key) + "=");
    query.erase(begin, query.find('&', begin + 1) - begin);
    return query;
}

}  // namespace

TEST_SUITE_BEGIN("announce query");

TEST_CASE("an announce yields what it says") {
    const auto query = good(announce_with(
        "&corrupt=7&key=81C81D14&event=started&numwant=200&compact=1&no_peer_id=1&redundant=0"));
    CHECK(query.info_hash == hash_a);
    CHECK(query.peer_id == peer_1);
    CHECK(query.port == 6881);
    CHECK(query.uploaded == 0);
    CHECK(query.has_uploaded);
    CHECK(query.has_downloaded);
    CHECK(query.left == 65536);
    CHECK(query.corrupt == 7);
    CHECK(query.key == 0x81c81d14);
    CHECK(query.event == Event::started);
    CHECK(query.num_want == 200);
    CHECK(query.compact);
    CHECK(query.no_peer_id);
    CHECK_FALSE(query.ip.has_value());
}

TEST_CASE("every way in which programs escape an info-hash is understood") {
    for (const std::string_view hash :
         {"%20%26%3d%25%3b%2b.-_~*%27()!%00%2f%3f%3a%40",
          "%20%26%3D%25%3B%2B.-_~%2A%27%28%29%21%00%2F%3F%3A%40",
          "%20%26%3d%25%3b%2b.-_~%2a%27%28%29%21%00%2f%3f%3a%40",
          "%20%26%3D%25%3B%2B%2E-%5F%7E%2A%27%28%29%21%00%2F%3F%3A%40",
          "%20%26%3d%25%3b%2b%2e-%5f%7e%2a%27%28%29%21%00%2f%3f%3a%40",
          "%20%26%3D%25%3B%2B.-_%7E%2A%27%28%29%21%00%2F%3F%3A%40",
          "%20%26%3D%25%3B%2B%2E%2D%5F%7E%2A%27%28%29%21%00%2F%3F%3A%40"}) {
        CHECK(good(announce_of(hash)).info_hash == hash_b);
    }
    for (const std::string_view hash : {"%A2%A1U7T%2B%22%92Z%D1%04%86%BFz%8B%2A%9CB%F0%D1",
                                        "\xa2\xa1U7T%2b\"\x92Z\xd1\x04\x86\xbfz\x8b*\x9c"
                                        "B\xf0\xd1"}) {
        CHECK(good(announce_of(hash)).info_hash == hash_a);
    }
    CHECK(good(announce_of(all_escaped(hash_a.bytes))).info_hash == hash_a);
    CHECK(good(announce_of(all_escaped(hash_c.bytes))).info_hash == hash_c);
    CHECK(good(announce_of(all_escaped(hash_of(std::string(40, 'f')).bytes))).info_hash ==
          hash_of(std::string(40, 'f')));
}

TEST_CASE("a raw + in an info-hash is a space") {
    CHECK(good(announce_of("%A2%A1U7T+%22%92Z%D1%04%86%BFz%8B%2A%9CB%F0%D1")).info_hash ==
          hash_of("a2a15537542022925ad10486bf7a8b2a9c42f0d1"));
}

TEST_CASE("an info-hash of another size than 20 bytes is refused with its size") {
    for (const std::size_t size : {0U, 1U, 19U, 21U, 32U, 40U, 5000U}) {
        CHECK(bad(announce_of(std::string(size, 'a'))) ==
              AnnounceError{Code::info_hash_size, static_cast<std::uint32_t>(size)});
    }
    CHECK(bad("info_hash&peer_id=-qB4650-AbCdEfGhIjKl&port=6881&left=1").number == 0);
}

TEST_CASE("what is required and missing is named") {
    CHECK(bad("").code == Code::info_hash_missing);
    CHECK(bad(announce_without("info_hash")).code == Code::info_hash_missing);
    CHECK(bad("sha_ih=%b9%9d" + announce_without("info_hash")).code == Code::info_hash_missing);
    CHECK(bad(announce_without("peer_id")).code == Code::peer_id_missing);
    CHECK(bad(announce_without("port")).code == Code::port_missing);
    CHECK(bad(announce_without("left")).code == Code::left_missing);
}

TEST_CASE("an info-hash that is given twice is refused, the same one too") {
    CHECK(bad(announce_with("&info_hash=" + std::string(escaped_a))).code ==
          Code::info_hash_repeated);
    CHECK(bad(announce_with("&info_hash=x")).code == Code::info_hash_repeated);
}

TEST_CASE("a peer id of another size is refused, one of any bytes is taken") {
    const std::string rest = announce_without("peer_id") + "&peer_id=";
    CHECK(bad(rest) == AnnounceError{Code::peer_id_size, 0});
    CHECK(bad(rest + std::string(19, 'x')) == AnnounceError{Code::peer_id_size, 19});
    CHECK(bad(rest + std::string(21, 'x')) == AnnounceError{Code::peer_id_size, 21});
    CHECK(good(rest + all_escaped(PeerId{}.bytes)).peer_id == PeerId{});
    const auto odd = hash_of("2d5554333534532dd2ad01807f00ff2b25263d20").bytes;
    CHECK(good(rest + all_escaped(odd)).peer_id.bytes == odd);
}

TEST_CASE("a broken escape is refused in a known key and passed over in an unknown one") {
    CHECK(bad(announce_of("%A2%A1%zz")).code == Code::broken_escape);
    CHECK(bad(announce_of("%A2%A1U7T%2B%22%92Z%D1%04%86%BFz%8B%2A%9CB%F0%4")).code ==
          Code::broken_escape);
    for (const std::string_view key :
         {"peer_id", "port", "left", "uploaded", "downloaded", "corrupt", "event", "key", "numwant",
          "num_want", "compact", "no_peer_id", "ip", "ipv4", "ipv6"}) {
        CHECK(bad(announce_with("&" + std::string(key) + "=%")).code == Code::broken_escape);
        CHECK(bad(announce_with("&" + std::string(key) + "=1%u")).code == Code::broken_escape);
    }
    CHECK(good(announce_with("&foo=%zz&%zz=1&trackerid=%4&=%")).left == 65536);
}

TEST_CASE("keys may be escaped and are case-sensitive") {
    CHECK(good("info%5Fhash=" + std::string(escaped_a) +
               "&%70eer_id=-qB4650-AbCdEfGhIjKl&po%72t=1&left=%35")
              .left == 5);
    CHECK(bad("Info_Hash=" + std::string(escaped_a)).code == Code::info_hash_missing);
    CHECK(good(announce_with("&LEFT=0&Port=9&info_hash%00=x&no_peer_id%31=1")).left == 65536);
}

TEST_CASE("separators may be a semicolon, an escaped ampersand and a second ?") {
    std::string query = "passkey=K?" + announce_with("&event=stopped");
    CHECK(good(query).event == Event::stopped);
    for (std::size_t at = 0; (at = query.find('&', at)) != std::string::npos; at += 5) {
        query.replace(at, 1, "&amp;");
    }
    CHECK(good(query).event == Event::stopped);
    CHECK(good("&&;?" + query + "&&=x&y").event == Event::stopped);
}

TEST_CASE("the order of parameters does not matter") {
    const auto sorted = good(
        "compact=1&downloaded=0&event=started&info_hash=" + std::string(escaped_a) +
        "&key=-5&left=65536&peer_id=-qB4650-AbCdEfGhIjKl&port=6881&supportcrypto=1&uploaded=0");
    CHECK(sorted.info_hash == hash_a);
    CHECK(sorted.peer_id == peer_1);
    CHECK(sorted.port == 6881);
}

TEST_CASE("a port is 1 to 65535") {
    const std::string rest = announce_without("port") + "&port=";
    CHECK(good(rest + "1").port == 1);
    CHECK(good(rest + "65535").port == 65535);
    CHECK(good(rest + "%36881").port == 6881);
    for (const std::string_view port :
         {"", "0", "-1", "65536", "abc", "6881x", "65537", "4294967297", "99999999999999999999",
          "18446744073709551617", "+80", " 80"}) {
        CHECK(bad(rest + std::string(port)).code == Code::port_invalid);
    }
}

TEST_CASE("left counts as unknown when it is there and nonsense, and saturates") {
    const std::string rest = announce_without("left") + "&left=";
    CHECK(good(rest + "0").left == 0);
    CHECK(good(rest + "16384").left == 16384);
    for (const std::string_view left : {"", "-1", "abc", "1e9", "0x0", "-99999999999999999999"}) {
        CHECK(good(rest + std::string(left)).left == unknown_left);
    }
    for (const std::string_view left :
         {"9223372036854775807", "9223372036854775808", "18446744073709551615",
          "1111111111111111111111111111111111111111"}) {
        CHECK(good(rest + std::string(left)).left == count_max);
    }
    CHECK(good(rest + std::string(70, '0') + "%30").left == unknown_left);
}

TEST_CASE("uploaded and downloaded are 0 when nonsense, and it is told whether they were there") {
    auto query = good(announce_without("uploaded"));
    CHECK_FALSE(query.has_uploaded);
    CHECK(query.has_downloaded);
    query = good(announce_with("&uploaded=-5&downloaded=1e9&corrupt=-1"));
    CHECK(query.has_uploaded);
    CHECK(query.uploaded == 0);
    CHECK(query.downloaded == 0);
    CHECK(query.corrupt == 0);
    query = good(announce_with("&uploaded=99999999999999999999&downloaded=12"));
    CHECK(query.uploaded == count_max);
    CHECK(query.downloaded == 12);
}

TEST_CASE("an event that is none of the four is none") {
    CHECK(good(announce_with("")).event == Event::none);
    CHECK(good(announce_with("&event=started")).event == Event::started);
    CHECK(good(announce_with("&event=completed")).event == Event::completed);
    CHECK(good(announce_with("&event=stopped")).event == Event::stopped);
    CHECK(good(announce_with("&event=paused")).event == Event::paused);
    CHECK(good(announce_with("&event=%73topped")).event == Event::stopped);
    for (const std::string_view event :
         {"", "bogus", "STARTED", "Started", "update", "none", "start"}) {
        CHECK(good(announce_with("&event=" + std::string(event))).event == Event::none);
    }
}

TEST_CASE("num_want is absent when nonsense and saturates below that") {
    CHECK(good(announce_with("")).num_want == num_want_absent);
    for (const std::string_view key : {"numwant", "num_want"}) {
        const auto wanted = [&](std::string_view value) {
            return good(announce_with("&" + std::string(key) + "=" + std::string(value))).num_want;
        };
        CHECK(wanted("0") == 0);
        CHECK(wanted("7") == 7);
        for (const std::string_view value : {"", "-1", "-99999999999", "x", "1x"}) {
            CHECK(wanted(value) == num_want_absent);
        }
        for (const std::string_view value :
             {"4294967294", "4294967295", "4294967296", "999999999999999999999"}) {
            CHECK(wanted(value) == num_want_absent - 1);
        }
    }
}

TEST_CASE("only compact=0 asks for the long form, only no_peer_id=1 for no ids") {
    CHECK(good(announce_with("")).compact);
    CHECK_FALSE(good(announce_with("&compact=0")).compact);
    for (const std::string_view value : {"", "1", "2", "00", "-0", "false"}) {
        CHECK(good(announce_with("&compact=" + std::string(value))).compact);
    }
    CHECK_FALSE(good(announce_with("")).no_peer_id);
    CHECK(good(announce_with("&no_peer_id=1")).no_peer_id);
    CHECK_FALSE(good(announce_with("&no_peer_id=0")).no_peer_id);
    CHECK_FALSE(good(announce_with("&no_peer_id=")).no_peer_id);
}

TEST_CASE("a key of hex digits is that number, any other a hash that does not change") {
    const auto key = [](std::string_view value) {
        return good(announce_with("&key=" + std::string(value))).key;
    };
    CHECK(good(announce_with("")).key == 0);
    CHECK(key("") == key("-2147483648&key="));
    CHECK(key("4686ce19") == 0x4686ce19);
    CHECK(key("4686CE19") == 0x4686ce19);
    CHECK(key("%346") == 0x46);
    CHECK(key("f") == 15);
    CHECK(key("-2147483648") != key("-2147483647"));
    CHECK(key("%26%88%C7%F0%CB%9F%B0p") != key("%26%88%C7%F0%CB%9F%B0q"));
    CHECK(key("foobar") == 0xbf9cf968);  // a published value of FNV-1a
    CHECK(key("123456789") != 0x12345678);
    const std::string longest(200, 'k');
    CHECK(key(longest) == key(longest.substr(0, 64)));
    CHECK(key(longest) == key("%6b" + longest));
}

TEST_CASE("the first valid address of each kind is taken, with its port dropped") {
    const auto v4 = IpAddress::parse("203.0.113.10");
    const auto v6 = IpAddress::parse("2001:db8::1");
    auto query = good(announce_with("&ip=https://x/all.txt&ip=203.0.113.10&ip=198.51.100.20"));
    CHECK(query.ip == v4);
    query = good(announce_with("&ipv4=203.0.113.10%3A6881&ipv6=%5B2001%3Adb8%3A%3A1%5D%3A6882"));
    CHECK(query.ipv4 == v4);
    CHECK(query.ipv6 == v6);
    query = good(announce_with("&ipv6=2001:db8::1&ipv4=203.0.113.10:1&ip=%5b2001:db8::1%5d"));
    CHECK(query.ipv4 == v4);
    CHECK(query.ipv6 == v6);
    CHECK(query.ip == v6);
}

TEST_CASE("an address of the wrong family, or none, is not taken") {
    const auto query = good(announce_with(
        "&ip=&ip=tracker.example&ipv4=garbage&ipv4=2001:db8::1&ipv6=203.0.113.10"
        "&ipv6=::ffff:203.0.113.10&ipv4=1.2.3.4:x&ipv4=1.2.3.4:&ipv6=[::1&ip=[1.2.3.4]"
        "&ip=1.2.3.4:123456&ip=" +
        std::string(200, '1')));
    CHECK_FALSE(query.ip.has_value());
    CHECK_FALSE(query.ipv4.has_value());
    CHECK_FALSE(query.ipv6.has_value());
}

TEST_CASE("the last of several values counts") {
    const auto query =
        good(announce_with("&left=7&left=8&event=started&event=stopped&port=1&numwant=5&num_want=6&"
                           "compact=0&compact=1"));
    CHECK(query.left == 8);
    CHECK(query.event == Event::stopped);
    CHECK(query.port == 1);
    CHECK(query.num_want == 6);
    CHECK(query.compact);
}

TEST_CASE("too many parameters are refused") {
    std::string many;
    for (std::size_t i = 0; i < limits::query_items_max; ++i) {
        many += "&x=1";
    }
    CHECK(bad(announce_with(many)).code == Code::too_many_items);
}

TEST_CASE("a reason says what is wrong and echoes nothing") {
    CHECK(reason_of(bad(announce_of(std::string(19, 'a')))) ==
          "malformed request: info_hash must be 20 bytes, got 19");
    CHECK(reason_of({Code::info_hash_missing}) == "malformed request: info_hash is missing");
    CHECK(reason_of({Code::info_hash_repeated}) == "malformed request: info_hash given twice");
    CHECK(reason_of({Code::peer_id_missing}) == "malformed request: peer_id is missing");
    CHECK(reason_of({Code::peer_id_size, 0}) ==
          "malformed request: peer_id must be 20 bytes, got 0");
    CHECK(reason_of({Code::port_invalid}) == "malformed request: port must be 1 to 65535");
    CHECK(reason_of({Code::port_missing}) == "malformed request: port is missing");
    CHECK(reason_of({Code::left_missing}) == "malformed request: left is missing");
    CHECK(reason_of({Code::broken_escape}) ==
          "malformed request: a value has a broken percent escape");
    CHECK(reason_of({Code::too_many_items}) == "malformed request: too many parameters");
    CHECK(reason_of({Code::info_hash_size, ~std::uint32_t{0}}).ends_with("got 4294967295"));
}

TEST_SUITE_END();

}  // namespace chihaya::wire
