#include "plugins/gazelle/database/sql_text.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

TEST_SUITE_BEGIN("values in a statement");

namespace chihaya::gazelle::test {

TEST_CASE("text is cut by characters, and what is none becomes a question mark") {
    CHECK(clean_text("plain", 51) == "plain");
    CHECK(clean_text("plain", 2) == "pl");
    CHECK(clean_text("", 51).empty());
    CHECK(clean_text("h\xC3\xA9h\xE2\x82\xAC", 3) == "h\xC3\xA9h");
    CHECK(clean_text("h\xC3\xA9h\xE2\x82\xAC", 4) == "h\xC3\xA9h\xE2\x82\xAC");
    CHECK(clean_text("\xFF\xFE\x41", 51) == "??A");
    CHECK(clean_text("\xF0\x9F\x98\x80", 51) == "????");                      // four bytes
    CHECK(clean_text("\xC0\x80\xE0\x80\x80\xED\xA0\x80", 51) == "????????");  // overlong, surrogate
    CHECK(clean_text("\xE2\x82", 51) == "??");                                // cut short
    CHECK(clean_text(std::string_view("a\0b\n\x7f", 5), 51) == "a?b??");
}

TEST_CASE("values are written so that none is taken for SQL") {
    SqlText sql;
    sql.number(std::uint64_t{1} << 63U).raw(",").number(300, 255).raw(",").signed_number(-7);
    CHECK(sql.view() == "9223372036854775807,255,-7");
    sql.clear();
    sql.text("'); --", 51).raw(",").text("", 51);
    CHECK(sql.view() == "_utf8mb4 X'27293B202D2D',''");
    sql.cut(3);
    sql.bytes(std::array<std::uint8_t, 3>{0, 0xAB, 0xFF});
    CHECK(sql.view() == "_utX'00ABFF'");
}

}  // namespace chihaya::gazelle::test
TEST_SUITE_END();
