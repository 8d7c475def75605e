#include "plugins/gazelle/database/trouble.hpp"

#include <doctest/doctest.h>

TEST_SUITE_BEGIN("errors of a site's database");

namespace chihaya::gazelle::test {

TEST_CASE("each error has its remedy") {
    CHECK(remedy_of(0) == Remedy::none);
    for (const unsigned number : {1213U, 1205U, 1020U, 3572U}) {
        CHECK(remedy_of(number) == Remedy::repeat);
    }
    for (const unsigned number :
         {2002U, 2003U, 2006U, 2013U, 1040U, 1053U, 1927U, 1290U, 1836U, 2055U}) {
        CHECK(remedy_of(number) == Remedy::reconnect);
    }
    for (const unsigned number : {1452U, 1364U, 1406U, 1264U, 1366U, 1048U}) {
        CHECK(remedy_of(number) == Remedy::drop_row);
    }
    for (const unsigned number : {1142U, 1044U, 1045U, 1146U, 1054U, 1143U, 1049U}) {
        CHECK(remedy_of(number) == Remedy::ask_operator);
    }
}

TEST_CASE("an unknown error about data leaves the row out, any other waits for the operator") {
    CHECK(remedy_of(1999, "22003") == Remedy::drop_row);
    CHECK(remedy_of(1999, "23000") == Remedy::drop_row);
    CHECK(remedy_of(1999, "42000") == Remedy::ask_operator);
    CHECK(remedy_of(1999, "HY000") == Remedy::ask_operator);
}

}  // namespace chihaya::gazelle::test
TEST_SUITE_END();
