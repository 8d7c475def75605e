#include "core/plugin/catalog.hpp"

#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <string>

namespace chihaya::plugin {
namespace {

namespace fs = std::filesystem;

/// A plugin directory of the test's own.
class PluginDir {
public:
    /// Puts the fixture `name` there, under the name `as`.
    std::string put(const std::string& name, const std::string& as) {
        fs::copy_file(fs::path(CHIHAYA_FIXTURE_DIR) / (name + ".so"), dir_ / as);
        return dir_ / as;
    }
    [[nodiscard]] fs::path path() const { return dir_.path(); }
    [[nodiscard]] Catalog scan() const { return Catalog::scan(dir_.path()).value(); }

private:
    test::TempDir dir_;
};

}  // namespace

TEST_SUITE_BEGIN("plugin catalog");

TEST_CASE("a driver is found by the name on its card, whatever its file is called") {
    PluginDir dir;
    const std::string file = dir.put("both", "x.so");
    const Catalog catalog = dir.scan();
    CHECK(catalog.refusals().empty());
    CHECK(catalog.find(Kind::tracker, "both").value().file() == file);
    CHECK(catalog.find(Kind::backend, "both").value().file() == file);
    CHECK(catalog.find(Kind::tracker, "x").has_error());
}

TEST_CASE("a refused file is reported by name and does not stop the others") {
    PluginDir dir;
    dir.put("both", "b.so");
    const std::string liar = dir.put("next_major", "a.so");
    std::ofstream(dir.path() / "c.so") << "no plugin";
    const Catalog catalog = dir.scan();
    REQUIRE(catalog.refusals().size() == 2);
    CHECK(catalog.refusals()[0] ==
          "plugin " + liar +
              ": built for plugin ABI 2.0; this host accepts 1.0 to 1.0; rebuild "
              "the plugin with this host's SDK");
    CHECK(catalog.refusals()[1].starts_with("plugin " + (dir.path() / "c.so").string() +
                                            ": is no shared object"));
    CHECK(catalog.find(Kind::tracker, "both").has_value());
}

TEST_CASE("files of other names are left alone") {
    PluginDir dir;
    std::ofstream(dir.path() / "README") << "plugins go here";
    std::ofstream(dir.path() / "memory.so.bak") << "old";
    std::ofstream(dir.path() / ".so") << "hidden";
    CHECK(dir.scan().refusals().empty());
}

TEST_CASE("two plugins with one name and kind are an error that names both files") {
    PluginDir dir;
    const std::string first = dir.put("good", "first.so");
    const std::string second = dir.put("good_again", "second.so");
    const Catalog catalog = dir.scan();
    const std::string words =
        "plugins " + first + " and " + second +
        ": both offer a tracker driver named \"fixture\"; "
        "accepted is one file a name; remove one of them from the plugin directory";
    CHECK(catalog.refusals() == std::vector{words});
    CHECK(catalog.find(Kind::tracker, "fixture").error().text == words);
}

TEST_CASE("a tracker driver and a backend driver may share a name") {
    PluginDir dir;
    const std::string tracker = dir.put("good", "t.so");
    const std::string backend = dir.put("backend", "b.so");
    const Catalog catalog = dir.scan();
    CHECK(catalog.refusals().empty());
    CHECK(catalog.find(Kind::tracker, "fixture").value().file() == tracker);
    CHECK(catalog.find(Kind::backend, "fixture").value().file() == backend);
}

TEST_CASE("a link to a plugin in the same folder is the same plugin, not a second one") {
    PluginDir dir;
    dir.put("both", "both.so");
    fs::create_symlink("both.so", dir.path() / "link.so");
    const Catalog catalog = dir.scan();
    CHECK(catalog.refusals().empty());
    CHECK(catalog.find(Kind::tracker, "both").has_value());
}

TEST_CASE("an unknown driver's error lists who is installed and where, and the nearest name") {
    PluginDir dir;
    const std::string both = dir.put("both", "both.so");
    const std::string fixture = dir.put("good", "good.so");
    dir.put("next_major", "next.so");
    const Catalog catalog = dir.scan();
    const std::string where = dir.path().string();
    CHECK(catalog.find(Kind::tracker, "fixtrue").error().text ==
          "unknown driver \"fixtrue\": no plugin in " + where +
              " offers a tracker driver of this name; accepted: both (" + both + "), fixture (" +
              fixture +
              "); did you mean \"fixture\"?; correct tracker.driver or install the "
              "plugin there (files refused: 1, see the log)");
    CHECK(catalog.find(Kind::backend, "x").error().text ==
          "unknown driver \"x\": no plugin in " + where +
              " offers a backend driver of this name; accepted: both (" + both +
              "); correct backend.driver or install the plugin there (files refused: 1, see the "
              "log)");
}

TEST_CASE("an empty plugin directory is no error until a driver is asked for") {
    PluginDir dir;
    const Catalog catalog = dir.scan();
    CHECK(catalog.refusals().empty());
    CHECK(catalog.find(Kind::tracker, "memory").error().text ==
          "unknown driver \"memory\": no plugin in " + dir.path().string() +
              " offers a tracker driver of this name; accepted: none; correct tracker.driver or "
              "install the plugin there");
}

TEST_CASE("a missing plugin directory, and a file in its place, are errors that name it") {
    PluginDir dir;
    const std::string absent = dir.path() / "absent";
    CHECK(Catalog::scan(absent).error().text ==
          "plugin_dir " + absent +
              ": No such file or directory; accepted is a folder with plugins "
              "(*.so); correct plugin_dir or install the plugins there");
    const std::string file = dir.put("good", "file");
    CHECK(
        Catalog::scan(file).error().text.starts_with("plugin_dir " + file + ": Not a directory; "));
}

TEST_CASE("the listing has a line a plugin: name, kinds, version, ABI, toolchain, file") {
    PluginDir dir;
    const std::string good = dir.put("good", "a.so");
    const std::string backend = dir.put("backend", "b.so");
    const std::string both = dir.put("both", "c.so");
    const std::string tag = abi::toolchain_tag;
    const std::string gap(tag.size() > 9 ? tag.size() - 9 : 0, ' ');
    CHECK(dir.scan().listing() ==
          "NAME     KIND             VERSION  ABI  TOOLCHAIN" + gap + "  FILE\n" +
              "fixture  tracker          1        1.0  " + tag + "  " + good + "\n" +
              "fixture  backend          1        1.0  " + tag + "  " + backend + "\n" +
              "both     tracker+backend  1        1.0  " + tag + "  " + both + "\n");
}

TEST_SUITE_END();

}  // namespace chihaya::plugin
