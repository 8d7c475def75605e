#include "plugins/redis/command.hpp"
#include "plugins/redis/reply_reader.hpp"
#include "tests/redis/worker.hpp"

#include <doctest/doctest.h>

#include <string>

TEST_SUITE_BEGIN("commands and replies");

namespace chihaya::redis::test {
namespace {

using namespace std::string_literals;

/// All replies in `bytes`, given to the reader in pieces of `piece`.
std::string read_in_pieces(ReplyReader& reader, std::string_view bytes, std::size_t piece) {
    std::string text;
    while (!bytes.empty()) {
        // A copy of its own, so that a reply that points into it is found out.
        const std::string part(bytes.substr(0, piece));
        bytes.remove_prefix(part.size());
        reader.take(part);
        while (const Reply* reply = reader.next()) {
            text += text_of(*reply) + "\n";
        }
    }
    return text;
}

}  // namespace

TEST_CASE("a command is an array of texts whose lengths are said") {
    Command command;
    CHECK(command.begin(3).add("SET").add("k\r\n\0"s).add(-9223372036854775807LL - 1).bytes() ==
          "*3\r\n$3\r\nSET\r\n$4\r\nk\r\n\0\r\n$20\r\n-9223372036854775808\r\n"s);
    CHECK(command.begin(1).add("PING").bytes() == "*1\r\n$4\r\nPING\r\n");
}

TEST_CASE("replies are the same in whatever pieces they come") {
    const std::string bytes =
        "+OK\r\n:-42\r\n$5\r\na\r\n\0b\r\n$-1\r\n*-1\r\n*0\r\n$0\r\n\r\n-MOVED 1 h:2\r\n"
        "*3\r\n:1\r\n*2\r\n$3\r\nfoo\r\n*1\r\n+x\r\n$-1\r\n:7\r\n"s;
    const std::string expected =
        "+OK\n-42\n'a\r\n\0b'\nnil\nnil\n[]\n''\n-MOVED 1 h:2\n[1 ['foo' [+x ] ] nil ]\n7\n"s;
    for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
        CAPTURE(piece);
        ReplyReader reader;
        CHECK(read_in_pieces(reader, bytes, piece) == expected);
        CHECK_FALSE(reader.broken());
    }
}

TEST_CASE("a reply larger than any buffer arrives whole") {
    ReplyReader reader;
    const std::string large(300'000, 'x');
    const std::string bytes = "*2\r\n$300000\r\n" + large + "\r\n:5\r\n:6\r\n";
    CHECK(read_in_pieces(reader, bytes, 65'536) == "['" + large + "' 5 ]\n6\n");
    CHECK(read_in_pieces(reader, bytes, 65'536) == "['" + large + "' 5 ]\n6\n");
}

TEST_CASE("what is no reply breaks the reader until it is as new") {
    for (const char* const bytes :
         {"HTTP/1.1 400\r\n", "$-7\r\n", ":x\r\n", "*99999999999\r\n", "*x\r\n",
          "*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n*1\r\n"}) {
        CAPTURE(bytes);
        ReplyReader reader;
        CHECK(read_in_pieces(reader, bytes, 4096).empty());
        CHECK(reader.broken());
        CHECK(read_in_pieces(reader, "+OK\r\n", 4096).empty());
        reader.reset();
        CHECK_FALSE(reader.broken());
        CHECK(read_in_pieces(reader, "+OK\r\n", 4096) == "+OK\n");
    }
}

TEST_CASE("a reply is believed up to a number of elements and of bytes") {
    const ReplyLimits limits{.elements = 4, .bytes = 64};
    ReplyReader reader(limits);
    CHECK(read_in_pieces(reader, "*4\r\n:1\r\n:2\r\n:3\r\n:4\r\n", 5) == "[1 2 3 4 ]\n");
    CHECK(read_in_pieces(reader, "*2\r\n*2\r\n:1\r\n:2\r\n*1\r\n", 5).empty());
    CHECK(reader.broken());
    CHECK(reader.fault() == "a reply that is too large");
    reader.reset();
    for (int i = 0; i < 100; ++i) {
        REQUIRE(read_in_pieces(reader, "$20\r\n12345678901234567890\r\n", 7) ==
                "'12345678901234567890'\n");
    }
    CHECK(read_in_pieces(reader, "$100\r\n" + std::string(100, 'x') + "\r\n", 7).empty());
    CHECK(reader.broken());
}

TEST_CASE("a copy of a reply outlives it") {
    ReplyReader reader;
    ReplyArena arena;
    const std::string bytes = "*3\r\n$3\r\nfoo\r\n*2\r\n:1\r\n$-1\r\n-ERR no\r\n";
    reader.take(bytes);
    const Reply* reply = reader.next();
    REQUIRE(reply != nullptr);
    const Reply& copy = arena.copy(*reply);
    reader.take("$3\r\nbar\r\n");
    REQUIRE(reader.next() != nullptr);
    CHECK(text_of(copy) == "['foo' [1 nil ] -ERR no ]");
}

}  // namespace chihaya::redis::test
TEST_SUITE_END();
