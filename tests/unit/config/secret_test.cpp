#include "core/config/secret.hpp"

#include "core/config/reader.hpp"
#include "tests/unit/config/files.hpp"

#include <Poco/Environment.h>
#include <doctest/doctest.h>

#include <filesystem>
#include <string>

TEST_SUITE_BEGIN("config secrets");

namespace chihaya::config {
namespace {

using Lines = std::vector<std::string>;

Reading management(const std::string& members) {
    return read(R"({"management": {)" + members + "}}");
}

TEST_CASE("a token stands in the file, in a file of its own, or in the environment") {
    const TemporaryFolder folder;
    CHECK(management(R"("token": "abc")").config.management.token == "abc");
    for (const std::string text : {"from-file", "from-file\n", "from-file\r\n"}) {
        const Reading reading =
            management(R"("token_file": ")" + folder.write("token", text) + '"');
        CHECK(reading.errors == Lines{});
        CHECK(reading.warnings == Lines{});
        CHECK(reading.config.management.token == "from-file");
    }
    Poco::Environment::set("CHIHAYA_TEST_TOKEN", "from-environment");
    CHECK(management(R"("token_env": "CHIHAYA_TEST_TOKEN")").config.management.token ==
          "from-environment");
    Poco::Environment::set("CHIHAYA_TEST_FOLDER", folder.path().string());
    CHECK(management(R"("token_file": "$CHIHAYA_TEST_FOLDER/token")").config.management.token ==
          "from-file");
    CHECK(management(R"("token": "", "token_file": "", "token_env": "")").errors == Lines{});
}

TEST_CASE("a token comes from one place") {
    CHECK(management("\"token\": \"abc\",\n\"token_env\": \"HOME\"").errors ==
          Lines{"management.token: found also management.token_env, accepted is one of "
                "management.token, management.token_file and management.token_env; remove the "
                "others (line 1)"});
}

TEST_CASE("a token file that everybody can read is a warning") {
    const TemporaryFolder folder;
    const std::string path = folder.write("token", "abc");
    std::filesystem::permissions(path, std::filesystem::perms::others_read,
                                 std::filesystem::perm_options::add);
    const Reading reading = management(R"("token_file": ")" + path + '"');
    CHECK(reading.config.management.token == "abc");
    CHECK(reading.warnings == Lines{"management.token_file: everybody on this machine may read \"" +
                                    path + "\"; chmod 600 it (line 1)"});
}

TEST_CASE("what cannot be a token is refused without showing it") {
    const TemporaryFolder folder;
    const std::string words =
        ", accepted is 1 to 256 printable ASCII characters without blanks; make one with: openssl "
        "rand -hex 32 (line 1)";
    CHECK(management(R"("token": "two words")").errors ==
          Lines{"management.token: found a text of 9 bytes" + words});
    CHECK(management(R"("token": ")" + std::string(257, 'x') + '"').errors ==
          Lines{"management.token: found a text of 257 bytes" + words});
    CHECK(management(R"("token": 12345)").errors ==
          Lines{"management.token: found a number, accepted is a text; write it in double quotes "
                "(line 1)"});
    CHECK(management(R"("token_file": ")" + folder.write("empty", "\n") + '"').errors ==
          Lines{"management.token_file: found a file of 0 bytes" + words});
    CHECK(management(R"("token_file": ")" + folder.write("two", "one\ntwo\n") + '"').errors ==
          Lines{"management.token_file: found a file of 7 bytes" + words});
    const std::string large = folder.write("large", std::string(100'000, 'x'));
    CHECK(management(R"("token_file": ")" + large + '"').errors ==
          Lines{"management.token_file: found a file of 4097 bytes" + words});
    Poco::Environment::set("CHIHAYA_TEST_EMPTY", "");
    CHECK(management(R"("token_env": "CHIHAYA_TEST_EMPTY")").errors ==
          Lines{"management.token_env: found a value of 0 bytes" + words});
}

TEST_CASE("a place without a token is refused with the place") {
    const TemporaryFolder folder;
    for (const std::string& path :
         {(folder.path() / "absent").string(), folder.path().string(), std::string("/dev/zero")}) {
        CHECK(management(R"("token_file": ")" + path + '"').errors ==
              Lines{"management.token_file: found no readable file " + in_quotes(path) +
                    ", accepted is a regular file that this user may read; write the secret into "
                    "it, and chmod 600 it (line 1)"});
    }
    CHECK(
        management(R"("token_env": "CHIHAYA_TEST_UNSET")").errors ==
        Lines{"management.token_env: found no environment variable \"CHIHAYA_TEST_UNSET\", "
              "accepted is the name of a variable that is set; set it for the service, or use the "
              "key that ends in _file (line 1)"});
    CHECK(management(R"("token_file": 5)").errors ==
          Lines{"management.token_file: found the number 5, accepted is the name of a file; write "
                "it in double quotes (line 1)"});
    CHECK(management(R"("token_env": true)").errors ==
          Lines{"management.token_env: found true, accepted is the name of an environment "
                "variable; write it in double quotes (line 1)"});
}

TEST_CASE("secrets among a driver's params are masked, the rest is kept") {
    CHECK(
        masked_params(R"({"host":"h","pass":"x","PASSWORD":"y","api_key":"z","key":"k","n":1})") ==
        R"({"host":"h","pass":"***","PASSWORD":"***","api_key":"***","key":"***","n":1})");
    CHECK(masked_params(R"({"pass":"","pass_file":"/x","token_env":"X","keys":["a"],"pass2":5})") ==
          R"({"pass":"","pass_file":"/x","token_env":"X","keys":["a"],"pass2":5})");
    CHECK(masked_params(R"({"sites":[{"secret":"x"}],"a":{"b":{"token":"y"}}})") ==
          R"({"sites":[{"secret":"***"}],"a":{"b":{"token":"***"}}})");
    CHECK(
        masked_params(R"({"url":"redis://user:pw@host:1/0","u":"http://host:80/","m":"a@b:c"})") ==
        R"({"url":"redis://user:***@host:1/0","u":"http://host:80/","m":"a@b:c"})");
    CHECK(
        masked_params(R"({"url":["redis://:p@ss:w@a:1","unix://u:p@/run/r?db=2","rediss://b"]})") ==
        R"({"url":["redis://:***@a:1","unix://u:***@/run/r?db=2","rediss://b"]})");
    CHECK(masked_params(R"({"password":"a","sentinel_password":"b","password_file":"/c"})") ==
          R"({"password":"***","sentinel_password":"***","password_file":"/c"})");
}

}  // namespace
}  // namespace chihaya::config
