// A folder of plugins of which some are none.

#include "tests/integration/command.hpp"
#include "tests/wire_http/tracker.hpp"

#include <doctest/doctest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <string>

namespace chihaya::test {
namespace {

namespace fs = std::filesystem;

/// What a file in the folder is, and what must be said about it.
struct Bad {
    const char* file;
    const char* found;
};

constexpr std::array bad_plugins{
    Bad{"text.so", "is no shared object"},
    Bad{"empty.so", "is no shared object"},
    Bad{"next_major.so", "built for plugin ABI 2.0"},
    Bad{"other_toolchain.so", "built with toolchain"},
    Bad{"no_entry.so", "chihaya_plugin_v1"},
    Bad{"no_magic.so", "is no plugin card"},
};

/// The plugins of the build under other names, and bad ones beside them.
void fill(const fs::path& folder) {
    fs::create_directories(folder);
    const fs::path good = CHIHAYA_PLUGIN_DIR;
    fs::copy_file(good / "memory.so", folder / "renamed.so");
    fs::copy_file(good / "noop.so", folder / "zz-noop.so");
    std::ofstream(folder / "text.so") << "I am a text.\n";
    std::ofstream(folder / "empty.so") << "";
    std::ofstream(folder / "README.txt") << "not even called a plugin\n";
    for (const char* name : {"next_major.so", "other_toolchain.so", "no_entry.so", "no_magic.so"}) {
        fs::copy_file(fs::path(CHIHAYA_FIXTURE_DIR) / name, folder / name);
    }
}

/// The line of `text` about this file.
std::string line_about(const std::string& text, const std::string& file) {
    const auto at = text.find(file);
    return at == std::string::npos ? "" : text.substr(at, text.find('\n', at) - at);
}

TEST_SUITE_BEGIN("plugin folder");

TEST_CASE("bad plugins are reported and the good ones serve") {
    const TempDir dir;
    fill(dir / "plugins");
    ChihayaProcess process(
        {.config = R"({"plugin_dir": ")" + (dir / "plugins").string() + R"("})"});
    static_cast<void>(success(http_get(process.http_port(), target({}))));
    const std::string log = process.log();
    for (const Bad& bad : bad_plugins) {
        CAPTURE(bad.file);
        const std::string line = line_about(log, (dir / "plugins" / bad.file).string());
        CAPTURE(line);
        CHECK(line.find(bad.found) != std::string::npos);
        CHECK(line.find("accept") != std::string::npos);
    }
    CHECK(log.find("README.txt") == std::string::npos);
    CHECK(process.stop() == 0);
}

TEST_CASE("list-plugins shows the good ones and why the others are none") {
    const TempDir dir;
    fill(dir / "plugins");
    std::ofstream(dir / "tracker.json")
        << R"({"plugin_dir": ")" << (dir / "plugins").string() << R"("})";
    const Outcome outcome = run({"--config", dir / "tracker.json", "--list-plugins"});
    CHECK(outcome.exit_code == 78);
    for (const char* name : {"memory", "noop", "renamed.so", "zz-noop.so"}) {
        CAPTURE(name);
        CHECK(outcome.out.find(name) != std::string::npos);
    }
    for (const Bad& bad : bad_plugins) {
        CAPTURE(bad.file);
        CHECK(line_about(outcome.out, (dir / "plugins" / bad.file).string()).find(bad.found) !=
              std::string::npos);
    }
}

TEST_CASE("two plugins with one name are refused with both their files") {
    const TempDir dir;
    fill(dir / "plugins");
    fs::copy_file(fs::path(CHIHAYA_PLUGIN_DIR) / "memory.so", dir / "plugins" / "again.so");
    std::ofstream(dir / "tracker.json")
        << R"({"plugin_dir": ")" << (dir / "plugins").string() << R"("})";
    const Outcome outcome = run({"--config", dir / "tracker.json", "--check"});
    CHECK(outcome.exit_code == 78);
    CHECK(outcome.err.find("renamed.so") != std::string::npos);
    CHECK(outcome.err.find("again.so") != std::string::npos);
}

TEST_CASE("a folder of plugins that is not there is refused") {
    const TempDir dir;
    std::ofstream(dir / "tracker.json") << R"({"plugin_dir": "/nowhere/plugins"})";
    const Outcome outcome = run({"--config", dir / "tracker.json", "--check"});
    CHECK(outcome.exit_code == 78);
    CHECK(outcome.err.find("/nowhere/plugins") != std::string::npos);
}

TEST_CASE("a driver that refuses to start ends the program with its words") {
    const TempDir dir;
    fill(dir / "plugins");
    fs::copy_file(fs::path(CHIHAYA_FIXTURE_DIR) / "good.so", dir / "plugins" / "good.so");
    std::ofstream(dir / "tracker.json")
        << R"({"plugin_dir": ")" << (dir / "plugins").string()
        << R"(", "tracker": {"driver": "fixture"}, "addr": "127.0.0.1:0"})";
    const Outcome outcome = run({"--config", dir / "tracker.json"});
    CHECK(outcome.exit_code == 78);
    CHECK(outcome.err.find("this fixture never starts") != std::string::npos);
}

TEST_SUITE_END();

}  // namespace
}  // namespace chihaya::test
