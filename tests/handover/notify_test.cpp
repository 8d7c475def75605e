// What the service manager is told, and the sockets that it passes.

#include "tests/handover/service_manager.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/udp_client.hpp"
#include "tests/wire_http/tracker.hpp"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

namespace chihaya::test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

ChihayaOptions options_for(const NotifySocket& manager) {
    ChihayaOptions options;
    options.config = R"({"workers": 2})";
    options.variables = {"NOTIFY_SOCKET=" + manager.path()};
    return options;
}

std::string passed_config(const PassedSockets& passed, const std::string& more = "",
                          int workers = 2) {
    const std::string addr = "\"127.0.0.1:" + std::to_string(passed.port()) + '"';
    return R"({"workers": )" + std::to_string(workers) + R"(, "addr": )" + addr +
           R"(, "udp": {"addr": )" + addr + "}" + more + "}";
}

/// By the management's call.
void reload(const ChihayaProcess& process) {
    TcpClient client(process.management_port());
    client.send("POST /reload HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
    const HttpReply reply = client.read_reply();
    CAPTURE(reply.body);
    CHECK(reply.status == 200);
}

/// How many descriptors of a process are this socket of ours?
std::size_t holds(pid_t process, int socket) {
    struct stat ours {};
    REQUIRE(::fstat(socket, &ours) == 0);
    std::size_t found = 0;
    const auto folder = std::filesystem::path("/proc") / std::to_string(process) / "fd";
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        struct stat one {};
        found += ::stat(entry.path().c_str(), &one) == 0 && one.st_ino == ours.st_ino &&
                         one.st_dev == ours.st_dev
                     ? 1U
                     : 0U;
    }
    return found;
}

TEST_SUITE_BEGIN("service manager");

TEST_CASE("a tracker says when it is ready, what it does, and that it stops") {
    const NotifySocket manager;
    ChihayaProcess process(options_for(manager));
    CHECK(manager.expect("READY=1") == "READY=1");
    http_get(process.http_port(), target({}));
    CHECK(manager.expect("STATUS=").find("announces/s") != std::string::npos);
    CHECK(manager.expect("STATUS=1 peers in 1 swarms").find('\n') == std::string::npos);
    CHECK(process.stop() == 0);
    CHECK(manager.expect("STOPPING=1") == "STOPPING=1\nSTATUS=stopping");
}

TEST_CASE("a start that takes its time asks for more of it") {
    const NotifySocket manager;
    const ChihayaProcess process(options_for(manager));
    CHECK(manager.expect("EXTEND_TIMEOUT_USEC") == "EXTEND_TIMEOUT_USEC=60000000");
}

TEST_CASE("a tracker without a watchdog does not speak of one") {
    const NotifySocket manager;
    ChihayaProcess process(options_for(manager));
    static_cast<void>(manager.expect("STATUS="));
    while (const auto message = manager.next(milliseconds(200))) {
        CHECK(message->find("WATCHDOG") == std::string::npos);
    }
}

TEST_CASE("the watchdog hears of a tracker whose loops turn, and not of one with a stuck worker") {
    const NotifySocket manager;
    ChihayaOptions options = options_for(manager);
    options.config =
        R"({"workers": 2, "tracker": {"driver": "stuck"}, "plugin_dir": ")" CHIHAYA_STUCK_DIR
        R"("})";
    options.variables.emplace_back("WATCHDOG_USEC=400000");
    ChihayaProcess process(options);
    static_cast<void>(manager.expect("READY=1"));
    for (int i = 0; i < 5; ++i) {
        static_cast<void>(manager.expect("WATCHDOG=1"));
    }
    const TcpClient victim(process.http_port());
    victim.send(request({.info_hash = "Stuck-for-ever-here!"}));
    // What was on its way may come, and then nothing does: as long as ten of them would take.
    using Clock = std::chrono::steady_clock;
    auto last = Clock::now();
    for (const auto until = last + seconds(30); Clock::now() < until;) {
        const auto message = manager.next(milliseconds(100));
        if (message && message->find("WATCHDOG") != std::string::npos) {
            last = Clock::now();
        } else if (Clock::now() - last > seconds(4)) {
            break;
        }
    }
    CHECK(Clock::now() - last > seconds(4));
    CHECK(process.log().find("a loop does not turn") != std::string::npos);
}

TEST_CASE("sockets that are passed are served, by every worker, and survive the tracker") {
    const PassedSockets passed;
    ChihayaOptions options;
    options.config = passed_config(passed);
    options.sockets = passed.all();
    {
        ChihayaProcess process(options);
        const std::string listening = " family=ipv4 port=" + std::to_string(passed.port());
        CHECK(process.log().find("http: listening" + listening + " sockets=given") !=
              std::string::npos);
        CHECK(process.log().find("udp: listening" + listening + " sockets=given") !=
              std::string::npos);
        for (int i = 0; i < 20; ++i) {
            CHECK(http_get(passed.port(), target({})).status == 200);
            CHECK(UdpClient(passed.port()).connect().size() == 8);
        }
        CHECK(process.stop() == 0);
    }
    // Nobody serves: who comes now waits for the next one.
    TcpClient early(passed.port());
    early.send(request({}));
    const UdpClient datagram(passed.port());
    datagram.send(connect_packet(7));
    ChihayaProcess process(options);
    CHECK(early.read_reply().status == 200);
    CHECK(datagram.receive().size() == 16);
}

TEST_CASE("workers that a reload adds serve what was passed") {
    const PassedSockets passed;
    ChihayaOptions options;
    options.config = passed_config(passed);
    options.sockets = passed.all();
    ChihayaProcess process(options);
    process.configure(passed_config(passed, R"(, "announce": "10m")", 4));
    reload(process);
    CHECK(http_get(process.management_port(), "/stats?flatten").body.find("\"Workers\":4") !=
          std::string::npos);
    for (int i = 0; i < 20; ++i) {
        CHECK(http_get(passed.port(), target({})).status == 200);
        CHECK(UdpClient(passed.port()).connect().size() == 8);
    }
    CHECK(process.stop() == 0);
}

TEST_CASE("an address whose socket was passed may go and come back") {
    const PassedSockets passed;
    ChihayaOptions options;
    options.config = passed_config(passed);
    options.sockets = passed.all();
    {
        ChihayaProcess process(options);
        std::unique_ptr<TcpClient> early;
        process.configure(R"({"workers": 2})");
        reload(process);
        CHECK(http_get(process.http_port(), target({})).status == 200);
        wait_until("the workers have given it up", [&] {
            return holds(process.pid(), passed.all()[0]) == 1 &&
                   holds(process.pid(), passed.all()[1]) == 1;
        });
        early = std::make_unique<TcpClient>(passed.port());  // it waits for somebody
        early->send(request({}));
        process.configure(options.config);
        reload(process);
        CHECK(early->read_reply().status == 200);
        for (int i = 0; i < 20; ++i) {
            CHECK(http_get(passed.port(), target({})).status == 200);
            CHECK(UdpClient(passed.port()).connect().size() == 8);
        }
        CHECK(process.stop() == 0);
    }
}

TEST_CASE("a manager that takes nothing for a while keeps the tracker from nothing, and is told") {
    const NotifySocket manager;
    ChihayaProcess process(options_for(manager));
    static_cast<void>(manager.expect("STATUS="));
    manager.fill();
    for (int i = 0; i < 3; ++i) {
        reload(process);
    }
    CHECK(http_get(process.http_port(), target({})).status == 200);
    for (int i = 0; i < 3; ++i) {
        static_cast<void>(manager.expect("RELOADING=1"));
        CHECK(manager.expect("=1") == "READY=1");
    }
    SUBCASE("and so it is when the tracker ends") {
        manager.fill();
        process.signal(SIGTERM);
        static_cast<void>(manager.expect("STOPPING=1"));
    }
    SUBCASE("and a tracker that ends does not wait for it for long") {
        manager.fill();
        CHECK(process.stop() == 0);
    }
}

TEST_CASE("a socket that is passed for no configured address is told of") {
    const PassedSockets passed;
    const PassedSockets others;
    ChihayaOptions options;
    options.config = passed_config(passed);
    options.sockets = passed.all();
    options.sockets.push_back(others.all().front());
    const ChihayaProcess process(options);
    CHECK(process.log().find("is for no address of the configuration; it is not served "
                             "socket=127.0.0.1:" +
                             std::to_string(others.port())) != std::string::npos);
}

TEST_CASE("connection ids outlive a restart where there is a state folder") {
    const PassedSockets passed;
    const TempDir state;
    ChihayaOptions options;
    options.config = passed_config(passed, R"(, "state_dir": ")" + state.path().string() + '"');
    options.sockets = passed.all();
    const UdpClient client(passed.port());
    std::string id;
    {
        ChihayaProcess process(options);
        id = client.connect();
        CHECK(process.stop() == 0);
    }
    const std::filesystem::path key = state / "connection_id_key";
    struct stat found {};
    REQUIRE(::stat(key.c_str(), &found) == 0);
    CHECK((found.st_mode & 07777U) == 0600U);
    const auto ask = [&] {
        return client.ask(id + big_endian(2U) + big_endian(9U) + std::string(hash_a));
    };
    {
        ChihayaProcess process(options);
        CHECK(ask().substr(0, 4) == big_endian(2U));  // a scrape's reply
        CHECK(process.stop() == 0);
    }
    SUBCASE("and a key that is damaged is told of, and left alone") {
        std::ofstream(key) << "not a key\n";
        ChihayaProcess process(options);
        CHECK(ask().substr(0, 4) == big_endian(3U));
        CHECK(process.log().find("the key of connection ids cannot be kept") != std::string::npos);
        std::ifstream file(key);
        CHECK(std::string(std::istreambuf_iterator<char>(file), {}) == "not a key\n");
    }
}

TEST_SUITE_END();

}  // namespace
}  // namespace chihaya::test
