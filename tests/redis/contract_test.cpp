#include "tests/conformance/tracker_driver_contract.hpp"
#include "tests/support/redis_cluster.hpp"
#include "tests/support/redis_server.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace chihaya {
namespace {

using test::lacks_redis;

plugin::Library redis_plugin() {
    return plugin::Library::load(CHIHAYA_PLUGIN_DIR "/redis.so").value();
}

/// Every driver begins with a registry and swarms of its own: a prefix that nobody has had. Time is
/// the test's here, and a command may take a minute of it.
std::string params_with(const std::string& address) {
    static std::atomic<unsigned> drivers{0};
    return R"({"timeout": "1m", "connect_timeout": "1m", "prefix": "test)" +
           std::to_string(++drivers) + R"(:", )" + address + "}";
}

/// A test case is run once for each of its subcases: the server is the same for all of them.
test::RedisServer& one_server() {
    static test::RedisServer redis;
    return redis;
}

/// The words between the backticks that begin with "+@hash".
std::vector<std::string> rights_of_readme() {
    std::ifstream file(CHIHAYA_SOURCE_DIR "/plugins/redis/README.md");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto first = text.find("`+@hash");
    const auto last = text.find('`', first + 1);
    std::istringstream words(first == std::string::npos ? ""
                                                        : text.substr(first + 1, last - first - 1));
    return {std::istream_iterator<std::string>(words), {}};
}

constexpr test::TrackerDriverTraits traits{.keeps_registry = true};

void keep_contract(const std::string& address, bool keep_ids = false) {
    const auto library = redis_plugin();
    test::tracker_driver_contract(
        [&](test::FakeHost& control, TrackerSetup setup) {
            const std::string params = params_with(address);
            setup.params = params;
            setup.answer_within = std::chrono::minutes(1);
            setup.keep_peer_ids = setup.keep_peer_ids || keep_ids;
            return library.create_tracker(control, setup).value();
        },
        traits);
}

}  // namespace

TEST_SUITE_BEGIN("redis driver");

TEST_CASE("the redis driver keeps the tracker driver contract") {
    if (lacks_redis()) {
        return;
    }
    keep_contract(R"("url": "redis://)" + one_server().address() + R"(")");
}

TEST_CASE("the redis driver keeps the contract with peer ids, and with the rights of its README") {
    if (lacks_redis()) {
        return;
    }
    static const std::vector<std::string> rights = rights_of_readme();
    REQUIRE(rights.size() > 5);
    std::vector<std::string> words{"ACL", "SETUSER", "tracker", "reset", "on", ">secret"};
    words.insert(words.end(), rights.begin(), rights.end());
    words.back() = "~test*";
    one_server().command(words);
    keep_contract(R"("url": "redis://tracker:secret@)" + one_server().address() + R"(")", true);
}

TEST_CASE("the redis driver keeps the contract in a Cluster of three") {
    if (lacks_redis()) {
        return;
    }
    static test::RedisCluster cluster;
    std::string urls;
    for (std::size_t i = 0; i < cluster.size(); ++i) {
        urls += (i == 0 ? "" : ", ") + std::string("\"redis://") + cluster.node(i).address() + "\"";
    }
    keep_contract(R"("mode": "cluster", "url": [)" + urls + "]");
}

TEST_SUITE_END();

}  // namespace chihaya
