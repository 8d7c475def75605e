#include "tests/support/mariadb_server.hpp"

#include "tests/support/gazelle_site.hpp"
#include "tests/support/sql.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

TEST_SUITE_BEGIN("MariaDB for tests");

namespace chihaya::test {

TEST_CASE("a server keeps what was committed when it is killed, and comes back on its port") {
    if (lacks_mariadb()) {
        return;
    }
    MariadbServer server;
    const auto port = server.port();
    {
        Sql sql(server);
        CHECK(sql.value("SELECT @@sql_mode").find("STRICT_TRANS_TABLES") != std::string::npos);
        CHECK(sql.value("SELECT @@max_allowed_packet") == "1048576");
        sql.run(
            "CREATE DATABASE one; CREATE TABLE one.t(a INT, b BLOB) ENGINE=InnoDB;"
            "INSERT INTO one.t VALUES (1, X'00FF'), (2, NULL)");
        CHECK(sql.rows("SELECT * FROM one.t ORDER BY a") ==
              std::vector<Sql::Row>{{"1", std::string("\0\xff", 2)}, {"2", "NULL"}});
        CHECK_THROWS_AS(sql.run("SELECT 1; SELECT nonsense"), SqlError);
    }
    server.restart();
    CHECK(server.port() == port);
    CHECK(Sql(server, "one").value("SELECT COUNT(*) FROM t") == "2");
    server.pause();
    server.resume();
    server.stop();
    CHECK_FALSE(server.running());
}

TEST_CASE("a MariaDB that cannot start says why") {
    if (lacks_mariadb()) {
        return;
    }
    CHECK_THROWS_WITH_AS(MariadbServer({.arguments = {"--nonsense=1"}}),
                         doctest::Contains("nonsense"), std::runtime_error);
}

TEST_CASE("a site of either kind has its rows, and its tracker no more rights than it needs") {
    if (lacks_mariadb()) {
        return;
    }
    const MariadbServer server;
    for (const Gazelle site : {Gazelle::whatcd, Gazelle::opsnet}) {
        create_site(server, site);
        Sql tracker(server, "gazelle", tracker_account);
        CHECK(tracker.value("SELECT COUNT(*) FROM users_main") == "7");
        CHECK(tracker.value("SELECT HEX(info_hash) FROM torrents WHERE ID = 101") ==
              "25263D2B2027225C00FF0102030405060708090A");
        CHECK(tracker.value("SELECT COUNT(*) FROM users_freeleeches") == "2");
        CHECK_THROWS_AS(tracker.run("DELETE FROM xbt_files_users"), SqlError);
        CHECK_THROWS_AS(tracker.run("UPDATE users_main SET can_leech = 1"), SqlError);
    }
}

}  // namespace chihaya::test
TEST_SUITE_END();
