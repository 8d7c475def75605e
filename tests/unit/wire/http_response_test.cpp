#include "core/wire/http_response.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

namespace chihaya::wire {
namespace {

std::string with_body(const ResponseHead& head, std::string_view body) {
    std::array<char, 1024> room{};
    ByteWriter out(room);
    write_response(out, head, [&](ByteWriter& to) { to.text(body); });
    return out.overflow() ? "" : std::string(out.view());
}

std::string status(const ResponseHead& head, bool body = true) {
    std::array<char, 1024> room{};
    ByteWriter out(room);
    write_status(out, head, body);
    return std::string(out.view());
}

}  // namespace

TEST_SUITE_BEGIN("http response");

TEST_CASE("the usual response says nothing that its version implies") {
    const std::string body =
        "d8:completei0e10:incompletei1e8:intervali1800e12:min intervali900e5:peers0:e";
    CHECK(with_body({}, body) ==
          "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 76\r\n\r\n" + body);
}

TEST_CASE("a response to HTTP/1.0 is one, and says whether the connection stays") {
    const std::string body = "d14:failure reason17:invalid info_hashe";
    CHECK(with_body({.minor_version = 0, .keep_alive = false}, body) ==
          "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 39\r\n"
          "Connection: close\r\n\r\n" +
              body);
    CHECK(with_body({.minor_version = 0}, "") ==
          "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 0\r\n"
          "Connection: keep-alive\r\n\r\n");
}

TEST_CASE("HTTP/1.1 says when the connection closes") {
    CHECK(with_body({.keep_alive = false, .content_type = "application/json"}, "{}") ==
          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
          "Connection: close\r\n\r\n{}");
}

TEST_CASE("a status is a response of one line") {
    CHECK(status({.status = 404}) ==
          "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 14\r\n\r\n"
          "404 Not Found\n");
    CHECK(status({.status = 405, .keep_alive = false}) ==
          "HTTP/1.1 405 Method Not Allowed\r\nContent-Type: text/plain\r\nContent-Length: 23\r\n"
          "Allow: GET, HEAD\r\nConnection: close\r\n\r\n405 Method Not Allowed\n");
    CHECK(status({.status = 404}, false) ==
          "HTTP/1.1 404 Not Found\r\nContent-Type: text/plain\r\nContent-Length: 14\r\n\r\n");
}

TEST_CASE("every status that is sent has its words, and its body the length it says") {
    for (const int code : {200, 400, 401, 403, 404, 405, 408, 413, 414, 431, 500, 501, 503, 505}) {
        CHECK(status_text(static_cast<std::uint16_t>(code)) != "Unknown");
        const std::string text = status({.status = static_cast<std::uint16_t>(code)});
        const std::string body = text.substr(text.find("\r\n\r\n") + 4);
        CHECK(text.find("Content-Length: " + std::to_string(body.size()) + "\r\n") !=
              std::string::npos);
    }
    CHECK(status_text(410) == "Unknown");
}

TEST_CASE("no head is longer than the room that is left for it") {
    std::array<char, response_head_max> room{};
    ByteWriter out(room);
    write_head(out, {431, 0, true, "application/octet-stream"}, ~std::size_t{0});
    CHECK_FALSE(out.overflow());
    ByteWriter other(room);
    write_head(other, {405, 0, true, "text/plain; version=0.0.4; charset=utf-8"}, ~std::size_t{0});
    CHECK_FALSE(other.overflow());
}

TEST_CASE("responses follow each other without a gap") {
    std::array<char, 600> room{};
    ByteWriter out(room);
    for (const std::string_view body : {"one", "two"}) {
        write_response(out, {}, [&](ByteWriter& to) { to.text(body); });
    }
    const std::string head =
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\n\r\n";
    CHECK(out.view() == head + "one" + head + "two");
}

TEST_CASE("a response that does not fit overflows") {
    std::array<char, response_head_max + 10> room{};
    ByteWriter out(room);
    write_response(out, {}, [](ByteWriter& to) { to.text("eleven char"); });
    CHECK(out.overflow());
    ByteWriter none(std::span<char>(room).first(100));
    write_response(none, {}, [](ByteWriter& to) { to.text(""); });
    CHECK(none.overflow());
}

TEST_SUITE_END();

}  // namespace chihaya::wire
