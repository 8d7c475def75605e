#pragma once

/// @file site_caller.hpp
/// A site that calls its tracker's desk.

#include "plugins/gazelle/site/control.hpp"
#include "plugins/gazelle/site/recent_changes.hpp"
#include "tests/gazelle/site_tracker.hpp"
#include "tests/support/fake_host.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace chihaya::gazelle::test {

inline constexpr std::string_view site_password = "0123456789abcdef0123456789abcdef";
inline constexpr std::string_view report_password = "report_report_report_report_repo";
inline constexpr std::string_view success = "success";

struct Reply final : ControlSink {
    void answer(std::uint32_t http_status, std::string_view content_type,
                std::string_view text) noexcept override {
        ++times;
        status = http_status;
        type = content_type;
        body = text;
    }
    int times = 0;
    std::uint32_t status = 0;
    std::string type;
    std::string body;
};

inline Parameters calling_parameters(ReportFormat format) {
    Parameters parameters;
    parameters.database.port = 1;  // nobody is there
    parameters.timeout = std::chrono::milliseconds(500);
    parameters.site_password = site_password;
    parameters.report_password = report_password;
    parameters.report_format = format;
    parameters.delete_reasons = {{22, "Wrong Lyrics"}, {77, std::string(60, 'x')}};
    return parameters;
}

struct Caller {
    explicit Caller(ReportFormat format = ReportFormat::text)
        : parameters(calling_parameters(format)) {
        tracker.now().interval = std::chrono::seconds(1800);
        tracker.now().interval_jitter = std::chrono::seconds(240);
    }

    Reply call(const std::string& path, const std::string& query,
               std::array<std::uint8_t, 4> address = {127, 0, 0, 1}) {
        ControlRequest request{.method = "GET", .path = path, .query = query};
        request.ipv4.wire = {address[0], address[1], address[2], address[3], 0x12, 0x34};
        Reply reply;
        desk.control(request, reply);
        CHECK(reply.times == 1);
        return reply;
    }
    Reply update(const std::string& query) {
        return call('/' + std::string(site_password) + "/update", query);
    }
    /// An update that succeeds.
    void tell(const std::string& query) {
        const Reply reply = update(query);
        CHECK(reply.status == 200);
        CHECK(reply.type == "text/plain");
        CHECK(reply.body == success);
    }
    [[nodiscard]] UserFlags flags(std::uint64_t id) const { return tracker.user(id)->flags; }
    [[nodiscard]] std::string passkey(std::uint64_t id) const {
        return std::string(tracker.user(id)->passkey.view());
    }
    void put(const UserRecord& user) { CHECK(tracker.put_users(std::span(&user, 1)).ok()); }
    void put(const TorrentRecord& one) { CHECK(tracker.put_torrents(std::span(&one, 1)).ok()); }

    const Parameters parameters;
    chihaya::test::FakeClock clock;
    chihaya::test::FakeHost host{clock};
    SiteTracker tracker;
    RecentChanges recent{tracker, [this] {
                             return clock.now();
                         }};
    TracedUsers traced;
    Reports reports{parameters,
                    {tracker, traced, [] { return Dialect(); }, [] { return QueueSizes(); },
                     [this] {
                         return clock.now();
                     }}};
    Desk desk{parameters, {host, recent, tracker, traced, reports}};
};

inline std::string keys_of(char letter) {
    return std::string(32, letter);
}

inline std::string escaped(std::uint8_t byte) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string text;
    for (int i = 0; i < 20; ++i) {
        text += {'%', digits[byte >> 4U], digits[byte & 15U]};
    }
    return text;
}

}  // namespace chihaya::gazelle::test
