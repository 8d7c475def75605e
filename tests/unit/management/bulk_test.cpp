#include "core/base/limits.hpp"
#include "tests/unit/management/listener.hpp"
#include "tests/unit/management/raw_caller.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

using namespace chihaya;  // NOLINT(google-build-using-namespace): a test, and only here
using chihaya::test::Listener;
using chihaya::test::RawCaller;

TEST_SUITE_BEGIN("management bulk");

namespace {

const Listener::Headers as_lines{{"Content-Type", "application/x-ndjson"}};

UserRecord user(std::uint64_t id) {
    UserRecord record{.id = UserId{id}};
    std::ranges::copy("key" + std::to_string(id), record.passkey.text.begin());
    record.up_multiplier = static_cast<double>(id % 7) / 3;
    record.down_multiplier = id % 5 == 0 ? 0 : 1;
    record.flags = id % 3 == 0 ? UserFlags::hidden : UserFlags::can_leech;
    return record;
}

TorrentRecord torrent(std::uint32_t number) {
    TorrentRecord record{.id = TorrentId{number}};
    for (std::size_t i = 0; i < 4; ++i) {
        record.info_hash.bytes[i] = static_cast<std::uint8_t>(number >> (8 * i));
    }
    record.snatches = number;
    record.down_multiplier = 0.1;
    record.freeleech = static_cast<Freeleech>(number % 3);
    return record;
}

/// More than a connection remembers that nobody reads from.
constexpr std::uint32_t many = 60'000;

void fill_users(Listener& listener, std::uint32_t count) {
    std::vector<UserRecord> users;
    for (std::uint32_t i = 1; i <= count; ++i) {
        users.push_back(user(i));
    }
    REQUIRE(listener.roster.put_users(users).ok());
}

void fill(Listener& listener, std::uint32_t count) {
    fill_users(listener, count);
    std::vector<TorrentRecord> torrents;
    for (std::uint32_t i = 1; i <= count; ++i) {
        torrents.push_back(torrent(i));
    }
    REQUIRE(listener.roster.put_torrents(torrents).ok());
}

/// The lines of `text` in an order that does not depend on who wrote them.
std::vector<std::string> sorted_lines(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) {
        lines.push_back(line);
    }
    std::ranges::sort(lines);
    return lines;
}

test::Answer put(const Listener& listener, const std::string& path, const std::string& lines) {
    return listener.ask("PUT", path, lines, as_lines);
}

std::string user_line(std::uint64_t id) {
    return R"({"id":)" + std::to_string(id) + R"(,"passkey":"key)" + std::to_string(id) + "\"}\n";
}

}  // namespace

TEST_CASE("what leaves one tracker as lines enters another, and is the same there") {
    for (const std::string path : {"/users", "/torrents"}) {
        CAPTURE(path);
        const std::uint32_t count = path == "/users" ? 50'000 : 20'000;
        Listener first;
        first.start();
        fill(first, count);
        const auto all = first.get(path + "?format=ndjson");
        CHECK(all.status == 200);
        CHECK(all.headers.at("Content-Type") == "application/x-ndjson");
        Listener second;
        second.start();
        const auto taken = put(second, path, all.body);
        CHECK(taken.status == 200);
        CHECK(taken.headers.at("Content-Type") == test::json_content);
        CHECK(taken.body == "{\"taken\":" + std::to_string(count) + "}\n");
        const auto lines = sorted_lines(all.body);
        CHECK(lines.size() == count);
        CHECK((sorted_lines(second.get(path + "?format=ndjson").body) == lines));
        CHECK(second.tracker.written().size() == (count / limits::bulk_batch) + 1);
    }
}

TEST_CASE("lines are what single calls show") {
    Listener listener;
    listener.start();
    fill(listener, 1);
    CHECK(listener.get("/users?format=ndjson").body == listener.get("/users/key1").body);
    CHECK(listener.get("/torrents?format=ndjson").body ==
          R"({"infohash":"0100000000000000000000000000000000000000","id":1,"snatches":1,)"
          R"("up_multiplier":1,"down_multiplier":0.1,"freeleech":"free"})"
          "\n");
}

TEST_CASE("format and Accept say what a list looks like, and format decides") {
    Listener listener;
    listener.start();
    const auto type = [&](const std::string& path, const std::string& accept) {
        return listener.ask("GET", path, "", {{"Accept", accept}}).headers.at("Content-Type");
    };
    const std::string lines = "application/x-ndjson";
    CHECK(type("/users", lines) == lines);
    CHECK(type("/users", "text/html, Application/X-NDJSON;q=0.5") == lines);
    CHECK(type("/users?format=ndjson", "application/json") == lines);
    CHECK(type("/users?format=json", lines) == test::json_content);
    CHECK(type("/users", "*/*") == test::json_content);
    CHECK(type("/torrents", "application/json") == test::json_content);
    CHECK(listener.get("/users?format=xml").status == 400);
    CHECK(listener.get("/users?format=ndjson&limit=3").status == 400);
    CHECK(listener.get("/users?format=ndjson&id=3").status == 400);
    CHECK(listener.get("/users?format=ndjson&after=x").status == 400);
    CHECK(listener.get("/torrents?format=ndjson&after=x").status == 400);
    CHECK(listener.ask("HEAD", "/users?format=ndjson").status == 200);
    CHECK(listener.get("/users?format=ndjson").body.empty());
}

TEST_CASE("a list that broke off goes on behind its last line") {
    Listener listener;
    listener.start();
    fill(listener, 10'000);
    const auto all = listener.get("/torrents?format=ndjson").body;
    const auto cut = all.find('\n', all.size() / 2) + 1;
    const auto last = all.rfind("\"infohash\":\"", cut) + 12;
    CHECK((listener.get("/torrents?format=ndjson&after=" + all.substr(last, 40)).body ==
           all.substr(cut)));
}

TEST_CASE("lines that are wrong are named, and all others taken") {
    Listener listener;
    listener.start();
    const auto answer = put(listener, "/users",
                            user_line(1) + "{\"id\":2}\n\n \r\n[]\n" + user_line(3) + "{\"id\"\n" +
                                R"({"id":4,"passkey":"key4","can_leech":1})" + "\n" +
                                R"({"id":5,"passkey":"key5"})");
    CHECK(answer.status == 400);
    CHECK(
        answer.body.starts_with(R"({"taken":3,"refused":4,"lines":[{"line":2,"reason":"passkey:)"));
    CHECK(answer.body.find(R"({"line":5,"reason":"body: found a list, accepted a JSON object"})") !=
          std::string::npos);
    CHECK(answer.body.find(R"({"line":7,"reason":"line 1, column 6: found)") == std::string::npos);
    CHECK(answer.body.find(R"({"line":7,"reason":"column 6: found)") != std::string::npos);
    CHECK(answer.body.find(R"({"line":8,"reason":"can_leech: found the number 1)") !=
          std::string::npos);
    for (const std::uint64_t id : {1U, 3U, 5U}) {
        CHECK(listener.roster.user(UserId{id}));
    }
    CHECK(listener.roster.sizes().users == 3);
    CHECK(put(listener, "/torrents", "{}\n").body ==
          R"({"taken":0,"refused":1,"lines":[{"line":1,"reason":)"
          R"("infohash: found nothing, accepted 40 hexadecimal digits"}]})"
          "\n");
}

TEST_CASE("of many wrong lines ten are named and all counted") {
    Listener listener;
    listener.start();
    std::string lines;
    for (int i = 0; i < 5000; ++i) {
        lines += "x\n";
    }
    const auto answer = put(listener, "/torrents", lines);
    CHECK(answer.body.starts_with(R"({"taken":0,"refused":5000,)"));
    CHECK(answer.body.find("\"line\":10,") != std::string::npos);
    CHECK(answer.body.find("\"line\":11,") == std::string::npos);
}

TEST_CASE("a line may be as long as the bound, and no longer") {
    Listener listener;
    listener.start();
    std::string fits = user_line(1);
    fits.insert(1, limits::bulk_line_max + 1 - fits.size(), ' ');
    CHECK(put(listener, "/users", fits).body == "{\"taken\":1}\n");
    const std::string endless(5 * limits::bulk_piece_max, ' ');
    const auto answer = put(listener, "/users",
                            user_line(2) + ' ' + fits + endless + '\n' + user_line(3) + endless);
    CHECK(answer.status == 400);
    const std::string why = R"("reason":"the line is too long: accepted up to 16384 bytes"})";
    CHECK(answer.body == R"({"taken":2,"refused":3,"lines":[{"line":2,)" + why + R"(,{"line":3,)" +
                             why + R"(,{"line":5,)" + why + "]}\n");
}

TEST_CASE("the last of several lines about a user holds") {
    Listener listener;
    listener.start();
    CHECK(put(listener, "/users", user_line(1) + R"({"id":1,"passkey":"other"})").status == 200);
    CHECK(listener.roster.user("other"));
    CHECK_FALSE(listener.roster.user("key1"));
}

TEST_CASE("a body of nothing is taken whole") {
    Listener listener;
    listener.start();
    CHECK(put(listener, "/users", "").body == "{\"taken\":0}\n");
    CHECK(put(listener, "/torrents", "\n\n").body == "{\"taken\":0}\n");
}

TEST_CASE("a body of another type is refused, and the accepted one named") {
    Listener listener;
    listener.start();
    for (const char* type : {"application/json", "application/x-ndjson2", ""}) {
        CAPTURE(type);
        const auto answer = listener.ask("PUT", "/users", user_line(1), {{"Content-Type", type}});
        CHECK(answer.status == 415);
        CHECK(answer.body.find("application/x-ndjson") != std::string::npos);
    }
    CHECK(listener.roster.sizes().users == 0);
    const auto with_charset = listener.ask(
        "PUT", "/users", user_line(1), {{"Content-Type", "application/x-ndjson; charset=utf-8"}});
    CHECK(with_charset.status == 200);
}

TEST_CASE("a driver that is away ends an import, and what was taken is said") {
    Listener listener;
    listener.start();
    std::string lines;
    for (std::uint64_t id = 1; id <= 3 * limits::bulk_batch; ++id) {
        lines += user_line(id);
    }
    int batches = 0;
    listener.tracker.while_busy = [&] {
        const Status away{StatusCode::unavailable, "Redis is away"};
        listener.tracker.answer = ++batches == 2 ? away : Status{};
    };
    const auto answer = put(listener, "/users", lines);
    CHECK(answer.status == 503);
    CHECK(answer.body == R"({"taken":4096,"refused":0,"lines":[],"ended":"Redis is away"})"
                         "\n");
    CHECK(listener.roster.sizes().users == limits::bulk_batch);
}

TEST_CASE("without the token a body is refused before it is sent") {
    Listener listener;
    listener.settings.token = "hunter2";
    listener.start();
    const std::string head =
        "PUT /users HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-ndjson\r\n"
        "Content-Length: 1000000\r\nExpect: 100-continue\r\n";
    RawCaller stranger(listener.port());
    stranger.send(head + "\r\n");
    CHECK(stranger.receive_all().starts_with("HTTP/1.1 401 "));
    RawCaller holder(listener.port());
    holder.send(head + "Authorization: Bearer hunter2\r\n\r\n");
    CHECK(holder.receive_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
    CHECK(listener.get("/users?format=ndjson").status == 401);
    CHECK(listener.get("/torrents?format=ndjson").status == 401);
}

TEST_CASE("a body that is too large is refused before it is sent") {
    Listener listener;
    listener.start();
    RawCaller caller(listener.port());
    caller.send(
        "PUT /torrents HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-ndjson\r\n"
        "Content-Length: 4294967297\r\nExpect: 100-continue\r\n\r\n");
    CHECK(caller.receive_all().starts_with("HTTP/1.1 413 "));
}

TEST_CASE("a body without a length is taken, and lines need not fit its chunks") {
    Listener listener;
    listener.start();
    RawCaller caller(listener.port());
    const std::string lines = user_line(1) + user_line(2);
    std::string chunked =
        "PUT /users HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-ndjson\r\n"
        "Transfer-Encoding: chunked\r\n\r\n";
    for (const char letter : lines) {
        chunked += std::string("1\r\n") + letter + "\r\n";
    }
    caller.send(chunked + "0\r\n\r\n");
    CHECK(caller.receive_all().ends_with("{\"taken\":2}\n"));
}

TEST_CASE("of a body that ends early the whole lines are taken") {
    Listener listener;
    listener.start();
    RawCaller caller(listener.port());
    caller.send(
        "PUT /users HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-ndjson\r\n"
        "Content-Length: 1000\r\n\r\n" +
        user_line(1) + R"({"id":2,"passkey":"key2"})");
    caller.hang_up();
    const auto answer = caller.receive_all();
    CHECK(answer.starts_with("HTTP/1.1 400 "));
    CHECK(answer.ends_with(R"({"taken":1,"refused":0,"lines":[],"ended":"the body ended early"})"
                           "\n"));
    CHECK(listener.roster.sizes().users == 1);
}

TEST_CASE("readers that stop reading keep nobody waiting, and a stop does not wait for them") {
    Listener listener;
    listener.start();
    fill_users(listener, many);
    std::vector<RawCaller> stalled;
    for (int i = 0; i < limits::bulk_calls_max; ++i) {
        stalled.emplace_back(listener.port(), RawCaller::Room::small);
        stalled.back().send("GET /users?format=ndjson HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
        CHECK(stalled.back().receive_until("\r\n\r\n").starts_with("HTTP/1.1 200 "));
    }
    CHECK(listener.get("/check").status == 200);
    const UserRecord another = user(many + 1);
    CHECK(listener.roster.put_users({&another, 1}).ok());
    CHECK(listener.get("/users?format=ndjson").status == 503);
    CHECK(put(listener, "/torrents", "").status == 503);
    listener.server->stop();
    for (RawCaller& caller : stalled) {
        CHECK_FALSE(caller.receive_all().ends_with("\r\n0\r\n\r\n"));
    }
}

TEST_CASE("a reader that goes away makes room for another") {
    Listener listener;
    listener.start();
    fill_users(listener, many);
    for (int i = 0; i < 3 * limits::bulk_calls_max; ++i) {
        RawCaller leaver(listener.port(), RawCaller::Room::small);
        leaver.send("GET /users?format=ndjson HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n");
        CHECK(leaver.receive_until("\r\n\r\n").find(" 200 ") != std::string::npos);
        CHECK(leaver.receive_until("\n").starts_with("{\"id\":"));
        leaver.reset();
        while (listener.ask("HEAD", "/users?format=ndjson").status == 503) {
        }
    }
}

TEST_SUITE_END();
