// A tracker whose site calls it on the announce port.

#include "tests/wire_http/tracker.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <thread>

namespace chihaya::test {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view hash_h = "hhhhhhhhhhhhhhhhhhhh";

/// A private tracker of two workers behind the fixture's site, with a folder of plugins for both.
class SiteTracker {
public:
    explicit SiteTracker(const std::string& members = "") {
        fs::copy_file(fs::path(CHIHAYA_PLUGIN_DIR) / "memory.so", plugins_ / "memory.so");
        fs::copy_file(CHIHAYA_SITE, plugins_ / "site.so");
        process_ = std::make_unique<ChihayaProcess>(
            ChihayaOptions{.config = R"({"private": true, "workers": 2, "interval_jitter": 0,)"
                                     R"("backend": {"driver": "site"}, "plugin_dir": ")" +
                                     plugins_.path().string() + '"' + members + '}'});
    }

    /// Everything after the head of the reply to a call, which ends with the connection.
    [[nodiscard]] std::string call(const std::string& target) const {
        TcpClient client(process_->http_port());
        client.send("GET " + target + " HTTP/1.1\r\nConnection: Close\r\n\r\n");
        const std::string all = client.read_to_end();
        const auto head = all.find("\r\n\r\n");
        REQUIRE(head != std::string::npos);
        return all.substr(head + 4);
    }
    [[nodiscard]] HttpReply announce(char passkey, const Announce& announce) const {
        return http_get(process_->http_port(), "/" + std::string(16, passkey) + target(announce) +
                                                   "&uploaded=0&downloaded=0");
    }
    [[nodiscard]] ChihayaProcess& process() const { return *process_; }

private:
    TempDir plugins_;
    std::unique_ptr<ChihayaProcess> process_;
};

}  // namespace

TEST_SUITE_BEGIN("site");

TEST_CASE("a site's calls reach its driver as they were sent, and the answer is theirs alone") {
    const SiteTracker tracker;
    CHECK(tracker.call("/echo?a=%41&b=#[\"\xff+") == "a=%41&b=#[\"\xff+");
    CHECK(tracker.call("/user?aaaaaaaaaaaaaaaa") == "1");
    CHECK(tracker.call("/user?cccccccccccccccc") == "nobody");
    CHECK(tracker.call("/other").empty());
    CHECK(tracker.call("/lifetime") == "3900");
    CHECK(tracker.process().stop() == 0);
}

TEST_CASE("calls are performed beside each other, and announces go on meanwhile") {
    const SiteTracker tracker;
    auto first = std::async(std::launch::async, [&] { return tracker.call("/meet?first"); });
    for (int i = 0; i < 8; ++i) {  // whichever worker has the call
        static_cast<void>(success(tracker.announce('a', {.info_hash = hash_h})));
    }
    CHECK(tracker.call("/meet?second") == "second");
    CHECK(first.get() == "first");
}

TEST_CASE("an interval that the site sets is in every worker's next reply") {
    const SiteTracker tracker;
    const auto told = [&] {
        std::set<std::int64_t> seen;
        for (int i = 0; i < 16; ++i) {
            const auto reply = success(tracker.announce('a', {.info_hash = hash_h}));
            seen.insert(reply.at("interval").integer());
            seen.insert(reply.at("min interval").integer());
        }
        return seen;
    };
    CHECK(told() == std::set<std::int64_t>{900, 1800});
    CHECK(tracker.call("/interval?1234,0") == "set");
    CHECK(told() == std::set<std::int64_t>{1234});
    CHECK(tracker.call("/interval?0,0").find("1 second") != std::string::npos);
    CHECK(told() == std::set<std::int64_t>{1234});
}

TEST_CASE("the site's numbers tell announces that got peers from those that got a failure") {
    const SiteTracker tracker;
    static_cast<void>(success(tracker.announce('a', {.info_hash = hash_h, .left = 0})));
    static_cast<void>(refusal(tracker.announce('b', {.info_hash = hash_h})));
    static_cast<void>(refusal(tracker.announce('c', {.info_hash = hash_h})));
    CHECK(refusal(http_get(tracker.process().http_port(),
                           "/aaaaaaaaaaaaaaaa/announce?info_hash=hhhhhhhhhhhhhhhhhhhh")) ==
          "the site wants a peer id");
    CHECK(tracker.call("/numbers") == "1 3 1 1");
    CHECK(tracker.call("/deltas") == "1 9 0 0 3 1 1 0\n2 9 0 0 2 1 1 1\n");
}

TEST_CASE("a peer that falls silent is told to the site once") {
    const SiteTracker tracker(R"(, "announce": "1s", "min_announce": "1s", "peer_lifetime": "1s")");
    static_cast<void>(success(tracker.announce('a', {.info_hash = hash_h, .left = 0})));
    const std::string joined = "1 9 0 0 3 1 1 0\n";
    const std::string gone = "1 9 0 0 65 1 0 0\n";
    while (tracker.call("/deltas") == joined) {
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
    }
    CHECK(tracker.call("/deltas") == joined + gone);
    CHECK(tracker.call("/numbers") == "1 0 0 0");
    static_cast<void>(success(tracker.announce('a', {.info_hash = hash_h, .left = 0})));
    CHECK(tracker.call("/deltas") == joined + gone + joined);
}

TEST_SUITE_END();

}  // namespace chihaya::test
