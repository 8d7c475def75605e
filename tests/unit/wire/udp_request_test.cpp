#include "core/wire/udp_request.hpp"

#include "chihaya/announce.hpp"
#include "core/wire/connection_id.hpp"
#include "tests/unit/wire/packets.hpp"
#include "tests/unit/wire/samples.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <string>
#include <vector>

namespace chihaya::wire {
namespace {

const Bytes connect = bytes_of("00 00 04 17 27 10 19 80 00 00 00 00 01 02 03 04");

const Bytes announce = bytes_of(
    "11 22 33 44 55 66 77 88 00 00 00 01 0a 0b 0c 0d a2 a1 55 37 54 2b 22 92 5a d1 04 86 bf 7a 8b "
    "2a 9c 42 f0 d1 2d 71 42 34 36 35 30 2d 41 62 43 64 45 66 47 68 49 6a 4b 6c 00 00 00 00 00 00 "
    "00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 00 00 00 00 00 00 02 00 00 00 00 81 c8 1d 14 00 "
    "00 00 c8 1a e1");

/// The sample announce with other bytes at `offset`.
Bytes with(std::size_t offset, std::string_view hex) {
    Bytes packet = announce;
    const Bytes bytes = bytes_of(hex);
    std::ranges::copy(bytes, packet.begin() + static_cast<std::ptrdiff_t>(offset));
    return packet;
}

/// The URL in these options, read into room for `room` bytes.
std::string url_in(const Bytes& options, std::size_t room = 2048) {
    const Exactly exact(options);
    std::vector<char> into(room);
    return std::string(url_data(exact.span(), into));
}

Bytes url_option(std::string_view url) {
    return joined({2, static_cast<std::uint8_t>(url.size())}, letters(url));
}

bool is_request(const Bytes& packet) {
    return read_udp_head(Exactly(packet).span()).has_value();
}

}  // namespace

TEST_SUITE_BEGIN("udp request");

TEST_CASE("a connect request is one with the protocol's id only") {
    const auto head = read_udp_head(Exactly(connect).span());
    REQUIRE(head.has_value());
    CHECK(head->action == UdpAction::connect);
    CHECK(head->connection_id == udp_protocol_id);
    CHECK(head->transaction == 0x01020304);
    CHECK(is_request(joined(connect, Bytes(500, 0xee))));
    for (std::size_t bit = 0; bit < 64; ++bit) {
        Bytes flipped = connect;
        flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
        CHECK_FALSE(is_request(flipped));
    }
}

TEST_CASE("what is shorter than a head is no request") {
    for (std::size_t size = 0; size < UdpHead::size; ++size) {
        CAPTURE(size);
        CHECK_FALSE(is_request({connect.begin(), connect.begin() + static_cast<int>(size)}));
        CHECK_FALSE(is_request({announce.begin(), announce.begin() + static_cast<int>(size)}));
    }
}

TEST_CASE("announces and scrapes are requests with any id and other actions are none") {
    for (const char* action : {"00 00 00 01", "00 00 00 02"}) {
        CHECK(is_request(with(8, action)));
        const Bytes magic = joined(bytes_of("00 00 04 17 27 10 19 80"), bytes_of(action));
        CHECK(is_request(joined(magic, Bytes(4, 0))));
    }
    for (const char* action : {"00 00 00 00", "00 00 00 03", "00 00 00 04", "01 00 00 00",
                               "02 00 00 00", "ff ff ff ff", "00 01 00 01", "80 00 00 01"}) {
        CAPTURE(action);
        CHECK_FALSE(is_request(with(8, action)));
    }
}

TEST_CASE("the fields of an announce are where they are") {
    const Exactly exact(announce);
    const UdpAnnounce packet(exact.span());
    const auto head = read_udp_head(exact.span());
    REQUIRE(head.has_value());
    CHECK(head->connection_id == 0x1122334455667788);
    CHECK(head->action == UdpAction::announce);
    CHECK(head->transaction == 0x0a0b0c0d);
    CHECK(packet.info_hash() == hash_a);
    CHECK(packet.peer_id() == peer_1);
    CHECK(packet.downloaded() == 0);
    CHECK(packet.left() == 65'536);
    CHECK(packet.uploaded() == 0);
    CHECK(packet.event() == Event::started);
    CHECK(packet.key() == 0x81c81d14);
    CHECK(packet.num_want() == 200U);
    CHECK(packet.port() == 6881);
    CHECK(packet.options().empty());
}

TEST_CASE("downloaded comes before left and left before uploaded") {
    const Exactly exact(
        with(56, "00 00 00 00 00 00 00 01 00 00 00 00 00 00 00 02 00 00 00 00 00 00 00 03"));
    const UdpAnnounce packet(exact.span());
    CHECK(packet.downloaded() == 1);
    CHECK(packet.left() == 2);
    CHECK(packet.uploaded() == 3);
}

TEST_CASE("an unknown amount left is the one that means so") {
    const Exactly exact(with(64, "ff ff ff ff ff ff ff ff"));
    CHECK(UdpAnnounce(exact.span()).left() == unknown_left);
}

TEST_CASE("event numbers are those of the standard and paused is the fourth") {
    const auto event = [](std::string_view hex) {
        const Exactly exact(with(80, hex));
        return UdpAnnounce(exact.span()).event();
    };
    CHECK(event("00 00 00 00") == Event::none);
    CHECK(event("00 00 00 01") == Event::completed);
    CHECK(event("00 00 00 02") == Event::started);
    CHECK(event("00 00 00 03") == Event::stopped);
    CHECK(event("00 00 00 04") == Event::paused);
    for (const char* none :
         {"00 00 00 05", "ff ff ff ff", "80 00 00 00", "01 00 00 00", "00 00 01 03"}) {
        CAPTURE(none);
        CHECK(event(none) == Event::none);
    }
}

TEST_CASE("a negative number of peers leaves it to the tracker") {
    const auto wanted = [](std::string_view hex) {
        const Exactly exact(with(92, hex));
        return UdpAnnounce(exact.span()).num_want();
    };
    CHECK(wanted("00 00 00 00") == 0U);
    CHECK(wanted("7f ff ff ff") == 0x7fffffffU);
    CHECK_FALSE(wanted("80 00 00 00").has_value());
    CHECK_FALSE(wanted("ff ff ff ff").has_value());
}

TEST_CASE("a URL is read from its option") {
    CHECK(url_in({}).empty());
    CHECK(url_in(bytes_of("02 0c 2f 64 69 72 3f 61 3d 62 26 63 3d 64")) == "/dir?a=b&c=d");
    CHECK(url_in(bytes_of("02 22 2f 61 6e 6e 6f 75 6e 63 65 3f 70 61 73 73 6b 65 79 3d 30 31 32 33 "
                          "34 35 36 37 38 39 61 62 63 64 65 66")) ==
          "/announce?passkey=0123456789abcdef");
    CHECK(url_in(bytes_of("02 00")).empty());
}

TEST_CASE("nothing behind the end of the options is read") {
    CHECK(url_in(bytes_of("01 01 02 09 2f 61 6e 6e 6f 75 6e 63 65 00 de ad")) == "/announce");
    CHECK(url_in(bytes_of("00 00")).empty());
    CHECK(url_in(joined({0}, url_option("/announce"))).empty());
}

TEST_CASE("other options are skipped by their length") {
    CHECK(url_in(bytes_of("07 03 78 79 7a 02 09 2f 61 6e 6e 6f 75 6e 63 65")) == "/announce");
    CHECK(url_in(joined({7, 0, 1, 255, 0}, url_option("/a"))) == "/a");
    CHECK(url_in(joined(joined({200, 255}, Bytes(255, 2)), url_option("/a"))) == "/a");
}

TEST_CASE("a URL in several options is put together in their order") {
    const std::string longest = "/" + std::string(317, 'x');
    CHECK(url_in(joined(url_option(longest.substr(0, 255)), url_option(longest.substr(255)))) ==
          longest);
    CHECK(url_in(joined(joined(url_option("/ann"), {1, 9, 1, 'z', 2, 0}), url_option("ounce"))) ==
          "/announce");
}

TEST_CASE("an option that is cut off makes the URL none") {
    CHECK(url_in(bytes_of("02 20 2f 61 6e 6e 6f 75 6e 63 65")).empty());
    for (const char* options :
         {"02", "02 ff", "07", "07 01", "ff ff", "02 01", "01 01 02", "01 03"}) {
        CAPTURE(options);
        CHECK(url_in(bytes_of(options)).empty());
        CHECK(url_in(joined(url_option("/announce"), bytes_of(options))).empty());
    }
    const Bytes whole = url_option("/announce");
    for (std::size_t size = 0; size < whole.size(); ++size) {
        CHECK(url_in({whole.begin(), whole.begin() + static_cast<int>(size)}).empty());
    }
}

TEST_CASE("a packet full of one byte is read to its end and no further") {
    for (unsigned byte = 0; byte < 256; ++byte) {
        CAPTURE(byte);
        for (const std::size_t size : {1U, 2U, 3U, 254U, 255U, 256U, 257U, 1000U, 1950U}) {
            CHECK(url_in(Bytes(size, static_cast<std::uint8_t>(byte))).size() <= size);
        }
    }
}

TEST_CASE("what the room cannot hold of a URL is cut off") {
    const Bytes options = joined(url_option("/announce"), url_option("?x=y"));
    CHECK(url_in(options, 13) == "/announce?x=y");
    CHECK(url_in(options, 11) == "/announce?x");
    CHECK(url_in(options, 4) == "/ann");
    CHECK(url_in(options, 0).empty());
}

TEST_CASE("a scrape has as many hashes as are whole and there is room for") {
    const Bytes head = bytes_of("11 22 33 44 55 66 77 88 00 00 00 02 00 00 00 12");
    const Bytes a(hash_a.bytes.begin(), hash_a.bytes.end());
    const Bytes c(hash_c.bytes.begin(), hash_c.bytes.end());
    std::array<InfoHash, 3> into{};
    const auto read = [&](const Bytes& packet) {
        return read_udp_scrape(Exactly(packet).span(), into);
    };
    CHECK(read(head) == 0);
    CHECK(read(joined(head, Bytes(19, 'x'))) == 0);
    REQUIRE(read(joined(joined(head, a), c)) == 2);
    CHECK(into[0] == hash_a);
    CHECK(into[1] == hash_c);
    CHECK(read(joined(joined(head, c), Bytes(19, 'x'))) == 1);
    CHECK(into[0] == hash_c);
    CHECK(read(joined(head, Bytes(std::size_t{20} * 101, 'x'))) == 3);
}

TEST_SUITE_END();

}  // namespace chihaya::wire
