#include "core/base/text.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>

TEST_SUITE_BEGIN("text");

namespace {

namespace text = chihaya::text;

TEST_CASE("bytes become hexadecimal digits and back, in either case") {
    const std::array<std::uint8_t, 4> bytes{0x00, 0x7f, 0xab, 0xff};
    CHECK(text::hex(bytes) == "007fabff");
    std::array<std::uint8_t, 4> back{};
    CHECK(text::from_hex("007FaBff", back));
    CHECK(back == bytes);
}

TEST_CASE("hexadecimal text of the wrong length or with a wrong digit is refused") {
    std::array<std::uint8_t, 2> out{};
    for (const char* const digits :
         {"", "abc", "abcde", "abcdef", "abcg", "ab d", "+bcd", "0xab"}) {
        CAPTURE(digits);
        CHECK_FALSE(text::from_hex(digits, out));
    }
}

TEST_CASE("every byte but 22 digits is no hexadecimal digit") {
    int digits = 0;
    for (int byte = 0; byte < 256; ++byte) {
        digits += text::hex_digit(static_cast<char>(byte)) >= 0 ? 1 : 0;
    }
    CHECK(digits == 22);
    CHECK(text::hex_digit('0') == 0);
    CHECK(text::hex_digit('f') == 15);
    CHECK(text::hex_digit('F') == 15);
}

TEST_CASE("the nearest word is found through a slip, and none is made up") {
    constexpr std::array<std::string_view, 5> known{"announce", "min_announce", "addr", "private",
                                                    "http"};
    CHECK(text::nearest("anounce", known) == "announce");
    CHECK(text::nearest("ANNOUNCE", known) == "announce");
    CHECK(text::nearest("min-announce", known) == "min_announce");
    CHECK(text::nearest("adr", known) == "addr");
    CHECK(text::nearest("prviate", known) == "private");
    CHECK(text::nearest("addr", known) == "addr");
    CHECK(text::nearest("network", known).empty());
    CHECK(text::nearest("", known).empty());
    CHECK(text::nearest("x", known).empty());
    CHECK(text::nearest("anything", {}).empty());
    CHECK(text::nearest(std::string(1'000'000, 'a'), known).empty());
}

TEST_CASE("only ASCII letters are equal in both cases") {
    CHECK(text::equal_ignoring_case("X-Real-IP", "x-real-ip"));
    CHECK(text::equal_ignoring_case("", ""));
    CHECK_FALSE(text::equal_ignoring_case("a", "ab"));
    CHECK_FALSE(text::equal_ignoring_case("[", "{"));
    CHECK_FALSE(text::equal_ignoring_case("\xc3\x84", "\xc3\xa4"));
}

TEST_CASE("blanks and tabs go from both ends, and nothing else") {
    CHECK(text::trim(" \t a b\t ") == "a b");
    CHECK(text::trim(" \t ").empty());
    CHECK(text::trim("").empty());
    CHECK(text::trim("\na\n") == "\na\n");
}

TEST_CASE("secrets compare equal only when every byte is") {
    CHECK(text::equal_in_constant_time("", ""));
    CHECK(text::equal_in_constant_time("secret", "secret"));
    CHECK_FALSE(text::equal_in_constant_time("secret", "secret "));
    const std::string secret = "0123456789abcdef";
    for (std::size_t i = 0; i < secret.size(); ++i) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            std::string other = secret;
            other[i] = static_cast<char>(static_cast<unsigned char>(other[i]) ^ (1U << bit));
            CHECK_FALSE(text::equal_in_constant_time(secret, other));
        }
    }
}

TEST_CASE("printable text has printable ASCII only, and every byte can be told from it") {
    CHECK(text::printable("-TR2820-") == "-TR2820-");
    CHECK(text::printable("a\\b") == "a\\x5cb");
    CHECK(text::printable(std::string_view("\0\n\x7f\xff", 4)) == "\\x00\\x0a\\x7f\\xff");
}

}  // namespace
