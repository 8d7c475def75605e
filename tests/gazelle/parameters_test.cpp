#include "plugins/gazelle/parameters.hpp"

#include "plugins/gazelle/database_url.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

TEST_SUITE_BEGIN("the gazelle driver's parameters");

namespace chihaya::gazelle::test {
namespace {

using Lines = std::vector<std::string>;

const std::string secret = "0123456789abcdef0123456789abcdef";
const std::string other_secret = "fedcba9876543210fedcba9876543210";

struct Reading {
    Parameters parameters;
    ParameterErrors errors;
};

/// `members` of an object that has an account besides.
Reading read(const std::string& members) {
    Reading reading;
    const std::string json = R"({"user": "tracker", "token_expiry": "off")" +
                             (members.empty() ? "" : ", " + members) + "}";
    reading.parameters = read_parameters(json, reading.errors);
    return reading;
}

Parameters read_well(const std::string& members) {
    const Reading reading = read(members);
    CHECK(reading.errors.texts == Lines{});
    return reading.parameters;
}

/// What is said when these are refused; it must be one error.
std::string refusal(const std::string& members) {
    const Reading reading = read(members);
    CHECK(reading.errors.texts.size() == 1);
    return reading.errors.texts.empty() ? "" : reading.errors.texts.back();
}

/// The same for a whole JSON text.
std::string refusal_of(const std::string& json) {
    ParameterErrors errors;
    static_cast<void>(read_parameters(json, errors));
    CHECK(errors.texts.size() == 1);
    return errors.texts.empty() ? "" : errors.texts.back();
}

}  // namespace

TEST_CASE("an account is all that must be said") {
    for (const char* const json : {"", "{}", "null", R"({"url": null})"}) {
        CAPTURE(json);
        CHECK(refusal_of(json) ==
              "backend.params.user: found nothing, accepted is the name of the tracker's account "
              "in the database; make one for it; the README says which rights it needs");
    }
    ParameterErrors errors;
    const Parameters parameters = read_parameters(R"({"user": "tracker"})", errors);
    CHECK(errors.texts == Lines{});
    CHECK(errors.warnings ==
          Lines{"backend.params.site_url: not set, so freeleech tokens that are used up are not "
                "ended"});
    CHECK(parameters.token_expiry == TokenExpiry::off);
    CHECK(parameters.database.host == "127.0.0.1");
    CHECK(parameters.database.port == 3306);
    CHECK(parameters.database.schema == "gazelle");
    CHECK(parameters.control_from == Lines{"127.0.0.0/8", "::1"});
}

TEST_CASE("a URL says where the database is and who we are there") {
    const auto one = parse_database_url("mysql://me:p%40s%2fs@db.example:3307/what");
    REQUIRE(one.has_value());
    CHECK(one->host == "db.example");
    CHECK(one->port == 3307);
    CHECK(one->user == "me");
    CHECK(one->password == "p@s/s");
    CHECK(one->schema == "what");

    const auto two = parse_database_url("mariadb://me@[::1]");
    REQUIRE(two.has_value());
    CHECK(two->host == "::1");
    CHECK(two->port == 3306);
    CHECK(two->schema == "gazelle");

    const auto local = parse_database_url("mysql://me@/what?socket=/run/mysqld/a%20b.sock");
    REQUIRE(local.has_value());
    CHECK(local->unix_socket == "/run/mysqld/a b.sock");

    ParameterErrors errors;
    const Parameters all =
        read_parameters(R"({"url": "mysql://me:secret@h:1/s", "token_expiry": "sql"})", errors);
    CHECK(errors.texts == Lines{});
    CHECK(all.database.host == "h");
    CHECK(all.database.port == 1);
    CHECK(all.database.user == "me");
    CHECK(all.database.password == "secret");
    CHECK(all.database.schema == "s");
    CHECK(all.token_expiry == TokenExpiry::sql);
}

TEST_CASE("what is no URL of a database is refused") {
    for (const char* const url :
         {"", "mysql://", "mysql:///s", "mysql://h:0", "mysql://h:x", "mysql://h/a/b",
          "mysql://[::1", "mysql://::1", "mysql://[h]", "mysql://a b", "mysql://u:%zz@h",
          "mysql://:p@h", "http://h", "h:1", "mysql://h/s?socket=/x", "mysql:///s?socket=x",
          "mysql://h/s;drop"}) {
        CAPTURE(url);
        CHECK_FALSE(parse_database_url(url).has_value());
    }
}

TEST_CASE("the names of the former driver and of ocelot.conf mean the same") {
    ParameterErrors errors;
    const Parameters former = read_parameters(
        R"({"host": "10.0.0.1", "port": "3307", "user": "u", "pass": "p", "schema": "s",
            "token_expiry": "off"})",
        errors);
    const Parameters ocelot = read_parameters(
        R"({"mysql_host": "10.0.0.1", "mysql_port": 3307, "mysql_username": "u",
            "mysql_password": "p", "mysql_db": "s", "schedule_interval": "2s", "listen_port": 2710,
            "site_host": "site.example", "site_path": "/a/", "site_service": "8080",
            "site_password": ")" +
            secret + "\"}",
        errors);
    CHECK(errors.texts == Lines{});
    for (const Parameters* const each : {&former, &ocelot}) {
        CHECK(each->database.host == "10.0.0.1");
        CHECK(each->database.port == 3307);
        CHECK(each->database.user == "u");
        CHECK(each->database.password == "p");
        CHECK(each->database.schema == "s");
    }
    CHECK(ocelot.flush_interval == std::chrono::seconds(2));
    CHECK(ocelot.site.url == "http://site.example:8080/a");
    CHECK(errors.warnings ==
          Lines{"backend.params: ignored, since the tracker has settings of its own for what these "
                "say: listen_port"});
}

TEST_CASE("everything else is read") {
    const Parameters all = read_well(
        R"("socket": "/run/mysqld.sock", "tls": true, "tls_ca": "/ca.pem", "timeout": "2s",
           "dialect": "opsnet", "site_password": ")" +
        secret + R"(", "report_password": ")" + other_secret +
        R"(", "control_from": ["10.1.0.0/16", "fd00::/8"], "report_format": "json",
           "site_url": "https://site.example/sub/", "flush_interval": "500ms",
           "reload_interval": "0", "numwant_limit": 80, "spool_limit": "512MiB",
           "clear_peers_on_start": true, "readonly": true, "failure_interval": "1h",
           "delete_reasons": {"0": "Dupe", "-1": "Other"})");
    CHECK(all.database.unix_socket == "/run/mysqld.sock");
    CHECK(all.database.wants_tls);
    CHECK(all.database.tls_ca == "/ca.pem");
    CHECK(all.timeout == std::chrono::seconds(2));
    CHECK(all.dialect == DialectName::opsnet);
    CHECK(all.site_password == secret);
    CHECK(all.report_password == other_secret);
    CHECK(all.control_from == Lines{"10.1.0.0/16", "fd00::/8"});
    CHECK(all.report_format == ReportFormat::json);
    CHECK(all.site.url == "https://site.example/sub");
    CHECK(all.flush_interval == std::chrono::milliseconds(500));
    CHECK(all.reload_interval == std::chrono::seconds(0));
    CHECK(all.num_want_max == 80);
    CHECK(all.spool_limit == std::uint64_t{512} << 20U);
    CHECK(all.clear_peers_on_start);
    CHECK(all.is_read_only);
    CHECK(all.failure_interval == std::chrono::hours(1));
    CHECK(all.delete_reasons == std::map<std::int32_t, std::string>{{-1, "Other"}, {0, "Dupe"}});
    CHECK(read_well(R"("spool_limit": 2097152)").spool_limit == 2'097'152);
    CHECK(read_well(R"("control_from": "10.0.0.1")").control_from == Lines{"10.0.0.1"});
    CHECK(read_well(R"("control_from": [])").control_from.empty());
}

TEST_CASE("a password stands in the parameters, in a file, or in the environment") {
    const chihaya::test::TempDir folder;
    std::ofstream(folder / "password") << secret << '\n';
    const std::string path = (folder / "password").string();
    CHECK(read_well(R"("password_file": ")" + path + '"').database.password == secret);
    CHECK(read_well(R"("site_password_file": ")" + path + '"').site_password == secret);
    ::setenv("CHIHAYA_TEST_GAZELLE_PASSWORD", "from-environment", 1);
    CHECK(read_well(R"("pass_env": "CHIHAYA_TEST_GAZELLE_PASSWORD")").database.password ==
          "from-environment");
    CHECK(refusal(R"("password": "here", "password_file": ")" + path + '"') ==
          "backend.params.password_file: found a second password, accepted is one of the keys that "
          "give it; remove the others");
    CHECK(refusal(R"("password": "***")") ==
          "backend.params.password: found a text that stands for a secret, accepted is the secret, "
          "which --print-config does not print; put it back, or name a file that holds it");
    CHECK(refusal(R"("url": "mysql://u:***@h")").find("stands for a secret") != std::string::npos);
}

TEST_CASE("what is wrong is said with its path, what was found and what is right") {
    CHECK(refusal_of("[1]") ==
          "backend.params: found no object, accepted is a JSON object like {\"url\": "
          "\"mysql://tracker:password@127.0.0.1/gazelle\"}; write one");
    CHECK(refusal_of("{").starts_with("backend.params: found no JSON, accepted is"));
    CHECK(refusal(R"("timeout": "soon")") ==
          "backend.params.timeout: found \"soon\", accepted is a duration from \"1s\" to \"10m\", "
          "such as \"3s\"; leave it out for the default");
    CHECK(refusal(R"("numwant_limit": 0)") ==
          "backend.params.numwant_limit: found 0, accepted is a whole number from 1 to 1000; leave "
          "it out for the default");
    CHECK(refusal(R"("dialect": "xbt")") ==
          "backend.params.dialect: found \"xbt\", accepted is one of \"auto\", \"whatcd\", "
          "\"opsnet\"; leave it out for the default");
    CHECK(refusal(R"("readonly": 1)") ==
          "backend.params.readonly: found 1, accepted is true or false; leave it out for the "
          "default");
    CHECK(refusal(R"("spool_limit": "4GB")") ==
          "backend.params.spool_limit: found \"4GB\", accepted is a number of bytes from \"1MiB\", "
          "such as \"4GiB\"; leave it out for the default");
    CHECK(refusal(R"("control_from": ["10.0.0.0/33"])") ==
          "backend.params.control_from[0]: found no network, accepted is an address, or one with "
          "the bits that count, such as \"10.0.0.0/8\"; write the addresses of the site's servers");
    CHECK(refusal(R"("delete_reasons": {"one": "x"})")
              .starts_with("backend.params.delete_reasons.one: found no reason, accepted is a "
                           "number and a text of up "
                           "to 43 bytes"));
    CHECK(refusal(R"("site_password": "short")") ==
          "backend.params.site_password: found a text of 5 bytes, accepted is 32 letters and "
          "digits; write the same as in the site's configuration");
    CHECK(refusal(R"("site_password": "00000000000000000000000000000000")")
              .starts_with("backend.params.site_password: found one letter 32 times"));
    CHECK(refusal(R"("site_password": ")" + secret + R"(", "report_password": ")" + secret + '"')
              .starts_with("backend.params.report_password: found the same as site_password"));
    CHECK(refusal(R"("url": "mysql://h", "port": 5)")
              .starts_with("backend.params.url: found also port"));
    CHECK(refusal(R"("tls_ca": "/x")").starts_with("backend.params.tls_ca: found a file, but"));
    CHECK(
        refusal(R"("site_url": "ftp://x")")
            .starts_with("backend.params.site_url: found a text of 7 bytes, accepted is http://"));
    CHECK(refusal_of(R"({"user": "u", "token_expiry": "site"})")
              .starts_with("backend.params.token_expiry: found \"site\" without site_url"));
    CHECK(read(R"("numwant_limit": 0, "timeout": 5)").errors.texts.size() == 2);
}

TEST_CASE("a password is never shown") {
    for (const char* const members :
         {R"("url": "mysql://u:hunter2@:x")", R"("url": "mysql://u:hunter2@h:99999")",
          R"("url": "http://u:hunter2@h")", R"("site_password": "hunter2")",
          R"("password": ["hunter2"])"}) {
        CAPTURE(members);
        CHECK(refusal(members).find("hunter2") == std::string::npos);
    }
}

TEST_CASE("an unknown parameter is a warning with the nearest known one") {
    const Reading reading = read(R"("sitepassword": 1, "flush_intervall": "1s", "colour": 3)");
    CHECK(reading.errors.texts == Lines{});
    CHECK(reading.errors.warnings ==
          Lines{"backend.params.colour: unknown and ignored",
                "backend.params.flush_intervall: unknown and ignored; did you mean flush_interval?",
                "backend.params.sitepassword: unknown and ignored; did you mean site_password?"});
}

}  // namespace chihaya::gazelle::test
TEST_SUITE_END();
