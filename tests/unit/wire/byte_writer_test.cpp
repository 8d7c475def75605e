#include "core/wire/byte_writer.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace chihaya::wire {

TEST_SUITE_BEGIN("byte writer");

TEST_CASE("texts, numbers and bencoded values are appended") {
    std::array<char, 100> room{};
    ByteWriter out(room);
    const std::array<std::uint8_t, 3> raw{0, 0xff, 'x'};
    out.text("d");
    out.string("ab");
    out.string(raw);
    out.string(std::string_view{});
    out.integer(0);
    out.number(std::numeric_limits<std::uint64_t>::max());
    out.bytes(raw);
    out.bytes({});
    using namespace std::string_view_literals;
    CHECK(out.view() == "d2:ab3:\0\xffx0:i0e18446744073709551615\0\xffx"sv);
    CHECK(out.size() == out.view().size());
    CHECK_FALSE(out.overflow());
}

TEST_CASE("what does not fit is left out, and all that follows with it") {
    for (std::size_t size = 0; size < 12; ++size) {
        std::array<char, 12> room{};
        ByteWriter out(std::span<char>(room).first(size));
        out.string("abc");
        out.text("d");
        out.number(123456);
        CHECK(out.overflow() == (size < 12));
        CHECK(out.size() <= size);
        CHECK(std::string_view("3:abcd123456").starts_with(out.view()));
        out.text("");
        CHECK(out.overflow() == (size < 12));
    }
}

TEST_CASE("after an overflow even what would fit is left out") {
    std::array<char, 4> room{};
    ByteWriter out(room);
    out.text("abc");
    out.text("de");
    out.text("f");
    CHECK(out.view() == "abc");
    CHECK(out.overflow());
    CHECK(out.skip(1) == nullptr);
}

TEST_CASE("what follows a gap moves up to where it began") {
    std::array<char, 32> room{};
    ByteWriter out(room);
    out.text("12");
    CHECK(out.skip(5) == room.data() + 2);
    out.text("body");
    out.close_gap(2, 5);
    CHECK(out.view() == "12body");
    CHECK(out.skip(0) == room.data() + 6);
    CHECK(out.skip(5) != nullptr);
    out.close_gap(6, 5);
    CHECK(out.view() == "12body");
    out.close_gap(6, 0);
    CHECK(out.view() == "12body");
}

TEST_CASE("a number that just fits is whole, and one that does not is left out") {
    for (std::size_t size = 0; size < 4; ++size) {
        std::array<char, 4> room{};
        ByteWriter out{std::span(room).first(size)};
        out.number(123);
        CHECK(out.overflow() == (size < 3));
        CHECK(out.view() == (size < 3 ? "" : "123"));
    }
}

TEST_SUITE_END();

}  // namespace chihaya::wire
