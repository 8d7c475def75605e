#include "core/wire/http_response.hpp"

namespace chihaya::wire {
namespace {

/// The head of nearly every response, up to the length of its body.
constexpr std::string_view usual_start =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ";

void write_status_line(ByteWriter& out, const ResponseHead& head) noexcept {
    out.text(head.minor_version == 0 ? "HTTP/1.0 " : "HTTP/1.1 ");
    out.number(head.status);
    out.text(" ");
    out.text(status_text(head.status));
    out.text("\r\n");
}

}  // namespace

void write_head(ByteWriter& out, const ResponseHead& head, std::size_t content_length) noexcept {
    if (head.status == 200 && head.minor_version != 0 && head.content_type == "text/plain") {
        out.text(usual_start);
    } else {
        write_status_line(out, head);
        out.text("Content-Type: ");
        out.text(head.content_type);
        out.text("\r\nContent-Length: ");
    }
    out.number(content_length);
    if (head.status == 405) {
        out.text("\r\nAllow: GET, HEAD");
    }
    if (!head.keep_alive) {
        out.text("\r\nConnection: close");
    } else if (head.minor_version == 0) {
        out.text("\r\nConnection: keep-alive");
    }
    out.text("\r\n\r\n");
}

void write_status(ByteWriter& out, const ResponseHead& head, bool with_body) noexcept {
    const std::string_view words = status_text(head.status);
    write_head(out, head, words.size() + 5);  // three digits, a space, a line feed
    if (with_body) {
        out.number(head.status);
        out.text(" ");
        out.text(words);
        out.text("\n");
    }
}

std::string_view status_text(std::uint16_t status) noexcept {
    switch (status) {
        case 200:
            return "OK";
        case 400:
            return "Bad Request";
        case 401:
            return "Unauthorized";
        case 403:
            return "Forbidden";
        case 404:
            return "Not Found";
        case 405:
            return "Method Not Allowed";
        case 408:
            return "Request Timeout";
        case 413:
            return "Content Too Large";
        case 414:
            return "URI Too Long";
        case 431:
            return "Request Header Fields Too Large";
        case 500:
            return "Internal Server Error";
        case 501:
            return "Not Implemented";
        case 503:
            return "Service Unavailable";
        case 505:
            return "HTTP Version Not Supported";
        default:
            return "Unknown";
    }
}

void detail::close_response(ByteWriter& out, const ResponseHead& head, char* room) noexcept {
    if (out.overflow()) {
        return;
    }
    const auto start = static_cast<std::size_t>(room - out.view().data());
    ByteWriter text({room, response_head_max});
    write_head(text, head, out.size() - start - response_head_max);
    out.close_gap(start + text.size(), response_head_max - text.size());
}

}  // namespace chihaya::wire
