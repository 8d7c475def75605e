#include "core/plugin/loader.hpp"

#include "tests/support/fake_host.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <string>

namespace chihaya::plugin {
namespace {

namespace fs = std::filesystem;

const fs::path fixtures = CHIHAYA_FIXTURE_DIR;
const fs::path noop = fs::path(CHIHAYA_PLUGIN_DIR) / "noop.so";

/// The words of the refusal, after "plugin FILE: ".
std::string refusal(const fs::path& file) {
    const auto library = Library::load(file);
    REQUIRE(library.has_error());
    const std::string start = "plugin " + file.string() + ": ";
    REQUIRE(library.error().text.starts_with(start));
    return library.error().text.substr(start.size());
}

std::string lie(const char* name) {
    return refusal(fixtures / (std::string(name) + ".so"));
}

void write(const fs::path& file, std::string_view bytes) {
    std::ofstream(file, std::ios::binary) << bytes;
}

/// The plugin noop with one byte of its file changed.
fs::path altered_noop(const test::TempDir& dir, std::streamoff at, char byte) {
    const fs::path copy = dir / "altered.so";
    fs::copy_file(noop, copy);
    std::fstream file(copy, std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(at);
    file.put(byte);
    return copy;
}

}  // namespace

TEST_SUITE_BEGIN("plugin loader");

TEST_CASE("a plugin built for a newer ABI major is refused, and both versions are named") {
    CHECK(lie("next_major") ==
          "built for plugin ABI 2.0; this host accepts 1.0 to 1.0; rebuild the plugin with this "
          "host's SDK");
}

TEST_CASE("a plugin that needs a newer ABI minor is refused, and both versions are named") {
    CHECK(lie("next_minor") ==
          "built for plugin ABI 1.1; this host accepts 1.0 to 1.0; rebuild the plugin with this "
          "host's SDK");
}

TEST_CASE("a plugin built with another standard library is refused, and both are named") {
    const std::string accepted = std::string("; this host accepts \"") + abi::toolchain_tag +
                                 "\"; rebuild the plugin with the host's compiler";
    CHECK(lie("other_toolchain") == "built with toolchain \"itanium/other\"" + accepted);
    CHECK(lie("no_toolchain") == "built with toolchain none" + accepted);
}

TEST_CASE("an entry point that returns something else, or nothing, is refused") {
    CHECK(lie("no_magic") ==
          "what chihaya_plugin_v1 returns is no plugin card; accepted is a constant "
          "PluginDescriptor; correct the plugin");
    CHECK(lie("no_card") ==
          "chihaya_plugin_v1 returned null; accepted is the plugin's card; correct the plugin");
}

TEST_CASE("a card without a usable name, version or driver is refused") {
    CHECK(lie("bad_name") ==
          "the name on its card is \"two words\"; accepted are 1 to 64 of A-Z, a-z, 0-9, '_' and "
          "'-'; correct the plugin");
    CHECK(lie("no_version") ==
          "the version on its card is none; accepted are 1 to 64 printable ASCII characters; "
          "correct the plugin");
    CHECK(lie("no_driver") ==
          "its card offers no driver; accepted is a tracker driver, a backend driver or both; "
          "correct the plugin");
}

TEST_CASE("a shared object without the entry point is refused") {
    CHECK(lie("no_entry") ==
          "has no symbol chihaya_plugin_v1: it is no plugin, or one for another generation of "
          "hosts; accepted is a plugin built with this host's SDK; remove it or rebuild it");
}

TEST_CASE(
    "a plugin with a symbol that nobody defines is refused when opened, by the symbol's name") {
    const std::string text = lie("missing_symbol");
    CHECK(text.starts_with("cannot be opened: "));
    CHECK(text.find("chihaya_fixture_symbol_that_nobody_defines") != std::string::npos);
    CHECK(
        text.ends_with("accepted is a file whose libraries and symbols are all found; install "
                       "what is missing or rebuild the plugin"));
}

TEST_CASE("what is no shared object is refused in our own words, before it is opened") {
    const test::TempDir dir;
    const std::string no_object =
        "is no shared object, whatever its name says; accepted is a "
        "64-bit shared object for ";
    write(dir / "text.so", "This is a text file that somebody has given the wrong name.\n");
    CHECK(refusal(dir / "text.so").starts_with(no_object));
    write(dir / "empty.so", "");
    CHECK(refusal(dir / "empty.so").starts_with(no_object));
    write(dir / "short.so",
          "\x7f"
          "ELF");
    CHECK(refusal(dir / "short.so").starts_with("was built for another machine"));
    CHECK(refusal(dir / "text.so").ends_with("; move it out of the plugin directory"));
}

TEST_CASE("an object of another machine is refused, and both machines are named") {
    const test::TempDir dir;
    const std::string text = refusal(altered_noop(dir, 18, '\x08'));  // MIPS
    CHECK(
        text.starts_with("was built for another machine (ELF machine 8, 64-bit); accepted is a "
                         "64-bit shared object for "));
    CHECK(text.ends_with("; rebuild the plugin for this machine"));
}

TEST_CASE("a 32-bit object is refused") {
    const test::TempDir dir;
    CHECK(refusal(altered_noop(dir, 4, '\x01')).find("32-bit)") != std::string::npos);
}

TEST_CASE("an object file that is no shared object is refused") {
    const test::TempDir dir;
    CHECK(
        refusal(altered_noop(dir, 16, '\x01')).starts_with("is an ELF file but no shared object"));
}

TEST_CASE("a shared object that ends in the middle is refused in the dynamic linker's words") {
    const test::TempDir dir;
    fs::copy_file(noop, dir / "torn.so");
    fs::resize_file(dir / "torn.so", 200);
    CHECK(refusal(dir / "torn.so").starts_with("cannot be opened: "));
}

TEST_CASE("a missing file, a directory, a fifo and a loop of links are refused, each by its kind") {
    const test::TempDir dir;
    CHECK(refusal(dir / "absent.so") ==
          "cannot be found: No such file or directory; accepted is a readable file; correct or "
          "remove it");
    fs::create_directory(dir / "folder.so");
    CHECK(refusal(dir / "folder.so") ==
          "is a directory; accepted is a file; move it out of the plugin directory");
    REQUIRE(::mkfifo((dir / "fifo.so").c_str(), 0600) == 0);
    CHECK(refusal(dir / "fifo.so").starts_with("is no regular file; accepted is a file"));
    fs::create_symlink("loop.so", dir / "loop.so");
    CHECK(
        refusal(dir / "loop.so").starts_with("cannot be found: Too many levels of symbolic links"));
}

TEST_CASE("a file that may not be read is refused with the reason") {
    const test::TempDir dir;
    fs::copy_file(noop, dir / "secret.so");
    fs::permissions(dir.path(),
                    fs::perms::owner_all | fs::perms::group_exec | fs::perms::others_exec);
    fs::permissions(dir / "secret.so", fs::perms::none);
    const bool is_root = ::geteuid() == 0;
    if (is_root) {
        ::setfsuid(65534);  // root may read everything, this thread as nobody may not
    }
    const std::string text = refusal(dir / "secret.so");
    if (is_root) {
        ::setfsuid(0);
    }
    CHECK(text ==
          "cannot be read: Permission denied; accepted is a file that this user may read; correct "
          "its permissions");
}

TEST_CASE("the name on the card counts, whatever the file is called") {
    const test::TempDir dir;
    fs::copy_file(noop, dir / "something else.so");
    CHECK(Library::load(dir / "something else.so").value().name() == "noop");
}

TEST_CASE("a plugin in the current folder is found by its bare name") {
    const fs::path before = fs::current_path();
    fs::current_path(noop.parent_path());
    const auto library = Library::load("noop.so");
    fs::current_path(before);
    CHECK(library.has_value());
}

TEST_CASE("a plugin asked for a driver it does not offer says so") {
    const auto library = Library::load(noop).value();
    test::FakeClock clock;
    test::FakeHost host(clock);
    CHECK(library.create_tracker(host, {}).error().text ==
          "plugin \"noop\" offers no tracker driver");
}

TEST_CASE("a factory that returns null is a refusal, and its reason is in the log") {
    const auto library = Library::load(fixtures / "both.so").value();
    test::FakeClock clock;
    test::FakeHost host(clock);
    const std::string words = "plugin \"both\" refused to start; the log says why";
    CHECK(library.create_tracker(host, {}).error().text == words);
    CHECK(library.create_backend(host, {}).error().text == words);
    CHECK(host.lines_of(Severity::error) == 2);
}

TEST_CASE("at start-up a refusal becomes a StartupError") {
    CHECK_THROWS_AS(Library::load("absent.so").value(), StartupError);
}

TEST_CASE("a plugin's code is unmapped with its last owner, and not before") {
    const test::TempDir dir;
    fs::copy_file(noop, dir / "mapped.so");
    const auto mapped = [] {
        std::ifstream maps("/proc/self/maps");
        const std::string text(std::istreambuf_iterator<char>(maps), {});
        return text.find("/mapped.so") != std::string::npos;
    };
    test::FakeClock clock;
    test::FakeHost host(clock);
    BackendDriverPtr driver;
    {
        const auto library = Library::load(dir / "mapped.so").value();
        driver = library.create_backend(host, {}).value();
    }
    CHECK(mapped());
    driver.reset();
    CHECK_FALSE(mapped());
}

TEST_SUITE_END();

}  // namespace chihaya::plugin
