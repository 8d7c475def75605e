// The command line: its options, its words, its exit codes.

#include "tests/integration/command.hpp"
#include "tests/support/chihaya_process.hpp"
#include "tests/support/free_port.hpp"
#include "tests/support/temp_dir.hpp"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

namespace chihaya::test {
namespace {

constexpr int exit_usage = 64;
constexpr int exit_os_error = 71;
constexpr int exit_config = 78;

const std::filesystem::path& config_dir() {
    static const std::filesystem::path folder = CHIHAYA_CONFIG_DIR;
    return folder;
}

/// A file of configuration in a folder of its own.
class ConfigFile {
public:
    explicit ConfigFile(const std::string& text) { std::ofstream(path()) << text; }
    [[nodiscard]] std::string path() const { return dir_ / "tracker.json"; }
    [[nodiscard]] std::string folder() const { return dir_.path(); }

private:
    TempDir dir_;
};

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

TEST_SUITE_BEGIN("command line");

TEST_CASE("the configuration may be named in three ways") {
    const ConfigFile file(R"({"default_num_want": 37})");
    for (const std::vector<std::string>& words : {std::vector<std::string>{"-config", file.path()},
                                                  {"--config", file.path()},
                                                  {"--config=" + file.path()},
                                                  {"-config=" + file.path()}}) {
        auto with_task = words;
        with_task.emplace_back("--print-config");
        const Outcome outcome = run(with_task);
        CHECK(outcome.exit_code == 0);
        CHECK(contains(outcome.out, "\"default_num_want\": 37"));
    }
}

TEST_CASE("environment variables in the path of the configuration are expanded") {
    const ConfigFile file(R"({"default_num_want": 37})");
    for (const char* path : {"$WHERE/tracker.json", "${WHERE}/tracker.json"}) {
        const Outcome outcome =
            run({"-config", path, "--print-config"}, "", {{"WHERE", file.folder()}});
        CHECK(outcome.exit_code == 0);
        CHECK(contains(outcome.out, "\"default_num_want\": 37"));
    }
}

TEST_CASE("a relative path is one from where the program is started") {
    const ConfigFile file(R"({"default_num_want": 37})");
    const Outcome outcome = run({"--config", "tracker.json", "--print-config"}, file.folder());
    CHECK(outcome.exit_code == 0);
    CHECK(contains(outcome.out, "\"default_num_want\": 37"));
}

TEST_CASE("an empty path means the defaults") {
    const Outcome outcome = run({"-config", "", "--print-config"});
    CHECK(outcome.exit_code == 0);
    CHECK(contains(outcome.out, "\"default_num_want\": 50"));
    CHECK(run({"--print-config"}).out == outcome.out);
}

TEST_CASE("print-config prints a configuration that reads back as itself") {
    const ConfigFile file(R"({"announce": "7m"})");
    const Outcome printed = run({"--config", file.path(), "--print-config"});
    CHECK(printed.exit_code == 0);
    CHECK(Poco::JSON::Parser().parse(printed.out).extract<Poco::JSON::Object::Ptr>()->has("http"));
    const ConfigFile again(printed.out);
    CHECK(run({"--config", again.path(), "--print-config"}).out == printed.out);
}

TEST_CASE("print-config masks secrets, and what it prints is refused until they are put back") {
    const ConfigFile file(R"({"management": {"token": "the-secret-of-the-house"}})");
    const Outcome printed = run({"--config", file.path(), "--print-config"});
    CHECK(printed.exit_code == 0);
    CHECK_FALSE(contains(printed.out, "the-secret"));
    CHECK_FALSE(contains(printed.err, "the-secret"));
    const ConfigFile again(printed.out);
    CHECK(run({"--config", again.path(), "--check"}).exit_code == exit_config);
}

TEST_CASE("an address whose IPv6 half is taken is refused as a whole") {
    if (lacks_ipv6()) {
        return;
    }
    const FreePort port;
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_addr = in6addr_loopback;
    address.sin6_port = htons(port.number());
    const int taken = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(::bind(taken, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(::listen(taken, 1) == 0);
    const std::string number = std::to_string(port.number());
    ChihayaProcess process(
        {.config = R"({"workers": 2, "addr": ":)" + number + "\"}", .wait_until_ready = false});
    CHECK(process.wait() == exit_os_error);
    CHECK(contains(process.log(), "cannot listen on [::]:" + number));
    ::close(taken);
}

TEST_CASE("check says that a good configuration is good and binds nothing") {
    const ChihayaProcess other({});
    const std::string port = std::to_string(other.http_port());
    const ConfigFile file(R"({"addr": "127.0.0.1:)" + port + R"("})");
    const Outcome outcome = run({"--config", file.path(), "--check"});
    CHECK(outcome.exit_code == 0);
    CHECK(contains(outcome.out, "the configuration is good"));
}

TEST_CASE("check reads the access lists and names each wrong line") {
    const TempDir folder;
    const std::string list = (folder / "denied").string();
    const ConfigFile file(R"({"access": {"torrents_deny_file": ")" + list + R"("}})");
    const Outcome missing = run({"--config", file.path(), "--check"});
    CHECK(missing.exit_code == exit_config);
    CHECK(contains(missing.err, "access.torrents_deny_file: " + list + ": found No such file"));
    std::ofstream(list) << "00112233445566778899aabbccddeeff00112233\n\nzz\n";
    const Outcome wrong = run({"--config", file.path(), "--check"});
    CHECK(wrong.exit_code == exit_config);
    CHECK(contains(wrong.err, "found no entry in line 3 (2 bytes)"));
    std::ofstream(list) << "00112233445566778899aabbccddeeff00112233\n";
    CHECK(run({"--config", file.path(), "--check"}).exit_code == 0);
}

TEST_CASE("check accepts the example file of Chihaya v1 as it is") {
    const Outcome outcome = run({"-config", config_dir() / "chihaya-2014.json", "--check"});
    CAPTURE(outcome.err);
    CHECK(outcome.exit_code == 0);
    CHECK(contains(outcome.err, "network: has no meaning here"));
}

TEST_CASE("five errors are all printed with what was found and accepted") {
    for (const char* task : {"--check", "--print-config"}) {
        const Outcome outcome = run({"--config", config_dir() / "five-errors.json", task});
        CHECK(outcome.exit_code == exit_config);
        for (const char* path :
             {"addr", "announce", "private", "tracker.params", "http.trusted_proxies[1]"}) {
            CAPTURE(path);
            CHECK(contains(outcome.err, std::string(path) + ": found"));
        }
        CHECK(contains(outcome.err, "nothing was started"));
        CHECK(contains(outcome.err, "errors=5"));
    }
}

TEST_CASE("a configuration that is no JSON or not there is refused") {
    const ConfigFile broken("{\"addr\": ");
    CHECK(run({"--config", broken.path(), "--check"}).exit_code == exit_config);
    const Outcome missing = run({"--config", "/nowhere/tracker.json"});
    CHECK(missing.exit_code == exit_config);
    CHECK(contains(missing.err, "/nowhere/tracker.json"));
}

TEST_CASE("a driver that is not installed is named and so are those that are") {
    const ConfigFile file(R"({"tracker": {"driver": "memry"}})");
    for (const char* task : {"--check", "--workers=1"}) {
        const Outcome outcome = run({"--config", file.path(), task});
        CHECK(outcome.exit_code == exit_config);
        CHECK(contains(outcome.err, "memry"));
        CHECK(contains(outcome.err, "memory"));
    }
}

TEST_CASE("list-plugins shows name and kind and version and ABI and file") {
    const Outcome outcome = run({"--list-plugins"});
    CHECK(outcome.exit_code == 0);
    for (const char* word : {"memory", "noop", "tracker", "backend", "memory.so", "noop.so"}) {
        CAPTURE(word);
        CHECK(contains(outcome.out, word));
    }
}

TEST_CASE("version and help are printed") {
    const Outcome version = run({"--version"});
    CHECK(version.exit_code == 0);
    CHECK(version.out.starts_with("chihaya "));
    CHECK(contains(version.out, "plugin ABI "));
    const Outcome help = run({"--help"});
    CHECK(help.exit_code == 0);
    for (const char* option : {"--config", "--check", "--list-plugins", "--print-config",
                               "--version", "--daemon", "--pidfile", "--workers"}) {
        CAPTURE(option);
        CHECK(contains(help.out, option));
    }
}

TEST_CASE("what is no option or no argument is refused") {
    const Outcome unknown = run({"--frobnicate"});
    CHECK(unknown.exit_code == exit_usage);
    CHECK(contains(unknown.err, "frobnicate"));
    CHECK(run({"tracker.json"}).exit_code == exit_usage);
    CHECK(run({"--workers=many"}).exit_code == exit_usage);
    CHECK(run({"--config"}).exit_code == exit_usage);
}

TEST_CASE("a port that is taken is refused") {
    ChihayaProcess first({});
    const std::string port = std::to_string(first.http_port());
    SUBCASE("for announces") {
        const ConfigFile file(R"({"addr": "127.0.0.1:)" + port +
                              R"(", "management": {"addr": "127.0.0.1:0"}})");
        const Outcome second = run({"--config", file.path()});
        CHECK(second.exit_code == exit_os_error);
        CHECK(contains(second.err, "cannot listen on 127.0.0.1:" + port));
        CHECK(contains(second.err, "is another tracker running?"));
    }
    SUBCASE("for management") {
        const ConfigFile file(R"({"addr": "127.0.0.1:0", "management": {"addr": "127.0.0.1:)" +
                              port + R"("}})");
        const Outcome second = run({"--config", file.path()});
        CHECK(second.exit_code == exit_os_error);
        CHECK(contains(second.err, "127.0.0.1:" + port));
    }
    CHECK(first.running());
}

TEST_SUITE_END();

}  // namespace
}  // namespace chihaya::test
