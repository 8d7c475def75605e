#include "tests/conformance/backend_driver_contract.hpp"

#include "core/base/limits.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace chihaya::test {
namespace {

using std::chrono::seconds;

struct Answer final : ControlSink {
    void answer(std::uint32_t http_status, std::string_view content_type,
                std::string_view /*body*/) noexcept override {
        ++answers;
        status = http_status;
        type = content_type;
    }
    int answers = 0;
    std::uint32_t status = 0;
    std::string type;
};

/// Takes everything, and counts what it took.
struct Registry final : RegistrySink {
    Status put_users(std::span<const UserRecord> users) noexcept override {
        return take(users.size());
    }
    Status put_torrents(std::span<const TorrentRecord> torrents) noexcept override {
        return take(torrents.size());
    }
    Status put_clients(std::span<const ClientRecord> clients) noexcept override {
        return take(clients.size());
    }
    Status put_tokens(std::span<const TokenRecord> tokens) noexcept override {
        return take(tokens.size());
    }
    Status erase_users(std::span<const UserId> users) noexcept override {
        return take(users.size());
    }
    Status erase_torrents(std::span<const TorrentErasure> torrents) noexcept override {
        return take(torrents.size());
    }
    Status erase_clients(std::span<const PeerIdPrefix> clients) noexcept override {
        return take(clients.size());
    }
    Status erase_tokens(std::span<const TokenRecord> tokens) noexcept override {
        return take(tokens.size());
    }
    Status remember_peers(const InfoHash& /*info_hash*/,
                          std::span<const PeerRecord> peers) noexcept override {
        return take(peers.size());
    }
    void lapsed() noexcept override {}

    Status take(std::size_t count) noexcept {
        records += count;
        return {};
    }
    std::atomic<std::size_t> records = 0;
};

struct Ignore final : MetricSink {
    void gauge(const char* /*name*/, double /*value*/) noexcept override {}
    void counter(const char* /*name*/, std::uint64_t /*value*/) noexcept override {}
};

Answer call(BackendDriver& driver, std::string_view path) {
    Answer sink;
    driver.control({.method = "GET", .path = path, .ipv4 = {{127, 0, 0, 1, 0, 80}}}, sink);
    CHECK(sink.answers == 1);
    CHECK(sink.type.find('/') != std::string::npos);
    return sink;
}

bool is_absent_or_text(const char* words) {
    return words == nullptr || *words != '\0';
}

void record_much(BackendDriver& driver) {
    const std::vector<AnnounceDelta> deltas(limits::batch_max);
    for (int round = 0; round < 50; ++round) {
        driver.record(deltas);
        driver.record(std::span(deltas).first(1));
    }
}

void look_around(BackendDriver& driver) {
    Ignore numbers;
    for (int round = 0; round < 50; ++round) {
        CHECK(driver.health().ok());
        driver.report(numbers);
        call(driver, "/no/such/call");
    }
}

}  // namespace

void backend_driver_contract(const MakeBackendDriver& make_driver, std::string_view params) {
    FakeClock clock;
    FakeHost control(clock);
    plugin::BackendDriverPtr driver = make_driver(control);
    REQUIRE(driver != nullptr);

    SUBCASE("a control call nobody knows is answered once, with 404") {
        CHECK(call(*driver, "/no/such/call").status == 404);
        CHECK(call(*driver, "/").status == 404);
        CHECK(call(*driver, "").status == 404);
    }

    SUBCASE("whether there is a control endpoint does not change") {
        const bool before = driver->has_control();
        call(*driver, "/no/such/call");
        CHECK(driver->has_control() == before);
    }

    SUBCASE("load tells what the site knows, or that there is no site and then nothing") {
        Registry registry;
        const Status status = driver->load(registry);
        CHECK((status.ok() || status.code == StatusCode::unsupported));
        if (!status.ok()) {
            CHECK(registry.records == 0);
        }
    }

    SUBCASE("the rules of the site are words or nothing, and spare bytes are zero") {
        SiteRules rules;
        driver->rules(rules);
        CHECK(is_absent_or_text(rules.unknown_user));
        CHECK(is_absent_or_text(rules.unapproved_client));
        CHECK(is_absent_or_text(rules.unknown_torrent));
        CHECK(is_absent_or_text(rules.may_not_leech));
        CHECK(is_absent_or_text(rules.not_ready));
        CHECK(rules.failure_interval >= seconds(0));
        CHECK(rules.reserved == decltype(rules.reserved){});
    }

    SUBCASE("workers record at the same time, and flush ends it") {
        constexpr std::size_t worker_count = 4;
        std::vector<std::thread> workers;
        workers.reserve(worker_count);
        while (workers.size() < worker_count) {
            workers.emplace_back([&] { record_much(*driver); });
        }
        look_around(*driver);
        for (std::thread& worker : workers) {
            worker.join();
        }
        CHECK(driver->flush(seconds(10)).ok());
        CHECK(driver->flush(seconds(0)).ok());  // nothing is left to bring
    }

    SUBCASE("a change of nothing is taken over, or refused as needing a new driver") {
        Registry registry;
        const BackendSetup setup{.params = params, .registry = &registry};
        const Status status = driver->reconfigure(setup);
        CHECK((status.ok() || status.code == StatusCode::unsupported));
        CHECK(driver->health().ok());
    }

    CHECK(control.lines_of(Severity::error) == 0);
    driver.reset();
    CHECK(control.idle());
}

}  // namespace chihaya::test
