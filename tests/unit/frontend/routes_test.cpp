#include "core/frontend/routes.hpp"

#include <doctest/doctest.h>

#include <string>

namespace chihaya::frontend {

TEST_SUITE_BEGIN("routes");

TEST_CASE("public mode knows two paths and nothing near them") {
    CHECK(route("/announce", false).action == Action::announce);
    CHECK(route("/scrape", false).action == Action::scrape);
    for (const char* path : {"/", "", "/announce/", "/announce.php", "/Announce", "/x/announce",
                             "/users/abc/announce", "announce", "/scrapes"}) {
        CAPTURE(path);
        CHECK(route(path, false).action == Action::none);
    }
}

TEST_CASE("private mode finds the passkey in Chihaya's form and in Gazelle's") {
    CHECK(route("/users/s3cret_-/announce", true).action == Action::announce);
    CHECK(route("/users/s3cret_-/announce", true).passkey == "s3cret_-");
    CHECK(route("/s3cret/scrape", true).action == Action::scrape);
    CHECK(route("/s3cret/scrape", true).passkey == "s3cret");
    CHECK(route("/users/announce", true).passkey == "users");  // a passkey like any other
}

TEST_CASE("private mode without a passkey is still an announce: admission says what is missing") {
    CHECK(route("/announce", true).action == Action::announce);
    CHECK(route("/announce", true).passkey.empty());
}

TEST_CASE("a passkey is 1 to 32 letters, digits, dashes and underscores") {
    const std::string longest(32, 'k');
    CHECK(route("/" + longest + "/announce", true).passkey == longest);
    CHECK(route("/" + longest + "k/announce", true).action == Action::none);
    for (const char* path : {"//announce", "/users//announce", "/a b/announce", "/a%41/announce",
                             "/a/b/announce", "/users/a/b/announce", "/a./scrape"}) {
        CAPTURE(path);
        CHECK(route(path, true).action == Action::none);
    }
}

TEST_SUITE_END();

}  // namespace chihaya::frontend
