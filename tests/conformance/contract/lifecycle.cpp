#include "tests/conformance/contract/parts.hpp"
#include "tests/conformance/contract/world.hpp"

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <string>

namespace chihaya::test::contract {
namespace {

struct Numbers final : MetricSink {
    void gauge(const char* name, double value) noexcept override { values[name] = value; }
    void counter(const char* name, std::uint64_t value) noexcept override {
        values[name] = static_cast<double>(value);
    }
    std::map<std::string, double> values;
};

/// What the driver does about `change` is one of two things, and either is done wholly.
bool reconfigured(Tracker& tracker, const TrackerSetup& change) {
    const Status status = tracker.driver().reconfigure(change);
    CHECK((status.ok() || status.code == StatusCode::unsupported));
    return status.ok();
}

void begins(const MakeTrackerDriver& make) {
    SUBCASE("a driver that swarms are carried to has current histories") {
        TrackerSetup setup = plain_setup();
        setup.restore = false;
        Tracker tracker(make, setup);
        CHECK(tracker.driver().has_current_histories());
    }
}

void changes(const MakeTrackerDriver& make) {
    Tracker tracker(make);
    TrackerSetup setup = plain_setup();

    SUBCASE("a longer lifetime is taken over, or refused and the old one stays") {
        tracker.announce(from(ipv4(1), nothing_left));
        setup.peer_lifetime = 2 * lifetime;
        setup.history_lifetime = 2 * lifetime;
        const bool is_changed = reconfigured(tracker, setup);
        tracker.let_pass(lifetime + expiry_slack + seconds(1));
        CHECK(tracker.scrape().seeders == (is_changed ? 1 : 0));
        tracker.let_pass(lifetime);
        CHECK(tracker.scrape().seeders == 0);
    }

    SUBCASE("a shorter lifetime is taken over, or refused and the old one stays") {
        tracker.announce(from(ipv4(1), nothing_left));
        setup.peer_lifetime = lifetime / 2;
        setup.history_lifetime = lifetime / 2;
        const bool is_changed = reconfigured(tracker, setup);
        tracker.let_pass(lifetime / 2 + expiry_slack + seconds(1));
        CHECK(tracker.scrape().seeders == (is_changed ? 0 : 1));
    }

    SUBCASE("empty swarms are kept from now on, or the change is refused") {
        setup.purge_empty_swarms = false;
        const bool is_changed = reconfigured(tracker, setup);
        tracker.announce(from(ipv4(1), nothing_left, Event::completed));
        tracker.announce(from(ipv4(1), nothing_left, Event::stopped));
        tracker.let_pass(expiry_slack + seconds(1));
        CHECK(tracker.scrape().snatches == (is_changed ? 1 : 0));
    }

    SUBCASE("peer ids are kept from now on, or the change is refused") {
        setup.keep_peer_ids = true;
        const bool is_changed = reconfigured(tracker, setup);
        tracker.announce(from(ipv4(1), some_left));
        const Reply reply =
            tracker.announce(with_flags(from(ipv4(2), some_left), AnnounceFlags::want_peer_ids));
        CHECK(reply.ipv4 == std::vector{ipv4(1)});
        if (is_changed) {
            CHECK(reply.has_peer_ids);
        }
        if (reply.has_peer_ids) {
            CHECK(reply.ipv4_ids == std::vector{from(ipv4(1), 0).peer_id});
        }
    }

    SUBCASE("nothing that is known is lost by a change of nothing") {
        tracker.announce(with_account(from(ipv4(1), nothing_left), 7));
        reconfigured(tracker, setup);
        CHECK(tracker.announce(with_account(from(ipv4(1), nothing_left), 7)).history.known);
    }
}

}  // namespace

void lifecycle(const MakeTrackerDriver& make) {
    SUBCASE("what one session is told, another knows") {
        Tracker tracker(make);
        Worker other(tracker.driver(), tracker.clock());
        tracker.announce(from(ipv4(1), nothing_left));
        const Reply reply = other.announce(from(ipv4(2), some_left));
        CHECK(reply.counts == SwarmCounts{.seeders = 1, .leechers = 1});
        CHECK(reply.ipv4 == std::vector{ipv4(1)});
    }

    SUBCASE("swarms outlive the sessions that made them") {
        Tracker tracker(make);
        for (unsigned last = 1; last <= 20; ++last) {
            Worker passing(tracker.driver(), tracker.clock());
            CHECK(passing.announce(from(ipv4(last), nothing_left)).counts.seeders == last);
        }
        CHECK(tracker.visit().ipv4.size() == 20);
    }

    SUBCASE("a driver that nobody has used can be released") {
        const Tracker tracker(make);
    }

    SUBCASE("a driver is healthy while its service is there, and logs no error") {
        Tracker tracker(make);
        tracker.announce(from(ipv4(1), nothing_left));
        CHECK(tracker.driver().health().ok());
        CHECK(tracker.control().lines_of(Severity::error) == 0);
        CHECK(tracker.worker().host.lines_of(Severity::error) == 0);
    }

    SUBCASE("the numbers of swarms and of peers are reported") {
        Tracker tracker(make);
        tracker.announce(from(ipv4(1), nothing_left));
        tracker.announce(from(ipv4(2), ipv6(2), some_left));
        tracker.announce(in_swarm(with_account(from(ipv6(1), some_left), 7), debian));
        tracker.let_pass(seconds(5));
        Numbers numbers;
        tracker.driver().report(numbers);
        CHECK(numbers.values["swarms"] == doctest::Approx(2));
        CHECK(numbers.values["peers"] == doctest::Approx(3));
    }

    begins(make);
    changes(make);
}

}  // namespace chihaya::test::contract
