/// @file driver_contract.cpp
/// The driver contracts for any plugin, of this repository or another:
///
///     chihaya_driver_contract --plugin-dir=DIR --driver=NAME [doctest options]
///
/// finds the driver by its name, as the tracker would, and runs the contract of each kind it
/// offers. What is needed beyond `{}` for parameters goes into --params=JSON.

#define DOCTEST_CONFIG_IMPLEMENT
#include "core/plugin/catalog.hpp"
#include "tests/conformance/backend_driver_contract.hpp"
#include "tests/conformance/tracker_driver_contract.hpp"

#include <doctest/doctest.h>

#include <iostream>
#include <string>
#include <string_view>

namespace chihaya {
namespace {

struct Options {
    std::string plugin_dir = ".";
    std::string driver;
    std::string params = "{}";
};

Options& options() {
    static Options the_options;
    return the_options;
}

void read_options(int argc, const char* const* argv) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        const auto take = [&](std::string_view name, std::string& value) {
            if (word.starts_with(name)) {
                value = word.substr(name.size());
            }
        };
        take("--plugin-dir=", options().plugin_dir);
        take("--driver=", options().driver);
        take("--params=", options().params);
    }
}

/// The plugin of the options, when it offers a driver of this kind.
Result<plugin::Library> library(plugin::Kind kind) {
    const auto catalog = plugin::Catalog::scan(options().plugin_dir).value();
    for (const std::string& refusal : catalog.refusals()) {
        MESSAGE(refusal);
    }
    return catalog.find(kind, options().driver);
}

}  // namespace

TEST_CASE("there is a driver of this name") {
    const auto tracker = library(plugin::Kind::tracker);
    const bool is_found = tracker.has_value() || library(plugin::Kind::backend).has_value();
    CHECK_MESSAGE(is_found, tracker.error().text);
}

TEST_CASE("the driver keeps the tracker driver contract") {
    const auto plugin = library(plugin::Kind::tracker);
    if (plugin.has_value()) {
        test::tracker_driver_contract([&](test::FakeHost& control, TrackerSetup setup) {
            setup.params = options().params;
            return plugin->create_tracker(control, setup).value();
        });
    }
}

TEST_CASE("the driver keeps the backend driver contract") {
    const auto plugin = library(plugin::Kind::backend);
    if (plugin.has_value()) {
        test::backend_driver_contract([&](test::FakeHost& control) {
            return plugin->create_backend(control, {.params = options().params}).value();
        });
    }
}

}  // namespace chihaya

int main(int argc, char** argv) {
    chihaya::read_options(argc, argv);
    return doctest::Context(argc, argv).run();
}
