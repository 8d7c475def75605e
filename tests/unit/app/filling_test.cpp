#include "core/app/filling.hpp"

#include "core/logic/client_list.hpp"
#include "tests/support/scripted_drivers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

TEST_SUITE_BEGIN("filling the roster");

namespace chihaya::app {
namespace {

ClientRecord client(std::string_view text) {
    return {.prefix = logic::client_prefix(text).value()};
}

/// A driver that has kept `kept`, and what a start makes of it.
class Start {
public:
    test::ScriptedTracker driver;
    logic::Roster roster{driver};

    Start(std::vector<ClientRecord> kept, std::vector<ClientRecord> configured)
        : filling_({.control = control_,
                    .tracker = driver,
                    .roster = roster,
                    .site_loader = site_loader_,
                    .log = log_},
                   std::move(configured)) {
        driver.shared_copy = [all = std::move(kept)](RegistrySink& sink) {
            return sink.put_clients(all);
        };
        control_.start();
    }
    ~Start() {
        control_.run_on([this] { filling_.end(); });
        control_.stop();
    }
    Start(const Start&) = delete;
    Start& operator=(const Start&) = delete;

    Status begin() {
        Status status;
        control_.run_on([&] { status = filling_.begin(); });
        return status;
    }
    Status adopt(std::vector<ClientRecord> clients) {
        Status status;
        control_.run_on([&] { status = filling_.adopt(std::move(clients)); });
        return status;
    }

private:
    const Clock clock_;
    Log log_{[](Severity /*severity*/, const std::string& /*line*/) {
    }};
    ControlLoop control_{clock_, log_};
    SiteLoader site_loader_{roster, {}, log_};
    Filling filling_;
};

}  // namespace

TEST_CASE("clients that the driver has kept are not put again, so a full disk stops no start") {
    Start start({client("-qB"), client("-TR")}, {client("-TR"), client("-qB")});
    start.driver.answer = {StatusCode::unavailable, "the change cannot be written to disk"};
    CHECK(start.begin().ok());
    CHECK(start.roster.has_client(client("-qB").prefix));
    CHECK(start.driver.written().empty());
}

TEST_CASE("clients that are new are put, at a start and when the configuration changes") {
    Start start({client("-qB")}, {client("-qB"), client("-TR")});
    CHECK(start.begin().ok());
    CHECK(start.driver.written() == std::vector<std::string>{"put_clients:1"});
    CHECK(start.adopt({client("-TR"), client("-DE"), client("-UT")}).ok());
    CHECK(start.driver.written() == std::vector<std::string>{"put_clients:1", "put_clients:2"});
    CHECK(start.roster.has_client(client("-UT").prefix));
}

TEST_CASE("new clients that cannot be kept are told of as unavailable") {
    Start start({client("-qB")}, {client("-DE")});
    start.driver.answer = {StatusCode::unavailable, "the change cannot be written to disk"};
    CHECK(start.begin().code == StatusCode::unavailable);
    CHECK_FALSE(start.roster.has_client(client("-DE").prefix));
}

TEST_SUITE_END();

}  // namespace chihaya::app
