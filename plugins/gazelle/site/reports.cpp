#include "plugins/gazelle/site/reports.hpp"

#include "plugins/gazelle/limits.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace chihaya::gazelle {
namespace {

Parameters with_report_timeout(Parameters parameters) {
    parameters.timeout = std::min(parameters.timeout, limits::report_timeout);
    return parameters;
}

Answer text(std::string lines) {
    return {.body = std::move(lines) + "success"};
}

Answer json(std::string object) {
    return {.content_type = "application/json", .body = std::move(object)};
}

Answer away() {
    return refusal(503, "The database is away");
}

std::uint64_t number_in(const Field& field) noexcept {
    std::uint64_t number = 0;
    std::from_chars(field.text.data(), field.text.data() + field.text.size(), number);
    return number;
}

/// The number as it stands, when it is one that JSON has.
std::string decimal_in(const Field& field) {
    std::int64_t number = 0;
    std::from_chars(field.text.data(), field.text.data() + field.text.size(), number);
    return std::to_string(number);
}

}  // namespace

Reports::Reports(const Parameters& parameters, ReportSources sources)
    : parameters_(parameters),
      own_parameters_(with_report_timeout(parameters)),
      sources_(std::move(sources)),
      connection_(own_parameters_) {}

/// Before anybody knows what site it is, the form that both take for one that is no error.
bool Reports::is_text(DialectName dialect) const noexcept {
    if (parameters_.report_format != ReportFormat::automatic) {
        return parameters_.report_format == ReportFormat::text;
    }
    return (dialect == DialectName::automatic ? parameters_.dialect : dialect) !=
           DialectName::opsnet;
}

Answer Reports::answer(const ControlQuery& query, const WrongSecrets& wrong_secrets) {
    const std::string_view what = query.value("get");
    const Dialect dialect = sources_.dialect();
    const bool wants_text = is_text(dialect.name);
    if (what == "stats") {
        const TrackerReport report = tracker_report(wrong_secrets);
        return wants_text ? text(text_of(report)) : json(json_of(report));
    }
    if (what == "user") {
        return user(query, wants_text);
    }
    if (what == "prom_stats") {
        return {.body = prometheus_of(tracker_report(wrong_secrets))};
    }
    if (wants_text) {
        return text("Invalid action\n");
    }
    if (what == "torrent") {
        return torrent(query, dialect);
    }
    return what == "jemalloc" ? Answer{.body = "jemalloc is not used\n"}
                              : refusal(200, "unrecognized report query");
}

TrackerReport Reports::tracker_report(const WrongSecrets& wrong_secrets) {
    TrackerReport report;
    sources_.tracker.numbers(report.numbers);
    report.queues = sources_.books();
    report.wrong_update_secrets = wrong_secrets.update;
    report.wrong_report_secrets = wrong_secrets.report;

    const std::lock_guard lock(counting_);
    const Time now = sources_.clock();
    using Seconds = std::chrono::duration<double>;
    const double passed = counted_at_ ? Seconds(now - *counted_at_).count()
                                      : static_cast<double>(report.numbers.uptime.count());
    if (passed >= 1) {  // two pages of the site in one moment: the same rate
        const auto rate = [&](std::uint64_t& before, std::uint64_t count) {
            return static_cast<double>(count - std::exchange(before, count)) / passed;
        };
        connections_per_second_ = rate(connections_, report.numbers.connections_opened);
        requests_per_second_ = rate(requests_, report.numbers.requests);
        counted_at_ = now;
    }
    report.connections_per_second = connections_per_second_;
    report.requests_per_second = requests_per_second_;
    return report;
}

Answer Reports::user(const ControlQuery& query, bool is_text) {
    const std::string_view passkey = query.value("key");
    UserReport report;
    if (passkey.empty() || !sources_.tracker.find_user(passkey, report.user)) {
        return is_text ? text("")
                       : refusal(200, passkey.empty() ? "Announce key missing"
                                                      : "Announce key not found");
    }
    report.is_traced = sources_.traced.has(report.user.id);
    if (!count_peers(report.user.id, report)) {
        return is_text ? text("") : away();
    }
    return is_text ? text(text_of(report)) : json(json_of(report));
}

Answer Reports::torrent(const ControlQuery& query, const Dialect& dialect) {
    TorrentReport report;
    const auto info_hash = query.info_hash();
    if (!info_hash || !sources_.tracker.find_torrent(*info_hash, report.torrent)) {
        return refusal(200, info_hash ? "Torrent not found" : "Info hash missing");
    }
    report.flushed = std::chrono::duration_cast<std::chrono::seconds>(
                         sources_.books().flushed.time_since_epoch())
                         .count();
    return look_up(dialect, report) ? json(json_of(report)) : away();
}

bool Reports::count_peers(UserId user, UserReport& report) {
    const auto id = std::to_string(static_cast<std::uint64_t>(user));
    return ask("SELECT remaining = 0, COUNT(*) FROM xbt_files_users WHERE uid = " + id +
                   " AND active = 1 GROUP BY remaining = 0",
               [&](std::span<const Field> row) {
                   (row[0].text == "1" ? report.seeding : report.leeching) = number_in(row[1]);
                   return true;
               });
}

bool Reports::look_up(const Dialect& dialect, TorrentReport& report) {
    if (dialect.torrent_totals.empty()) {
        return false;
    }
    const auto id = std::to_string(static_cast<std::uint64_t>(report.torrent.id));
    const std::string most = " LIMIT " + std::to_string(limits::report_users_max);
    return ask("SELECT Snatched, balance FROM " + dialect.torrent_totals + " WHERE " +
                   dialect.torrent_key + " = " + id,
               [&](std::span<const Field> row) {
                   report.completed = decimal_in(row[0]);
                   report.balance = decimal_in(row[1]);
                   return true;
               }) &&
           ask("SELECT DISTINCT uid, remaining = 0 FROM xbt_files_users WHERE fid = " + id +
                   " AND active = 1" + most,
               [&](std::span<const Field> row) {
                   (row[1].text == "1" ? report.seeders : report.leechers)
                       .push_back(number_in(row[0]));
                   return true;
               }) &&
           ask("SELECT UserID FROM users_freeleeches WHERE TorrentID = " + id + " AND Expired = 0" +
                   most,
               [&](std::span<const Field> row) {
                   report.token_holders.push_back(number_in(row[0]));
                   return true;
               });
}

/// A page that waits for a database that is away would be the slower the more of it there are.
Reports::Turn::Turn(Reports& reports) : reports_(reports) {
    std::unique_lock lock(reports_.asking_);
    is_mine_ = reports_.asked_.wait_for(lock, limits::report_turn_wait,
                                        [&] { return !reports_.is_asking_; });
    reports_.is_asking_ = reports_.is_asking_ || is_mine_;
}

Reports::Turn::~Turn() {
    if (is_mine_) {
        const std::lock_guard lock(reports_.asking_);
        reports_.is_asking_ = false;
        reports_.asked_.notify_one();
    }
}

bool Reports::ask(const std::string& sql, const Rows& take) {
    const Turn turn(*this);
    if (!turn.is_mine()) {
        return false;
    }
    const Time now = sources_.clock();
    if (failed_at_ && now - *failed_at_ < limits::report_pause) {
        return false;
    }
    DatabaseError error = connection_.open();
    if (error.ok()) {
        error = connection_.query(sql, take);
    }
    if (error.ok()) {
        error = connection_.execute("COMMIT");  // the next report shall see what is new by then
    }
    failed_at_ = error.ok() ? std::nullopt : std::optional(now);
    if (!error.ok()) {
        connection_.close();
    }
    return error.ok();
}

}  // namespace chihaya::gazelle
