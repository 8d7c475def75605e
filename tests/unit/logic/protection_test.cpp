#include "core/logic/protection.hpp"

#include "core/base/limits.hpp"

#include <doctest/doctest.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

TEST_SUITE_BEGIN("protection");

namespace chihaya::logic {
namespace {

constexpr Time start{std::chrono::seconds(1'700'000'000)};

IpAddress ip(const char* text) {
    return IpAddress::parse(text).value();
}

std::shared_ptr<const std::vector<IpNetwork>> only(const char* network) {
    return std::make_shared<const std::vector<IpNetwork>>(1, IpNetwork::parse(network).value());
}

ProtectionSettings limited_to(std::uint32_t a_second) {
    ProtectionSettings settings;
    settings.announces.address = {a_second, a_second};
    settings.connections.address = {a_second, a_second};
    settings.exempt = only("127.0.0.0/8");
    return settings;
}

}  // namespace

TEST_CASE("who asks too often is told when to come back") {
    const ProtectionSettings settings = limited_to(2);
    Protection protection(settings);
    const IpAddress from = ip("198.51.100.7");
    CHECK_FALSE(protection.refusal_for(from, start));
    CHECK_FALSE(protection.refusal_for(from, start));
    const Refusal refusal = protection.refusal_for(from, start);
    CHECK(refusal.text == "too many requests from this address");
    CHECK(refusal.interval >= 300);
    CHECK(refusal.interval < 600);
    CHECK(refusal.min_interval == refusal.interval);
    CHECK(refusal.retry_minutes >= 5);
    CHECK(refusal.retry_minutes <= 10);
    CHECK(refusal.ending == metrics::Ending::rate_limited);
}

TEST_CASE("connections have a limit of their own") {
    const ProtectionSettings settings = limited_to(2);
    Protection protection(settings);
    const IpAddress from = ip("198.51.100.7");
    CHECK(protection.arrival_of(from, start) == metrics::Arrival::accepted);
    CHECK(protection.arrival_of(from, start) == metrics::Arrival::accepted);
    CHECK(protection.arrival_of(from, start) == metrics::Arrival::rate_limited);
    CHECK_FALSE(protection.refusal_for(from, start));
}

TEST_CASE("who is exempt is never over a limit") {
    const ProtectionSettings settings = limited_to(1);
    Protection protection(settings);
    for (int i = 0; i < 1000; ++i) {
        REQUIRE(protection.arrival_of(ip("127.1.2.3"), start) == metrics::Arrival::accepted);
        REQUIRE_FALSE(protection.refusal_for(ip("127.1.2.3"), start));
    }
}

TEST_CASE("a proxy may connect whatever the lists say and its clients are looked for in them") {
    ProtectionSettings settings;
    auto lists = std::make_shared<AccessLists>();
    lists->addresses.allow.emplace(std::array{IpNetwork::parse("10.0.0.0/8").value()});
    settings.access = lists;
    settings.proxies = only("192.0.2.1");
    Protection protection(settings);
    CHECK(protection.arrival_of(ip("192.0.2.1"), start) == metrics::Arrival::accepted);
    CHECK(protection.arrival_of(ip("192.0.2.2"), start) == metrics::Arrival::denied_address);
    CHECK_FALSE(protection.refusal_for(ip("10.1.2.3"), start));
    CHECK(protection.refusal_for(ip("11.1.2.3"), start).ending == metrics::Ending::denied_address);
    CHECK(protection.refusal_for(ip("192.0.2.1"), start).ending == metrics::Ending::denied_address);
}

TEST_CASE("a seedbox of 5000 torrents that meets one worker starts by default") {
    ProtectionSettings settings;
    settings.workers = 16;
    settings.announces.address = {limits::requests_per_address, limits::requests_per_address_burst};
    settings.announces.prefix = {limits::requests_per_prefix, limits::requests_per_prefix_burst};
    settings.connections = settings.announces;
    Protection worker(settings);
    const IpAddress seedbox = ip("198.51.100.7");
    for (int i = 0; i < 5'000; ++i) {
        REQUIRE(worker.arrival_of(seedbox, start) == metrics::Arrival::accepted);
        REQUIRE_FALSE(worker.refusal_for(seedbox, start));
    }
    for (int i = 0; i < 3 * 5'000; ++i) {  // and goes on, three times in a second
        const auto later = std::chrono::milliseconds(1'800'000 + i * 333);
        REQUIRE_FALSE(worker.refusal_for(seedbox, start + later));
    }
}

TEST_CASE("other rates hold from the moment they are adopted") {
    Protection protection(limited_to(1));
    const IpAddress from = ip("198.51.100.7");
    CHECK_FALSE(protection.refusal_for(from, start));
    CHECK(protection.refusal_for(from, start));
    protection.adopt(limited_to(2));
    CHECK_FALSE(protection.refusal_for(from, start));
    CHECK_FALSE(protection.refusal_for(from, start));
    CHECK(protection.refusal_for(from, start));
    ProtectionSettings exempting = limited_to(2);
    exempting.exempt = only("198.51.100.0/24");
    protection.adopt(exempting);
    CHECK_FALSE(protection.refusal_for(from, start));
}

TEST_CASE("a thousand clients behind one address are not hurt by the defaults") {
    // 20 torrents each every 30 minutes on two workers, after all have started within two minutes.
    ProtectionSettings settings;
    settings.workers = 2;
    settings.announces.address = {limits::requests_per_address, limits::requests_per_address_burst};
    settings.announces.prefix = {limits::requests_per_prefix, limits::requests_per_prefix_burst};
    Protection worker(settings);  // which gets every other request
    const IpAddress nat = ip("198.51.100.7");
    constexpr std::int64_t start_span = 120'000;  // milliseconds
    for (std::int64_t i = 0; i < 20'000 / 2; ++i) {
        REQUIRE_FALSE(worker.refusal_for(
            nat, start + std::chrono::milliseconds(start_span * i / (20'000 / 2))));
    }
    for (std::int64_t i = 0; i < 20'000 / 2; ++i) {
        REQUIRE_FALSE(worker.refusal_for(
            nat, start + std::chrono::milliseconds(start_span + 1'800'000 * i / (20'000 / 2))));
    }
}

TEST_CASE("a front end whose clients need not wait sheds nobody when the other is behind") {
    ProtectionSettings settings;
    settings.shed_after = std::chrono::milliseconds(200);
    Protection protection(settings);
    using metrics::FrontEnd;
    for (int i = 0; i < 20; ++i) {
        protection.shedding(FrontEnd::udp).note(std::chrono::milliseconds::max());
        protection.step_shedding();
    }
    CHECK(protection.shedding(FrontEnd::udp).share() == 1.0);
    CHECK(protection.shed(FrontEnd::udp, Urgency::scrape));
    CHECK(protection.shedding(FrontEnd::http).share() == 0.0);
    CHECK_FALSE(protection.shed(FrontEnd::http, Urgency::scrape));
    protection.note_wait(std::chrono::milliseconds(300));
    protection.step_shedding();
    CHECK(protection.shedding(FrontEnd::http).share() > 0.0);
}

TEST_CASE("errors to datagrams over a limit are bounded in each second") {
    const ProtectionSettings settings;
    Protection protection(settings);
    const std::chrono::sys_seconds now{std::chrono::seconds(5)};
    for (std::uint32_t i = 0; i < limits::udp_limited_errors_per_second; ++i) {
        REQUIRE(protection.may_tell(now));
    }
    CHECK_FALSE(protection.may_tell(now));
    CHECK(protection.may_tell(now + std::chrono::seconds(1)));
}

}  // namespace chihaya::logic
