#include "plugins/redis/announce_answer.hpp"

#include "plugins/redis/reply_reader.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

TEST_SUITE_BEGIN("what the script answers to an announce");

namespace chihaya::redis {
namespace {

constexpr RowClass leechers = row_class(Kind::ipv4, Role::leecher);
constexpr std::array<RowClass, 3> planned{leechers, leechers, leechers};

std::string text(const std::string& bytes) {
    return "$" + std::to_string(bytes.size()) + "\r\n" + bytes + "\r\n";
}
std::string counts(char state) {
    return text(state + std::string(16, '\1'));
}

std::optional<AnnounceAnswer> read(ReplyReader& reader, const std::string& bytes) {
    reader.take(bytes);
    const Reply* const reply = reader.next();
    REQUIRE(reply != nullptr);
    return read_answer(*reply, planned, true);
}

}  // namespace

TEST_CASE("an answer that is none is refused") {
    ReplyReader reader;
    CHECK_FALSE(read(reader, "+OK\r\n"));
    CHECK_FALSE(read(reader, "*0\r\n"));
    CHECK_FALSE(read(reader, "*2\r\n" + counts(0) + text("")));
    CHECK_FALSE(read(reader, "*3\r\n" + text("short") + text("") + text("")));
    CHECK_FALSE(read(reader, "*3\r\n" + counts(8) + text("") + text(std::string(25, 'x'))));
}

TEST_CASE("pages that are not made of rows are left out of an answer") {
    ReplyReader reader;
    const std::string start = counts(0) + text("\1") + "$-1\r\n";
    CHECK(read(reader, "*4\r\n" + start + text(std::string(12, 'x')))->row_count == 1);
    CHECK(read(reader, "*4\r\n" + start + text(std::string(13, 'x')))->row_count == 0);
    CHECK(read(reader, "*4\r\n" + start + ":6\r\n")->row_count == 0);
    // More pages than were asked for.
    CHECK(read(reader, "*5\r\n" + start + text("abcdef") + text("abcdef"))->row_count == 1);

    const std::string any = counts(8) + text("") + text(std::string(26, '\0'));
    CHECK(read(reader, "*5\r\n" + any + ":1\r\n" + text("abcdef"))->row_count == 1);
    CHECK(read(reader, "*5\r\n" + any + ":0\r\n" + text("abcdef"))->row_count == 0);
    CHECK(read(reader, "*5\r\n" + any + ":10\r\n" + text("abcdef"))->row_count == 0);
    CHECK(read(reader, "*4\r\n" + any + ":1\r\n")->row_count == 0);
}

TEST_CASE("an answer holds no more pages than there is room for") {
    ReplyReader reader;
    std::string pages = counts(8) + text("") + text(std::string(26, '\0'));
    for (int i = 0; i < 100; ++i) {
        pages += ":1\r\n" + text("abcdef");
    }
    CHECK(read(reader, "*203\r\n" + pages)->row_count == AnnounceAnswer::rows_max);
}

TEST_CASE("a history of the wrong size is believed no further than its first byte") {
    ReplyReader reader;
    const auto answer =
        read(reader, "*3\r\n" + counts(0) + text(std::string(44, '\1')) + "$-1\r\n");
    REQUIRE(answer);
    CHECK(answer->history.known);
    CHECK(answer->history.was_seeder);
    CHECK(answer->history.uploaded == 0);
}

}  // namespace chihaya::redis
TEST_SUITE_END();
