#include "tests/conformance/tracker_driver_contract.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

namespace chihaya {
namespace {

plugin::Library memory() {
    return plugin::Library::load(CHIHAYA_PLUGIN_DIR "/memory.so").value();
}

}  // namespace

TEST_SUITE_BEGIN("memory driver");

TEST_CASE("the memory driver keeps the tracker driver contract") {
    const auto library = memory();
    test::tracker_driver_contract([&](test::FakeHost& control, const TrackerSetup& setup) {
        return library.create_tracker(control, setup).value();
    });
}

TEST_CASE("the memory driver keeps the contract when it keeps peer ids, too") {
    const auto library = memory();
    test::tracker_driver_contract([&](test::FakeHost& control, TrackerSetup setup) {
        setup.keep_peer_ids = true;
        return library.create_tracker(control, setup).value();
    });
}

TEST_CASE("the memory driver keeps the contract while it saves all the time, too") {
    const auto library = memory();
    const test::TempDir folder;
    int number = 0;  // each driver is a tracker of its own
    test::tracker_driver_contract([&](test::FakeHost& control, TrackerSetup setup) {
        const std::string state_dir = folder / std::to_string(++number);
        setup.state_dir = state_dir;
        setup.params = R"({"snapshot_interval": "100ms"})";
        return library.create_tracker(control, setup).value();
    });
}

TEST_CASE("the memory driver refuses a snapshot that it could not find again") {
    const auto library = memory();
    for (const char* const params :
         {R"({"snapshot": "here"})", R"({"snapshot": 7})", R"({"snapshot": "/tmp/"})",
          R"({"snapshot_interval": "1ms"})", R"({"snapshot_interval": "soon"})"}) {
        CAPTURE(params);
        test::FakeClock clock;
        test::FakeHost control(clock);
        CHECK(library.create_tracker(control, {.params = params}).has_error());
        CHECK(control.lines_of(Severity::error) == 1);
    }
}

TEST_CASE("the memory driver reports malformed parameters, and refuses to start") {
    const auto library = memory();
    for (const char* const params : {"{", "[]", "7", "nonsense"}) {
        CAPTURE(params);
        test::FakeClock clock;
        test::FakeHost control(clock);
        const auto driver = library.create_tracker(control, {.params = params});
        REQUIRE(driver.has_error());
        CHECK(driver.error().text == "plugin \"memory\" refused to start; the log says why");
        CHECK(control.lines_of(Severity::error) == 1);
        CHECK(control.idle());
    }
}

TEST_CASE("the memory driver warns of a parameter it does not know, and starts") {
    const auto library = memory();
    test::FakeClock clock;
    test::FakeHost control(clock);
    CHECK(library.create_tracker(control, {.params = R"({"no_such_parameter": 8})"}).has_value());
    REQUIRE(control.lines_of(Severity::warning) == 1);
    CHECK(control.lines()[0].find("no_such_parameter") != std::string::npos);
}

TEST_SUITE_END();

}  // namespace chihaya
