#include "plugins/gazelle/database/connection.hpp"

#include "plugins/gazelle/database/dialect.hpp"
#include "tests/gazelle/site_parameters.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>
#include <vector>

TEST_SUITE_BEGIN("the connection to a site's database");

namespace chihaya::gazelle::test {
namespace {

using chihaya::test::ChildProcess;
using chihaya::test::create_site;
using chihaya::test::find_program;
using chihaya::test::Gazelle;
using chihaya::test::lacks_mariadb;
using chihaya::test::lacks_program;
using chihaya::test::MariadbServer;
using chihaya::test::Sql;
using chihaya::test::TempDir;

/// One server for the file: to start it takes longer than all the rest.
MariadbServer& the_server() {
    static MariadbServer server;
    server.start();
    server.resume();
    return server;
}

std::string one_value(Connection& connection, const std::string& query) {
    std::string value;
    const DatabaseError error = connection.query(query, [&](std::span<const Field> row) {
        value = row.front().is_null ? "NULL" : std::string(row.front().text);
        return true;
    });
    CHECK(error.text == "");
    return value;
}

}  // namespace

TEST_CASE("a connection has its session as the driver needs it, by socket and by TCP") {
    if (lacks_mariadb()) {
        return;
    }
    create_site(the_server(), Gazelle::whatcd);
    Parameters parameters = parameters_of(the_server());
    for (const bool by_tcp : {false, true}) {
        if (by_tcp) {
            parameters.database.unix_socket.clear();
            parameters.database.host = "localhost";  // not what the library takes for a socket
            parameters.database.port = the_server().port();
        }
        Connection connection(parameters);
        CHECK_FALSE(connection.is_open());
        CHECK(connection.execute("SELECT 1").remedy == Remedy::reconnect);
        REQUIRE(connection.open().text == "");
        CHECK(connection.is_open());
        CHECK(connection.times_opened() == 1);
        CHECK(connection.statement_max() == 1 << 20);
        CHECK(one_value(connection, "SELECT @@autocommit") == "0");
        CHECK(one_value(connection, "SELECT @@innodb_lock_wait_timeout") == "2");
        CHECK(one_value(connection, "SELECT @@lock_wait_timeout") == "5");
        CHECK(one_value(connection, "SELECT @@character_set_client") == "utf8mb4");
        CHECK(one_value(connection, "SELECT @@sql_mode = @@GLOBAL.sql_mode") == "1");
        CHECK(one_value(connection, "SELECT NULL") == "NULL");
        CHECK(one_value(connection, "SELECT X'410042'") == std::string("A\0B", 3));
    }
}

TEST_CASE("several statements in one, and files of the client, are refused") {
    if (lacks_mariadb()) {
        return;
    }
    create_site(the_server(), Gazelle::whatcd);
    const Parameters parameters = parameters_of(the_server());
    Connection connection(parameters);
    REQUIRE(connection.open().ok());
    const DatabaseError error = connection.execute("SELECT 1; SELECT 'secret'");
    CHECK(error.number == 1064);
    CHECK(error.text == "error 1064");
    CHECK(connection.is_open());
    CHECK_FALSE(
        connection.execute("LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE xbt_files_users").ok());
}

TEST_CASE("what matched counts, whether or not it changed") {
    if (lacks_mariadb()) {
        return;
    }
    create_site(the_server(), Gazelle::whatcd);
    const Parameters parameters = parameters_of(the_server());
    Connection connection(parameters);
    REQUIRE(connection.open().ok());
    REQUIRE(connection.execute("UPDATE users_main SET Uploaded = Uploaded WHERE ID < 13").ok());
    CHECK(connection.matched_rows() == 3);
    CHECK(connection.execute("ROLLBACK").ok());
}

TEST_CASE("an error of a row says which column, and nothing of what was in it") {
    if (lacks_mariadb()) {
        return;
    }
    create_site(the_server(), Gazelle::whatcd);
    const Parameters parameters = parameters_of(the_server());
    Connection connection(parameters);
    REQUIRE(connection.open().ok());
    const DatabaseError error = connection.execute(
        "INSERT INTO xbt_files_users (uid, fid, useragent) VALUES (1, 1, _utf8mb4 X'F09F9880')");
    CHECK(error.remedy == Remedy::drop_row);
    CHECK(error.text.starts_with("error 1366: column "));
    CHECK(error.text.ends_with("useragent"));
    CHECK(error.text.find("F0") == std::string::npos);
    CHECK(connection.execute("DELETE FROM xbt_snatched").remedy == Remedy::ask_operator);
    CHECK(connection.is_open());
}

TEST_CASE("a query gives its rows one by one, and as few as are wanted") {
    if (lacks_mariadb()) {
        return;
    }
    create_site(the_server(), Gazelle::whatcd);
    Parameters parameters = parameters_of(the_server());
    parameters.database.user = "root";  // a sequence is nobody's but his
    parameters.database.password.clear();
    Connection connection(parameters);
    REQUIRE(connection.open().ok());
    std::vector<std::string> ids;
    const auto take = [&](std::span<const Field> row) {
        ids.emplace_back(row[0].text);
        return ids.size() != 3;
    };
    CHECK(connection.query("SELECT ID FROM users_main WHERE ID < 12 ORDER BY ID", take).ok());
    CHECK(ids == std::vector<std::string>{"10", "11"});
    ids.clear();
    CHECK(connection.query("SELECT seq FROM seq_1_to_10000000", take).text == "");
    CHECK(ids == std::vector<std::string>{"1", "2", "3"});
    CHECK_FALSE(connection.is_open());
}

TEST_CASE("a server that is away, wrong or silent is reported in time") {
    if (lacks_mariadb()) {
        return;
    }
    create_site(the_server(), Gazelle::whatcd);
    Parameters parameters = parameters_of(the_server());
    parameters.timeout = std::chrono::milliseconds(400);
    Connection connection(parameters);
    REQUIRE(connection.open().ok());
    the_server().pause();
    CHECK(connection.execute("SELECT 1").remedy == Remedy::reconnect);
    CHECK_FALSE(connection.is_open());
    CHECK(connection.open().remedy == Remedy::reconnect);
    the_server().resume();
    CHECK(connection.open().ok());
    the_server().kill();
    CHECK(connection.execute("SELECT 1").remedy == Remedy::reconnect);
    CHECK(connection.open().remedy == Remedy::reconnect);
    the_server().start();
    CHECK(connection.open().text == "");
    CHECK(connection.times_opened() == 3);

    parameters.database.password = "hunter2";
    Connection wrong(parameters);
    const DatabaseError error = wrong.open();
    CHECK(error.remedy == Remedy::ask_operator);
    CHECK(error.text.find("hunter2") == std::string::npos);
}

TEST_CASE("TLS is spoken when it is wanted, to the server whose certificate was named") {
    if (lacks_mariadb() || lacks_program("openssl")) {
        return;
    }
    const TempDir folder;
    for (const std::string name : {"own", "other"}) {
        ChildProcess openssl;
        REQUIRE(openssl.run({find_program("openssl"), "req", "-x509", "-newkey", "rsa:2048",
                             "-nodes", "-days", "1", "-subj", "/CN=localhost", "-addext",
                             "subjectAltName=IP:127.0.0.1", "-keyout", name + ".key", "-out",
                             name + ".crt"},
                            folder.path()) == 0);
    }
    const MariadbServer server({.arguments = {"--ssl-cert=" + (folder / "own.crt").string(),
                                              "--ssl-key=" + (folder / "own.key").string()}});
    create_site(server, Gazelle::whatcd);
    Parameters parameters = parameters_of(server);
    parameters.timeout = std::chrono::milliseconds(2'000);
    parameters.database.unix_socket.clear();
    parameters.database.port = server.port();
    parameters.database.wants_tls = true;
    for (const std::string file : {"", "own.crt", "other.crt"}) {
        CAPTURE(file);
        parameters.database.tls_ca = file.empty() ? "" : (folder / file).string();
        Connection connection(parameters);
        const DatabaseError error = connection.open();
        if (file == "other.crt") {
            CHECK(error.remedy == Remedy::reconnect);
            continue;
        }
        REQUIRE(error.text == "");
        CHECK(one_value(connection,
                        "SELECT VARIABLE_VALUE <> '' FROM"
                        " information_schema.SESSION_STATUS"
                        " WHERE VARIABLE_NAME = 'SSL_CIPHER'") == "1");
        std::jthread other([&] { connection.interrupt(); });
        CHECK(connection.execute("SELECT SLEEP(9)").remedy == Remedy::reconnect);
    }
    create_site(the_server(), Gazelle::whatcd);
    parameters.database.port = the_server().port();
    for (const std::string file : {"", "own.crt"}) {
        parameters.database.tls_ca = file.empty() ? "" : (folder / file).string();
        Connection connection(parameters);
        CHECK_FALSE(connection.open().ok());
        CHECK_FALSE(connection.is_open());
    }
}

TEST_CASE("a connection that the server has closed as idle is opened anew") {
    if (lacks_mariadb()) {
        return;
    }
    create_site(the_server(), Gazelle::whatcd);
    const Parameters parameters = parameters_of(the_server());
    Connection connection(parameters);
    REQUIRE(connection.open().ok());
    const std::string id = one_value(connection, "SELECT CONNECTION_ID()");
    Sql(the_server()).run("KILL " + id);
    std::this_thread::sleep_for(std::chrono::milliseconds(1'100));  // as long as nobody looks
    CHECK(connection.open().ok());
    CHECK(connection.times_opened() == 2);
    CHECK(one_value(connection, "SELECT 1") == "1");
}

TEST_CASE("a call that waits is ended from another thread") {
    if (lacks_mariadb()) {
        return;
    }
    create_site(the_server(), Gazelle::whatcd);
    const Parameters parameters = parameters_of(the_server());
    Connection connection(parameters);
    REQUIRE(connection.open().ok());
    std::thread other([&] { connection.interrupt(); });
    CHECK(connection.execute("SELECT SLEEP(9)").remedy == Remedy::reconnect);
    other.join();

    the_server().pause();
    std::thread another([&] { connection.interrupt(); });
    CHECK(connection.open().remedy == Remedy::reconnect);
    another.join();
    the_server().resume();
    CHECK(connection.open().ok());
}

TEST_CASE("the tables say which Gazelle it is, and how wide they are") {
    if (lacks_mariadb()) {
        return;
    }
    Parameters parameters = parameters_of(the_server());
    Dialect dialect;
    {
        create_site(the_server(), Gazelle::whatcd);
        Connection connection(parameters);
        REQUIRE(connection.open().ok());
        REQUIRE(find_dialect(connection, parameters, dialect).text == "");
        CHECK(dialect.name == DialectName::whatcd);
        CHECK(dialect.user_totals + '.' + dialect.user_key == "users_main.ID");
        CHECK(dialect.torrent_totals + '.' + dialect.torrent_key == "torrents.ID");
        CHECK(dialect.user_agent_max == 51);
        CHECK(dialect.peer_ip_max == 15);
        CHECK(dialect.snatch_ip_max == 15);
        CHECK(dialect.speed_max == 4'294'967'295);
        CHECK(dialect.timespent_max == 4'294'967'295);
        parameters.dialect = DialectName::opsnet;
        const DatabaseError error = find_dialect(connection, parameters, dialect);
        CHECK(error.remedy == Remedy::ask_operator);
        CHECK(error.text.starts_with("table users_leech_stats: found none"));
        parameters.dialect = DialectName::automatic;
    }
    create_site(the_server(), Gazelle::opsnet);
    Sql(the_server(), "gazelle")
        .run(
            "ALTER TABLE xbt_files_users MODIFY ip VARCHAR(45) NOT NULL DEFAULT '',"
            " MODIFY useragent VARCHAR(10) NOT NULL DEFAULT '',"
            " MODIFY downspeed BIGINT NOT NULL DEFAULT 0; DROP TABLE xbt_snatched");
    Connection connection(parameters);
    REQUIRE(connection.open().ok());
    REQUIRE(find_dialect(connection, parameters, dialect).text == "");
    CHECK(dialect.name == DialectName::opsnet);
    CHECK(dialect.user_totals + '.' + dialect.user_key == "users_leech_stats.UserID");
    CHECK(dialect.torrent_totals + '.' + dialect.torrent_key == "torrents_leech_stats.TorrentID");
    CHECK(dialect.user_agent_max == 10);
    CHECK(dialect.peer_ip_max == 45);
    CHECK(dialect.snatch_ip_max == 15);
    CHECK(dialect.speed_max == 2'147'483'647);
    CHECK(dialect.timespent_max == 2'147'483'647);
}

}  // namespace chihaya::gazelle::test
TEST_SUITE_END();
