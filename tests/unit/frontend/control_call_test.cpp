#include "core/frontend/control_call.hpp"

#include "core/base/limits.hpp"
#include "tests/unit/frontend/http_worker.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace chihaya::frontend {
namespace {

using test::TcpClient;

/// A desk whose calls are performed when a test says so.
struct Desk final : ControlDesk {
    bool take(std::shared_ptr<ControlCall> call) noexcept override {
        calls.push_back(std::move(call));
        return !is_full;
    }
    void perform_all(BackendDriver& driver) {
        for (const auto& call : std::exchange(calls, {})) {
            call->perform(driver);
        }
    }
    std::vector<std::shared_ptr<ControlCall>> calls;
    bool is_full = false;
};

struct Site {
    explicit Site(bool is_private = false, const HttpSettings& settings = {})
        : worker(is_private, {.control = &desk}, settings) {
        worker.backend.on_control = [this](const ControlRequest& request, ControlSink& sink) {
            targets.push_back(std::string(request.path) + '?' + std::string(request.query));
            last_ipv4 = request.ipv4;
            last_ipv6 = request.ipv6;
            CHECK(request.method == "GET");
            sink.answer(status, type, body);
        };
    }
    /// Turns until so many calls are at the desk.
    void until_called(std::size_t count) {
        worker.until([&] { return desk.calls.size() >= count; });
    }
    /// Everything that comes back to these bytes, to the end of the stream.
    std::string answer_to(const std::string& bytes) {
        TcpClient client(worker.port);
        client.send(bytes);
        until_called(desk.calls.size() + 1);
        desk.perform_all(worker.backend);
        worker.until([&] { return worker.front_end.is_quiet(); });
        return client.read_to_end();
    }

    Desk desk;
    std::uint32_t status = 200;
    std::string type = "text/plain";
    std::string body = "success";
    std::vector<std::string> targets;
    Ipv4Endpoint last_ipv4;
    Ipv6Endpoint last_ipv6;
    HttpWorker worker;
};

std::string get(const std::string& target, const std::string& fields = "Connection: Close\r\n") {
    return "GET " + target + " HTTP/1.1\r\n" + fields + "\r\n";
}

const std::string success =
    "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n"
    "Connection: close\r\n\r\nsuccess";

}  // namespace

TEST_SUITE_BEGIN("control call");

TEST_CASE(
    "an answer is the driver's, byte for byte, and ends the stream whatever the client says") {
    for (const char* fields : {"Connection: Close\r\n", "", "Connection: keep-alive\r\n"}) {
        CAPTURE(fields);
        Site site;
        CHECK(site.answer_to(get("/secret/update?action=x", fields)) == success);
        CHECK(site.targets == std::vector<std::string>{"/secret/update?action=x"});
        CHECK(site.worker.sum().handled() == 1);
        CHECK(site.worker.sum().bad() == 0);
    }
}

TEST_CASE("every path that is neither announce nor scrape is a call, in private mode too") {
    for (const bool is_private : {false, true}) {
        for (const char* path : {"/", "/aaaaaaaaaaaaaaaa/other", "/a/b/announced", "/users/x"}) {
            CAPTURE(path);
            Site site(is_private);
            CHECK(site.answer_to(get(path)) == success);
            CHECK(site.targets == std::vector<std::string>{std::string(path) + '?'});
        }
    }
}

TEST_CASE("announces and scrapes never become calls") {
    Site site(true);
    for (const char* target : {"/announce?x", "/scrape?x", "/aaaaaaaaaaaaaaaa/announce",
                               "/users/aaaaaaaaaaaaaaaa/scrape"}) {
        CAPTURE(target);
        TcpClient client(site.worker.port);
        client.send(get(target));
        CHECK(site.worker.reply(client).body.find("failure reason") != std::string::npos);
        CHECK(site.desk.calls.empty());
    }
}

TEST_CASE("the request target reaches the driver as it came") {
    std::string query = "peer_id=-x[\"#?&%41+";
    for (int byte = 0x80; byte < 0x100; ++byte) {
        query += static_cast<char>(byte);
    }
    Site site;
    CHECK(site.answer_to(get("/s/update?" + query)) == success);
    CHECK(site.targets.back() == "/s/update?" + query);
}

TEST_CASE("a request line of the largest size is one call") {
    const std::string around = "GET /s/update? HTTP/1.1";
    const std::string query(limits::request_line_max - around.size(), 'k');
    Site site;
    CHECK(site.answer_to(get("/s/update?" + query)) == success);
    CHECK(site.targets.back().size() == query.size() + 10);
}

TEST_CASE("status and content type are the driver's where they can stand in a reply") {
    Site site;
    site.status = 403;
    site.type = "application/json";
    CHECK(
        site.answer_to(get("/x")).starts_with("HTTP/1.1 403 Forbidden\r\n"
                                              "Content-Type: application/json\r\n"));
    site.status = 99;
    site.type = "a\r\nb";
    CHECK(
        site.answer_to(get("/x")).starts_with("HTTP/1.1 500 Internal Server Error\r\n"
                                              "Content-Type: text/plain\r\n"));
}

TEST_CASE("an answer may be longer than the room for replies") {
    for (const std::size_t size : {std::size_t{0}, limits::reply_max, std::size_t{3'000'000}}) {
        Site site;
        site.body = std::string(size, 'b');
        TcpClient client(site.worker.port);
        client.send(get("/x"));
        site.until_called(1);
        site.desk.perform_all(site.worker.backend);
        auto all = std::async(std::launch::async, [&] { return client.read_to_end(); });
        site.worker.until(
            [&] { return all.wait_for(std::chrono::seconds(0)) == std::future_status::ready; });
        const std::string read = all.get();
        CHECK(read.substr(read.find("\r\n\r\n") + 4) == site.body);
    }
}

TEST_CASE("who calls is the client behind a trusted proxy") {
    HttpSettings settings;
    settings.real_ip_header = "X-Forwarded-For";
    settings.trusted_proxies = {IpNetwork::parse("127.0.0.1").value()};
    Site site(false, settings);
    static_cast<void>(site.answer_to(get("/x")));
    CHECK(site.last_ipv4 == IpAddress::parse("127.0.0.1")->ipv4_endpoint(1));
    static_cast<void>(site.answer_to(get("/x", "X-Forwarded-For: 2001:db8::7\r\n")));
    CHECK(site.last_ipv6 == IpAddress::parse("2001:db8::7")->ipv6_endpoint(1));
    CHECK_FALSE(site.last_ipv4.present());
}

TEST_CASE("a full desk is 503, and other methods never come to it") {
    Site site;
    site.desk.is_full = true;
    TcpClient client(site.worker.port);
    client.send(get("/x"));
    const test::HttpReply refused = site.worker.reply(client);
    CHECK(refused.status == 503);
    CHECK(refused.header("connection") == "close");
    site.desk.calls.clear();
    for (const std::string method : {"POST", "PUT", "HEAD"}) {
        TcpClient other(site.worker.port);
        other.send(method + " /x HTTP/1.1\r\nContent-Length: 0\r\n\r\n");
        site.worker.until([&] { return HttpWorker::has_something(other); });
        CHECK(other.read_reply(test::ReplyBody::none).status == (method == "HEAD" ? 404 : 405));
        CHECK(site.desk.calls.empty());
    }
}

TEST_CASE("without a desk another path is not found") {
    HttpWorker worker;
    TcpClient client(worker.port);
    client.send(get("/x"));
    CHECK(worker.reply(client).status == 404);
    CHECK(worker.sum().bad() == 1);
}

TEST_CASE("a client that is gone before its answer comes disturbs nobody") {
    Site site;
    auto gone = std::make_unique<TcpClient>(site.worker.port);
    gone->send(get("/gone"));
    site.until_called(1);
    gone.reset();
    CHECK(site.answer_to(get("/other")) == success);
    CHECK(site.targets == std::vector<std::string>{"/gone?", "/other?"});
    site.worker.until([&] { return site.worker.counters.connections_open.read() == 0; });
}

TEST_CASE("a call whose connection was closed is answered to nobody") {
    Site site;
    TcpClient client(site.worker.port);
    client.send(get("/x"));
    site.until_called(1);
    site.worker.front_end.close_all();
    site.desk.perform_all(site.worker.backend);
    for (int i = 0; i < 10; ++i) {
        site.worker.loop.turn(false);
    }
    CHECK(site.targets.size() == 1);
    CHECK(client.read_to_end().empty());
}

TEST_CASE("a stop waits for a call's answer") {
    Site site;
    TcpClient client(site.worker.port);
    client.send(get("/x"));
    site.until_called(1);
    site.worker.front_end.stop();
    CHECK_FALSE(site.worker.front_end.is_quiet());
    site.desk.perform_all(site.worker.backend);
    site.worker.until([&] { return site.worker.front_end.is_quiet(); });
    CHECK(client.read_to_end() == success);
}

TEST_CASE("a call that comes home while its worker goes is dropped") {
    Desk desk;
    {
        HttpWorker worker(false, {.control = &desk});
        TcpClient client(worker.port);
        client.send(get("/x"));
        worker.until([&] { return desk.calls.size() == 1; });
        desk.calls.front()->perform(worker.backend);
    }
    CHECK(desk.calls.front().use_count() == 1);
}

TEST_SUITE_END();

}  // namespace chihaya::frontend
