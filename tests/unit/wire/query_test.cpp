#include "core/wire/query.hpp"

#include "tests/unit/wire/samples.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chihaya::wire {
namespace {

using namespace std::string_view_literals;
using Items = std::vector<std::pair<std::string, std::string>>;

Items items_of(std::string_view query) {
    Items items;
    QueryCursor cursor(query);
    QueryItem item;
    while (cursor.next(item)) {
        items.emplace_back(item.key, item.value);
    }
    return items;
}

std::optional<std::string> decoded(std::string_view raw) {
    std::array<std::uint8_t, 64> room{};
    const auto size = decode(raw, room);
    return size ? std::optional(std::string(room.begin(), room.begin() + static_cast<int>(*size)))
                : std::nullopt;
}

}  // namespace

TEST_SUITE_BEGIN("query");

TEST_CASE("items are separated by &, semicolon and a further ?") {
    CHECK(items_of("a=1&b=2;c=3?d=4") == Items{{"a", "1"}, {"b", "2"}, {"c", "3"}, {"d", "4"}});
}

TEST_CASE("an item without = is a key, and only the first = divides") {
    CHECK(items_of("a&b=&c=d=e==&f") == Items{{"a", ""}, {"b", ""}, {"c", "d=e=="}, {"f", ""}});
    CHECK(items_of("=v&=") == Items{{"", "v"}, {"", ""}});
}

TEST_CASE("empty items are passed over") {
    CHECK(items_of("&&a=1;;&?b=2&") == Items{{"a", "1"}, {"b", "2"}});
    CHECK(items_of("").empty());
    CHECK(items_of("&;?&").empty());
}

TEST_CASE("an item is found wherever it lies in a long query") {
    for (std::size_t before = 0; before < 200; ++before) {
        for (const std::size_t inside : {0U, 1U, 15U, 16U, 17U, 63U, 64U, 65U, 130U}) {
            CAPTURE(before);
            CAPTURE(inside);
            const std::string first(before, 'x');
            const std::string value(inside, 'y');
            std::string query = "p=";
            query.append(first).append("&key=").append(value).append(";last");
            CHECK(items_of(query) == Items{{"p", first}, {"key", value}, {"last", ""}});
        }
    }
}

TEST_CASE("an item says whether its value, not its key, may be escaped") {
    for (std::size_t before = 0; before < 40; ++before) {
        for (const std::size_t inside : {0U, 1U, 14U, 15U, 16U, 17U, 40U}) {
            CAPTURE(before);
            CAPTURE(inside);
            const std::string key(before, 'k');
            const std::string plain(inside, 'v');
            std::string query = "%" + key + "=" + plain;
            query.append("&").append(key).append("a=").append(plain).append("%41");
            query.append("&").append(key).append("b=").append(plain).append("+&+%");
            QueryCursor cursor(query);
            QueryItem item;
            for (const bool escaped : {false, true, true, false}) {
                REQUIRE(cursor.next(item));
                CHECK(item.value_escaped == escaped);
            }
        }
    }
}

TEST_CASE("a cursor stops at the limit of items and says so") {
    std::string query;
    for (std::size_t i = 0; i < limits::query_items_max; ++i) {
        query += "a&";
    }
    QueryItem item;
    for (const bool excess : {false, true}) {
        QueryCursor cursor(query);
        std::size_t count = 0;
        while (cursor.next(item)) {
            ++count;
        }
        CHECK(count == limits::query_items_max);
        CHECK(cursor.too_many() == excess);
        query += "b";
    }
}

TEST_CASE("decoding takes either case of hex, + as a space, and any other byte as itself") {
    CHECK(decoded("%2b%2B+a%00\x80\x01~") == "++ a\0\x80\x01~"sv);
    CHECK(decoded("").value().empty());
}

TEST_CASE("a broken escape is an error and nothing behind the value is read") {
    for (const std::string_view raw : {"%", "%4", "a%", "a%4", "%zz", "%4g", "%g4", "%u0041",
                                       "%%41", "% 1", "%+1", "%-1", "%0x"}) {
        CAPTURE(raw);
        CHECK_FALSE(decoded(raw).has_value());
    }
    const std::string_view behind = "%41";
    CHECK_FALSE(decoded(behind.substr(0, 2)).has_value());
    CHECK_FALSE(decoded(behind.substr(0, 1)).has_value());
}

TEST_CASE("decoding tells the whole size when there is less room") {
    std::array<std::uint8_t, 2> room{};
    CHECK(decode("%41%42%43d", room) == 4);
    CHECK(room == std::array<std::uint8_t, 2>{'A', 'B'});
    CHECK_FALSE(decode("%41%42%43%", room).has_value());
}

TEST_CASE("every byte survives escaping") {
    for (unsigned byte = 0; byte < 256; ++byte) {
        const auto value = static_cast<std::uint8_t>(byte);
        CHECK(decoded(all_escaped({&value, 1})) == std::string(1, static_cast<char>(value)));
    }
}

TEST_CASE("an integer is digits with at most one minus before them") {
    CHECK(read_integer("0") == 0);
    CHECK(read_integer("007") == 7);
    CHECK(read_integer("-5") == -5);
    CHECK(read_integer("-0") == 0);
    for (const std::string_view text :
         {"", "-", "--1", "+1", " 1", "1 ", "1e9", "0x10", "1.5", "1,", "\xff", "1-", "/", ":"}) {
        CAPTURE(text);
        CHECK_FALSE(read_integer(text).has_value());
    }
    CHECK_FALSE(read_integer(std::string("1\0", 2)).has_value());
}

TEST_CASE("an integer saturates instead of wrapping") {
    constexpr auto most = std::numeric_limits<std::int64_t>::max();
    CHECK(read_integer("9223372036854775799") == most - 8);
    CHECK(read_integer("9223372036854775806") == most - 1);
    CHECK(read_integer("9223372036854775807") == most);
    CHECK(read_integer("9223372036854775808") == most);
    CHECK(read_integer("18446744073709551615") == most);
    CHECK(read_integer("18446744073709551616") == most);
    CHECK(read_integer("-9223372036854775808") == -most);
    CHECK(read_integer(std::string(40, '9')) == most);
    CHECK(read_integer(std::string(4000, '1')) == most);
    CHECK(read_integer(std::string(100, '0') + "12") == 12);
    CHECK_FALSE(read_integer(std::string(40, '9') + "x").has_value());
}

TEST_SUITE_END();

}  // namespace chihaya::wire
