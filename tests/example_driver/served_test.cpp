#include "tests/support/chihaya_process.hpp"
#include "tests/support/http_client.hpp"

#include <doctest/doctest.h>

#include <string>

namespace chihaya::test {
namespace {

constexpr char config[] = R"({
    "tracker": {"driver": "tiny"},
    "plugin_dir": ")" EXAMPLE_PLUGIN_DIR R"(",
    "workers": 2
})";

std::string announce(const ChihayaProcess& tracker, const std::string& more) {
    const HttpReply reply = http_get(tracker.http_port(),
                                     "/announce?info_hash=aaaaaaaaaaaaaaaaaaaa&"
                                     "peer_id=-XX0001-000000000000&uploaded=0&downloaded=0" +
                                         more);
    CHECK(reply.status == 200);
    return reply.body;
}

bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("a driver built outside the tree serves announces when the configuration names it") {
    ChihayaProcess tracker({.config = config});
    CHECK(contains(announce(tracker, "&port=1001&left=0&event=started"), "8:completei1e"));
    const std::string reply = announce(tracker, "&port=1002&left=5");
    CHECK(contains(reply, "8:completei1e"));
    CHECK(contains(reply, "10:incompletei1e"));
    CHECK(contains(reply, "5:peers6:\x7f" + std::string("\0\0\1\3\xe9", 5)));  // 127.0.0.1:1001
    CHECK(contains(announce(tracker, "&port=1001&left=0&event=stopped"), "8:completei0e"));
    CHECK(tracker.stop() == 0);
}

TEST_CASE("a driver built outside the tree is listed with the file it is in") {
    ChihayaProcess tracker(
        {.config = config, .arguments = {"--list-plugins"}, .wait_until_ready = false});
    CHECK(tracker.wait() == 0);
    CHECK(contains(tracker.log(), "tiny"));
    CHECK(contains(tracker.log(), "a stranger's driver.so"));
}

TEST_CASE("a driver that is not installed is an error that names those who are") {
    ChihayaProcess tracker(
        {.config = R"({"tracker": {"driver": "tinny"}, "plugin_dir": ")" EXAMPLE_PLUGIN_DIR R"("})",
         .wait_until_ready = false});
    CHECK(tracker.wait() == 78);
    CHECK(contains(tracker.log(), "unknown driver \"tinny\""));
    CHECK(contains(tracker.log(), "did you mean \"tiny\"?"));
}

}  // namespace chihaya::test
