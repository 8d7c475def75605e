#include "tests/unit/management/listener.hpp"

#include <doctest/doctest.h>

#include <string>

using chihaya::test::Listener;

TEST_SUITE_BEGIN("the operator's page");

TEST_CASE("the page is one file of HTML that allows its own scripts and nothing else") {
    Listener listener;
    listener.start();
    const auto page = listener.get("/");
    CHECK(page.status == 200);
    CHECK(page.headers.at("Content-Type") == "text/html; charset=utf-8");
    CHECK(page.headers.at("Cache-Control") == "no-cache");
    CHECK(page.headers.at("X-Content-Type-Options") == "nosniff");
    CHECK(page.headers.at("Referrer-Policy") == "no-referrer");
    const std::string& policy = page.headers.at("Content-Security-Policy");
    CHECK(policy.starts_with("default-src 'none'; style-src 'sha256-"));
    CHECK(policy.find("script-src 'sha256-") != std::string::npos);
    CHECK(policy.find("frame-ancestors 'none'") != std::string::npos);
    CHECK(policy.find("unsafe") == std::string::npos);
    CHECK(page.body.starts_with("<!doctype html>"));
    CHECK(page.body.ends_with("</html>\n"));
}

TEST_CASE("the page asks for nothing that is not on this port") {
    Listener listener;
    listener.start();
    const std::string page = listener.get("/").body;
    for (const char* outside : {"src=", "@import", "url(", "https:", "//cdn"}) {
        CAPTURE(outside);
        CHECK(page.find(outside) == std::string::npos);
    }
}

TEST_CASE("nothing that the page shows can become markup") {
    Listener listener;
    listener.start();
    const std::string page = listener.get("/").body;
    for (const char* way :
         {"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("}) {
        CAPTURE(way);
        CHECK(page.find(way) == std::string::npos);
    }
}

TEST_CASE("the page needs no token, and a wrong one does not keep it away") {
    Listener listener;
    listener.settings.token = "secret";
    listener.start();
    CHECK(listener.get("/").status == 200);
    CHECK(listener.ask("GET", "/", "", {{"Authorization", "Bearer wrong"}}).status == 200);
}

TEST_CASE("HEAD tells of the page without sending it, and other methods are refused") {
    Listener listener;
    listener.start();
    const auto head = listener.ask("HEAD", "/");
    CHECK(head.status == 200);
    CHECK(head.body.empty());
    CHECK(head.headers.at("Content-Length") == std::to_string(listener.get("/").body.size()));
    CHECK(listener.ask("POST", "/").status == 405);
    CHECK(listener.ask("POST", "/").headers.at("Allow") == "GET, HEAD");
}

TEST_CASE("what is not the page is not kept by caches and has no policy") {
    Listener listener;
    listener.start();
    const auto stats = listener.get("/stats");
    CHECK(stats.headers.at("Cache-Control") == "no-store");
    CHECK_FALSE(stats.headers.contains("Content-Security-Policy"));
}
