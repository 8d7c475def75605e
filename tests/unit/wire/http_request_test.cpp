#include "core/wire/http_request.hpp"

#include "core/base/limits.hpp"
#include "core/wire/announce_query.hpp"
#include "core/wire/scrape_query.hpp"
#include "tests/unit/wire/recorded_requests.hpp"
#include "tests/unit/wire/samples.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace chihaya::wire {
namespace {

/// What the parser made of an input, in memory of exactly its size, so that a read beyond it shows
/// under AddressSanitizer.
struct Outcome {
    std::vector<char> input;
    HttpRequest request{};
    std::uint16_t refusal = 0;
    HttpParse parse = HttpParse::incomplete;
};

Outcome outcome_of(std::string_view input, std::size_t already_seen = 0) {
    Outcome outcome;
    outcome.input.assign(input.begin(), input.end());
    outcome.input.shrink_to_fit();
    outcome.parse = parse_http_request({outcome.input.data(), outcome.input.size()},
                                       outcome.request, outcome.refusal, already_seen);
    return outcome;
}

std::string_view view(const Outcome& outcome) {
    return {outcome.input.data(), outcome.input.size()};
}

Outcome good(std::string_view input) {
    CAPTURE(input);
    auto outcome = outcome_of(input);
    REQUIRE(outcome.parse == HttpParse::complete);
    return outcome;
}

std::uint16_t refusal_of(std::string_view input) {
    CAPTURE(input);
    const auto outcome = outcome_of(input);
    REQUIRE(outcome.parse == HttpParse::refused);
    return outcome.refusal;
}

std::string get(std::string_view fields, std::string_view version = "1.1") {
    return "GET /announce?a=b HTTP/" + std::string(version) + "\r\n" + std::string(fields) + "\r\n";
}

/// Is `part`, of the first `size` bytes, what `whole`, of all, asks for? Before the head ends it is
/// incomplete or, if the whole is, refused.
bool is_consistent(const Outcome& part, std::size_t size, const Outcome& whole) {
    const bool is_whole = whole.parse == HttpParse::complete && size >= whole.request.head_size;
    return (part.parse == HttpParse::complete) == is_whole &&
           (part.parse != HttpParse::refused || part.refusal == whole.refusal);
}

/// Feeds every prefix: none may be complete before the head is, and what is refused stays so.
void check_prefixes(std::string_view input) {
    CAPTURE(input);
    const Outcome whole = outcome_of(input);
    auto before = HttpParse::incomplete;
    for (std::size_t size = 0; size <= input.size(); ++size) {
        CAPTURE(size);
        const Outcome part = outcome_of(input.substr(0, size));
        const Outcome hinted = outcome_of(input.substr(0, size), size == 0 ? 0 : size - 1);
        const bool stays = before == HttpParse::refused ? part.parse == HttpParse::refused
                                                        : part.parse == hinted.parse;
        REQUIRE(is_consistent(part, size, whole));
        REQUIRE(stays);
        before = part.parse;
    }
}

}  // namespace

TEST_SUITE_BEGIN("http request");

TEST_CASE("every recorded request is complete and its query means what the program meant") {
    for (const std::string_view input : recorded_requests) {
        const Outcome outcome = good(input);
        const HttpRequest& request = outcome.request;
        CHECK(request.method == Method::get);
        CHECK(request.head_size == input.size());
        CHECK(request.body_size == 0);
        const bool is_old = input.find(" HTTP/1.0") != std::string_view::npos;
        CHECK(request.minor_version == (is_old ? 0 : 1));
        CHECK(request.keep_alive ==
              (!is_old && input.find("Connection: close") == std::string_view::npos));
        if (request.path == "/scrape") {
            std::array<InfoHash, 2> out{};
            const auto found = parse_scrape(request.query, out);
            REQUIRE(found.has_value());
            CHECK(*found == 1);
            CHECK(out[0] == hash_l);
            continue;
        }
        CHECK(request.path == "/announce");
        const auto announce = parse_announce(request.query);
        REQUIRE(announce.has_value());
        CHECK(announce->port >= 6993);
        CHECK(announce->port <= 6999);
        CHECK((announce->info_hash == hash_l || input.find("passkey") == std::string_view::npos));
        CHECK((announce->event != Event::none));
        CHECK(announce->compact);
        CHECK(announce->left != unknown_left);
    }
}

TEST_CASE("every prefix of every recorded request is incomplete") {
    for (const std::string_view input : recorded_requests) {
        check_prefixes(input);
    }
}

TEST_CASE("every prefix of a refused request is incomplete or refused alike") {
    const std::string long_line = "GET /" + std::string(limits::request_line_max, 'a');
    std::string many_lines = "GET / HTTP/1.1\r\n";
    for (std::size_t i = 0; i <= limits::request_header_lines_max; ++i) {
        many_lines += "a: b\r\n";
    }
    const std::string long_header =
        "GET / HTTP/1.1\r\na: " + std::string(limits::request_headers_max, 'a') + "\nno colon\n\n";
    for (const std::string& input :
         {get("no colon\r\n"), get("a: b\r\n folded\r\n"), get("Transfer-Encoding: chunked\r\n"),
          get("Content-Length: x\r\n"), get("", "2.0"),
          std::string("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
          std::string("\x16\x03\x01\x02\x00\x01\x00", 7),
          std::string("\x13"
                      "BitTorrent protocol"),
          std::string(40, 'A'), many_lines, long_line + " HTTP/1.1\r\n\r\n", long_header}) {
        CHECK(outcome_of(input).parse == HttpParse::refused);
        check_prefixes(input);
    }
}

TEST_CASE("no one-bit flip of a request makes it anything but an outcome") {
    for (const std::size_t which : {0U, 6U, 8U}) {
        const std::string original(recorded_requests[which]);
        for (std::size_t bit = 0; bit < original.size() * 8; ++bit) {
            std::string flipped = original;
            flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
            const Outcome outcome = outcome_of(flipped);
            if (outcome.parse == HttpParse::complete) {
                CHECK(outcome.request.head_size <= flipped.size());
                const auto announce = parse_announce(outcome.request.query);
                CHECK((announce.has_error() || announce->port != 0));
            }
        }
    }
}

TEST_CASE("random pieces of a pipeline come to the same requests as the whole") {
    std::string stream;
    for (const std::string_view input : recorded_requests) {
        stream += input;
    }
    std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same pieces every time
    for (int round = 0; round < 2000; ++round) {
        std::size_t begin = 0;
        std::size_t end = 0;
        std::size_t seen = 0;
        std::size_t requests = 0;
        while (end < stream.size()) {
            end = std::min(stream.size(), end + 1 + random() % 700);
            HttpRequest request;
            std::uint16_t refusal = 0;
            std::string_view input(stream.data() + begin, end - begin);
            auto parse = parse_http_request(input, request, refusal, seen);
            for (; parse == HttpParse::complete; ++requests) {
                REQUIRE(input.substr(0, request.head_size) == recorded_requests[requests]);
                begin += request.head_size;
                input.remove_prefix(request.head_size);
                parse = parse_http_request(input, request, refusal);
            }
            REQUIRE(parse == HttpParse::incomplete);
            seen = input.size();
        }
        REQUIRE(requests == recorded_requests.size());
    }
}

TEST_CASE("path, query, header lines and user agent are parts of the input") {
    const std::string head =
        get("Host: x\r\nUser-Agent: \t qBittorrent/4.6.5 \t\r\nAccept: */*\r\n");
    const Outcome outcome = good(head + "rest");
    CHECK(outcome.request.path == "/announce");
    CHECK(outcome.request.query == "a=b");
    CHECK(outcome.request.user_agent == "qBittorrent/4.6.5");
    CHECK(outcome.request.fields ==
          "Host: x\r\nUser-Agent: \t qBittorrent/4.6.5 \t\r\nAccept: */*\r\n");
    CHECK(outcome.request.head_size == head.size());
    CHECK(outcome.request.path.data() == view(outcome).data() + 4);
}

TEST_CASE("methods are told apart, case included") {
    CHECK(good("GET / HTTP/1.1\r\n\r\n").request.method == Method::get);
    CHECK(good("HEAD / HTTP/1.1\r\n\r\n").request.method == Method::head);
    for (const std::string_view method : {"POST", "DELETE", "FOO", "get", "GETT", "M-SEARCH"}) {
        CHECK(good(std::string(method) + " /announce HTTP/1.1\r\n\r\n").request.method ==
              Method::other);
    }
    CHECK(refusal_of(std::string(17, 'M') + " / HTTP/1.1\r\n\r\n") == 400);
    CHECK(good(std::string(16, 'M') + " / HTTP/1.1\r\n\r\n").request.method == Method::other);
}

TEST_CASE("the target may be absolute, without a path, or with stray spaces") {
    const auto target = [](std::string_view text) {
        const Outcome outcome = good("GET " + std::string(text) + " HTTP/1.1\r\n\r\n");
        return std::string(outcome.request.path) + "|" + std::string(outcome.request.query);
    };
    CHECK(target("/announce?a=b") == "/announce|a=b");
    CHECK(target("/announce") == "/announce|");
    CHECK(target("/announce?a=b?c=d#e") == "/announce|a=b?c=d#e");
    CHECK(target("http://tracker.example:6969/announce?a=b") == "/announce|a=b");
    CHECK(target("HTTPS://[2001:db8::1]/k/scrape?a") == "/k/scrape|a");
    CHECK(target("http://host?a=http://x/") == "/|a=http://x/");
    CHECK(target("http://host") == "/|");
    CHECK(target("?info_hash=a") == "/|info_hash=a");
    CHECK(target("/announce ?a=b") == "/announce|a=b");
    CHECK(target(" /announce?a=b ") == "/announce|a=b");
    for (const std::string_view text :
         {"*", "host:80", "announce", "ftp://x/", "", " ", "http:/x"}) {
        CHECK(refusal_of("GET " + std::string(text) + " HTTP/1.1\r\n\r\n") == 400);
    }
}

TEST_CASE("raw and control bytes in the target are taken, NUL and a lone carriage return are not") {
    for (int byte = 1; byte < 256; ++byte) {
        const std::string query = std::string("q=") + static_cast<char>(byte) + "z";
        const std::string input = "GET /a?" + query + " HTTP/1.1\r\n\r\n";
        CAPTURE(byte);
        if (byte == '\r' || byte == '\n') {
            CHECK(refusal_of(input) == 400);
        } else {
            CHECK(good(input).request.query == query);
        }
    }
    CHECK(refusal_of(std::string("GET /a?\0 HTTP/1.1\r\n\r\n", 21)) == 400);
}

TEST_CASE("versions other than 1.x are refused") {
    CHECK(good(get("", "1.0")).request.minor_version == 0);
    CHECK(good(get("", "1.9")).request.minor_version == 1);
    for (const std::string_view version : {"0.9", "2.0", "3.0"}) {
        CHECK(refusal_of(get("", version)) == 505);
    }
    for (const std::string_view version : {"", "1", "1.", "1.10", "11.1", "a.1", "1.1x"}) {
        CHECK(refusal_of(get("", version)) == 400);
    }
    CHECK(refusal_of("GET /announce\r\n\r\n") == 400);
    CHECK(refusal_of("GET /announce http/1.1\r\n\r\n") == 400);
    CHECK(refusal_of("GET HTTP/1.1\r\n\r\n") == 400);
}

TEST_CASE("Host is not needed and not looked at") {
    for (const std::string_view host :
         {"", "Host:\r\n", "Host: ::1:6970\r\n", "Host: a\r\nHost: b\r\n"}) {
        good(get(host));
    }
    good(get("Host: " + std::string(300, 'h') + "\r\n"));
    CHECK_FALSE(good("GET /announce HTTP/1.0\r\nUser-Agent: Enhanced-CTorrent/dnh3.3.2\r\n\r\n")
                    .request.keep_alive);
}

TEST_CASE("header names come in any case, values may be empty") {
    const Outcome outcome =
        good(get("host: x\r\nuser-agent: \r\nuSER-aGENT: late\r\nx:\r\nCONNECTION:close\r\n"));
    CHECK(outcome.request.user_agent.empty());
    CHECK_FALSE(outcome.request.keep_alive);
}

TEST_CASE("lines may end in a bare line feed, and empty lines may come before") {
    const Outcome outcome = good("\r\n\nGET /announce HTTP/1.1\nHost: x\nConnection: close\n\nGET");
    CHECK(outcome.request.head_size == 53);
    CHECK_FALSE(outcome.request.keep_alive);
    CHECK(refusal_of("\n\n\nGET / HTTP/1.1\n\n") == 400);
    CHECK(refusal_of("\rGET / HTTP/1.1\n\n") == 400);
    CHECK(outcome_of("\r").parse == HttpParse::incomplete);
    CHECK(outcome_of("\r\n\r").parse == HttpParse::incomplete);
    CHECK(outcome_of("").parse == HttpParse::incomplete);
}

TEST_CASE("connection options decide whether it stays open") {
    const auto stays = [](std::string_view fields, std::string_view version) {
        return good(get(fields, version)).request.keep_alive;
    };
    CHECK(stays("", "1.1"));
    CHECK_FALSE(stays("Connection: close\r\n", "1.1"));
    CHECK_FALSE(stays("Connection: Close\r\n", "1.1"));
    CHECK_FALSE(stays("connection: foo, CLOSE\r\n", "1.1"));
    CHECK_FALSE(stays("connection: foo\r\nConnection:\tclose\t,\r\n", "1.1"));
    CHECK(stays("Connection: closed, xclose\r\n", "1.1"));
    CHECK_FALSE(stays("", "1.0"));
    CHECK(stays("Connection: Keep-Alive\r\n", "1.0"));
    CHECK_FALSE(stays("Connection: keep-alive, close\r\n", "1.0"));
}

TEST_CASE("a body has one sensible length or the request is refused") {
    CHECK(good(get("Content-Length: 10\r\n") + "0123456789").request.body_size == 10);
    CHECK(good(get("content-length:\t007 \r\n")).request.body_size == 7);
    CHECK(good(get("Content-Length: 65536\r\n")).request.body_size == 65536);
    for (const std::string_view length : {"", "-1", "+1", "1,1", "1 1", "0x1", "ten"}) {
        CHECK(refusal_of(get("Content-Length: " + std::string(length) + "\r\n")) == 400);
    }
    CHECK(refusal_of(get("Content-Length: 1\r\nContent-Length: 2\r\n")) == 400);
    CHECK(refusal_of(get("Content-Length: 1\r\nContent-Length: 1\r\n")) == 400);
    CHECK(refusal_of(get("Content-Length: 65537\r\n")) == 413);
    CHECK(refusal_of(get("Content-Length: 99999999999999999999999999\r\n")) == 413);
    CHECK(refusal_of(get("Transfer-Encoding: chunked\r\n")) == 400);
    CHECK(refusal_of(get("transfer-encoding:\r\n")) == 400);
}

TEST_CASE("a header line that could be read in two ways is refused") {
    for (const std::string_view line : {"no colon", ": no name", "a b: c", "a : b", " a: b",
                                        "\ta: b", "\xff: b", "a(: b", "a: b\rc: d", "\r"}) {
        CHECK(refusal_of(get(std::string(line) + "\r\n")) == 400);
    }
    CHECK(refusal_of(get("a: b\r\n folded\r\n")) == 400);
    CHECK(refusal_of(get(std::string("a\0b: c\r\n", 8))) == 400);
    CHECK(refusal_of(get(std::string("a: \0\r\n", 6))) == 400);
}

TEST_CASE("bytes behind the head are not looked at") {
    good(get("") + std::string("\0\x16garbage", 9));
}

TEST_CASE("a request line has a longest size, and too long a one is noticed before it ends") {
    const std::string end = " HTTP/1.1";
    const std::string longest =
        "GET /" + std::string(limits::request_line_max - 5 - end.size(), 'a') + end;
    const std::string longer = "GET /a" + longest.substr(5);
    for (const std::string_view line_end : {"\r\n", "\n"}) {
        std::string input = longest;
        input.append(line_end).append(line_end);
        good(input);
        CHECK(refusal_of(std::string(longer).append(line_end)) == 414);
    }
    CHECK(outcome_of(longest + "\r").parse == HttpParse::incomplete);
    CHECK(refusal_of(longest + "aa") == 414);
}

TEST_CASE("header lines have a largest size and number, noticed before they end") {
    const std::string line = "GET / HTTP/1.1\r\n";
    const std::string field = "a: " + std::string(limits::request_headers_max - 5, 'a');
    good(line + field + "\r\n\r\n");
    CHECK(refusal_of(line + field + "a\r\n\r\n") == 431);
    CHECK(outcome_of(line + field + "\r\n\r").parse == HttpParse::incomplete);
    CHECK(refusal_of(line + field + "\r\nb:") == 431);
    CHECK(refusal_of(line + field + "aaaa") == 431);
    std::string many;
    for (std::size_t i = 0; i < limits::request_header_lines_max; ++i) {
        many += "a:\n";
    }
    good(line + many + "\n");
    CHECK(refusal_of(line + many + "a:\n") == 431);
}

TEST_CASE("what can never become a request is refused at its first bytes") {
    CHECK(refusal_of("\x16") == 400);
    CHECK(refusal_of("\x13"
                     "BitTorrent protocol") == 400);
    CHECK(refusal_of("\x80") == 400);
    CHECK(refusal_of(" ") == 400);
    CHECK(refusal_of("GET\t") == 400);
    CHECK(refusal_of("GET\r\n") == 400);
    CHECK(refusal_of("AAAAAAAAAAAAAAAAA") == 400);
    CHECK(refusal_of("SSH-2.0-OpenSSH_9.2p1\r\n") == 400);
    CHECK(outcome_of("AAAAAAAAAAAAAAAA").parse == HttpParse::incomplete);
}

TEST_CASE("header lines can be gone through") {
    FieldCursor cursor("Host: x\r\nX-Forwarded-For:  1.2.3.4 \nodd\r\nlast:");
    std::string_view name;
    std::string_view value;
    std::string all;
    while (cursor.next(name, value)) {
        all += std::string(name) + "=" + std::string(value) + ";";
    }
    CHECK(all == "Host=x;X-Forwarded-For=1.2.3.4;last=;");
}

TEST_SUITE_END();

}  // namespace chihaya::wire
