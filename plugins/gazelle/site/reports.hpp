#pragma once

/// @file reports.hpp
/// What the site's pages ask of their tracker. Two forms exist: lines of text (WhatCD), and JSON
/// that ends with a line break (Orpheus).

#include "chihaya/backend_driver.hpp"
#include "plugins/gazelle/database/connection.hpp"
#include "plugins/gazelle/database/dialect.hpp"
#include "plugins/gazelle/parameters.hpp"
#include "plugins/gazelle/site/answer.hpp"
#include "plugins/gazelle/site/clock.hpp"
#include "plugins/gazelle/site/control_query.hpp"
#include "plugins/gazelle/site/report_forms.hpp"
#include "plugins/gazelle/site/traced_users.hpp"

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace chihaya::gazelle {

/// Where the numbers come from. Thread: the functions are called from any
struct ReportSources {
    TrackerView& tracker;
    TracedUsers& traced;
    std::function<Dialect()> dialect;  // `automatic` while nobody has found it out
    std::function<QueueSizes()> books;
    Clock clock;
};

/// Thread: any; the database is asked for one report at a time, and the others soon do without: the
///         threads that they would wait on are those that perform the site's updates. When it is
///         away, or slow, a report says what it can without.
class Reports {
public:
    /// Lifetime: `parameters` outlives it, and so do the tracker and the traced users
    Reports(const Parameters& parameters, ReportSources sources);
    Reports(const Reports&) = delete;
    Reports& operator=(const Reports&) = delete;

    /// Errors: std::bad_alloc
    [[nodiscard]] Answer answer(const ControlQuery& query, const WrongSecrets& wrong_secrets);

private:
    /// One report's turn with the connection, if it comes soon enough.
    class Turn {
    public:
        explicit Turn(Reports& reports);
        ~Turn();
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;
        [[nodiscard]] bool is_mine() const noexcept { return is_mine_; }

    private:
        Reports& reports_;
        bool is_mine_ = false;
    };

    using Rows = std::function<bool(std::span<const Field>)>;

    [[nodiscard]] bool is_text(DialectName dialect) const noexcept;
    [[nodiscard]] TrackerReport tracker_report(const WrongSecrets& wrong_secrets);
    [[nodiscard]] Answer user(const ControlQuery& query, bool is_text);
    [[nodiscard]] Answer torrent(const ControlQuery& query, const Dialect& dialect);
    [[nodiscard]] bool count_peers(UserId user, UserReport& report);
    [[nodiscard]] bool look_up(const Dialect& dialect, TorrentReport& report);
    [[nodiscard]] bool ask(const std::string& sql, const Rows& take);

    const Parameters& parameters_;
    const Parameters own_parameters_;  // with a shorter timeout
    const ReportSources sources_;

    std::mutex asking_;
    std::condition_variable asked_;
    bool is_asking_ = false;         // under `asking_`: somebody has the turn
    Connection connection_;          // of whoever has the turn
    std::optional<Time> failed_at_;  // likewise

    std::mutex counting_;
    std::optional<Time> counted_at_;     // under `counting_`
    std::uint64_t connections_ = 0;      // likewise: at that time
    std::uint64_t requests_ = 0;         // likewise
    double connections_per_second_ = 0;  // likewise: up to that time
    double requests_per_second_ = 0;     // likewise
};

}  // namespace chihaya::gazelle
