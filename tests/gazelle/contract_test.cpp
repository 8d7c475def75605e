#include "tests/conformance/backend_driver_contract.hpp"
#include "tests/gazelle/site_tracker.hpp"
#include "tests/support/gazelle_site.hpp"
#include "tests/support/temp_dir.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

TEST_SUITE_BEGIN("the gazelle driver as a backend driver");

namespace chihaya::gazelle::test {
namespace {

using namespace std::chrono_literals;

using chihaya::test::create_site;
using chihaya::test::FakeClock;
using chihaya::test::FakeHost;
using chihaya::test::Gazelle;
using chihaya::test::lacks_mariadb;
using chihaya::test::MariadbServer;
using chihaya::test::TempDir;

std::string params_of(const MariadbServer& server) {
    return R"({"socket": ")" + server.unix_socket().string() + R"(", "user": ")" +
           chihaya::test::tracker_account.name + R"(", "pass": ")" +
           chihaya::test::tracker_account.password +
           R"(", "schema": "gazelle", "flush_interval": "100ms", "token_expiry": "off",)"
           R"( "site_password": "0123456789abcdef0123456789abcdef",)"
           R"( "report_password": "fedcba9876543210fedcba9876543210"})";
}

MariadbServer& the_server() {
    static MariadbServer server;
    return server;
}

/// The plugin with what a host lends it.
struct Plugin {
    Plugin() : library(plugin::Library::load(CHIHAYA_PLUGIN_DIR "/gazelle.so").value()) {}

    plugin::BackendDriverPtr make(FakeHost& control, const std::string& params) {
        const std::string folder = spool.path().string();
        return library
            .create_backend(
                control,
                {.params = params, .spool_dir = folder, .registry = &site, .tracker = &site})
            .value();
    }

    plugin::Library library;
    TempDir spool;
    SiteTracker site;
};

void keep_contract(Gazelle kind) {
    if (lacks_mariadb()) {
        return;
    }
    create_site(the_server(), kind);
    Plugin plugin;
    const std::string params = params_of(the_server());
    chihaya::test::backend_driver_contract(
        [&](FakeHost& control) {
            auto driver = plugin.make(control, params);
            CHECK(driver->flush(10s).ok());  // it has found its database
            return driver;
        },
        params);
}

}  // namespace

TEST_CASE("the gazelle driver on a WhatCD site keeps the backend driver contract") {
    keep_contract(Gazelle::whatcd);
}

TEST_CASE("the gazelle driver on an Orpheus site keeps the backend driver contract") {
    keep_contract(Gazelle::opsnet);
}

}  // namespace chihaya::gazelle::test
TEST_SUITE_END();
