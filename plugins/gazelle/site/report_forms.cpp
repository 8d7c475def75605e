#include "plugins/gazelle/site/report_forms.hpp"

#include <sys/resource.h>
#include <sys/time.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <string_view>
#include <utility>

namespace chihaya::gazelle {
namespace {

std::string two_digits(std::int64_t number) {
    return (number < 10 ? "0" : "") + std::to_string(number);
}

/// Shape: 3 days, 04:05:06
std::string elapsed(std::chrono::seconds time) {
    const std::int64_t seconds = time.count();
    return std::to_string(seconds / 86'400) + " days, " + two_digits(seconds / 3'600 % 24) + ':' +
           two_digits(seconds / 60 % 60) + ':' + two_digits(seconds % 60);
}

std::uint64_t whole(double number) noexcept {
    return number > 0 ? static_cast<std::uint64_t>(number + 0.5) : 0;
}

std::uint64_t unsigned_of(std::int64_t number) noexcept {
    return number > 0 ? static_cast<std::uint64_t>(number) : 0;
}

std::uint64_t seconds_of(const timeval& time) noexcept {
    return unsigned_of(time.tv_sec);
}

/// {"label": {"type": …, "value": …}, …}
class JsonStats {
public:
    void add(std::string_view label, std::uint64_t value, std::string_view type = "number") {
        add_raw(label, std::to_string(value), type);
    }
    void add_text(std::string_view label, std::string_view value) {
        add_raw(label, '"' + std::string(value) + '"', "string");
    }
    [[nodiscard]] std::string text() && { return std::move(text_) + "}\n"; }

private:
    void add_raw(std::string_view label, std::string_view value, std::string_view type) {
        text_ += text_.size() > 1 ? ",\"" : "\"";
        text_.append(label).append(R"(":{"type":")").append(type);
        text_.append(R"(","value":)").append(value) += '}';
    }
    std::string text_ = "{";
};

void add_process(JsonStats& stats) {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    stats.add("user time", seconds_of(usage.ru_utime), "elapsed");
    stats.add("system time", seconds_of(usage.ru_stime), "elapsed");
    stats.add("maximum resident set size", unsigned_of(usage.ru_maxrss) * 1024, "byte");
    stats.add("minor page faults", unsigned_of(usage.ru_minflt));
    stats.add("major page faults", unsigned_of(usage.ru_majflt));
    stats.add("blocks in", unsigned_of(usage.ru_inblock));
    stats.add("blocks out", unsigned_of(usage.ru_oublock));
    stats.add("voluntary context switches", unsigned_of(usage.ru_nvcsw));
    stats.add("involuntary context switches", unsigned_of(usage.ru_nivcsw));
}

std::string list_of(const std::vector<std::uint64_t>& numbers) {
    std::string text = "[";
    for (const std::uint64_t number : numbers) {
        text += text.size() > 1 ? "," : "";
        text += std::to_string(number);
    }
    return text + ']';
}

std::string id_of(UserId id) {
    return std::to_string(static_cast<std::uint64_t>(id));
}

}  // namespace

std::string text_of(const TrackerReport& report) {
    const TrackerNumbers& now = report.numbers;
    const std::array<std::pair<std::uint64_t, std::string_view>, 12> lines{{
        {now.connections_opened, "connections opened"},
        {now.connections_open, "open connections"},
        {whole(report.connections_per_second), "connections/s"},
        {now.requests, "requests handled"},
        {whole(report.requests_per_second), "requests/s"},
        {now.announces, "successful announcements"},
        {now.announces_failed, "failed announcements"},
        {now.scrapes, "scrapes"},
        {now.leechers, "leechers tracked"},
        {now.seeders, "seeders tracked"},
        {now.bytes_received, "bytes read"},
        {now.bytes_transmitted, "bytes written"},
    }};
    std::string text = "Uptime: " + elapsed(now.uptime) + '\n';
    for (const auto& [number, label] : lines) {
        text.append(std::to_string(number)).append(" ").append(label) += '\n';
    }
    return text;
}

std::string text_of(const UserReport& report) {
    return std::to_string(report.leeching) + " leeching\n" + std::to_string(report.seeding) +
           " seeding\n";
}

std::string json_of(const TrackerReport& report) {
    const TrackerNumbers& now = report.numbers;
    JsonStats stats;
    stats.add_text("version", "Chihaya");
    stats.add("connections opened", now.connections_opened);
    stats.add("open connections", now.connections_open);
    stats.add("connections/s", whole(report.connections_per_second));
    stats.add("requests handled", now.requests);
    stats.add("requests/s", whole(report.requests_per_second));
    stats.add("successful announcements", now.announces);
    stats.add("failed announcements", now.announces_failed);
    stats.add("scrapes", now.scrapes);
    stats.add("leechers tracked", now.leechers);
    stats.add("seeders tracked", now.seeders);
    stats.add("items in user queue", report.queues.users);
    stats.add("items in torrent queue", report.queues.torrents);
    stats.add("items in peer queue", report.queues.peers);
    stats.add("items in snatch queue", report.queues.snatches);
    stats.add("items in token queue", report.queues.tokens);
    stats.add("bytes read", now.bytes_received, "byte");
    stats.add("bytes written", now.bytes_transmitted, "byte");
    stats.add("bad tracker secret received", report.wrong_update_secrets);
    stats.add("bad report secret received", report.wrong_report_secrets);
    stats.add("announce interval", unsigned_of(now.interval.count()));
    stats.add("announce jitter", unsigned_of(now.interval_jitter.count()));
    stats.add("uptime", unsigned_of(now.uptime.count()), "elapsed");
    add_process(stats);
    return std::move(stats).text();
}

std::string json_of(const UserReport& report) {
    const auto bit = [&](UserFlags flag) {
        return has(report.user.flags, flag) ? "1" : "0";
    };
    return "{\"id\":" + id_of(report.user.id) + ",\"leeching\":" + std::to_string(report.leeching) +
           ",\"seeding\":" + std::to_string(report.seeding) +
           ",\"deleted\":0,\"protected\":" + bit(UserFlags::hidden) +
           ",\"can_leech\":" + bit(UserFlags::can_leech) +
           ",\"traced\":" + (report.is_traced ? "1" : "0") + "}\n";
}

std::string json_of(const TorrentReport& report) {
    const auto id = static_cast<std::uint64_t>(report.torrent.id);
    return "{\"id\":" + std::to_string(id) + ",\"completed\":" + report.completed +
           ",\"balance\":" + report.balance +
           ",\"free\":" + std::to_string(static_cast<unsigned>(report.torrent.freeleech)) +
           ",\"last_flushed\":" + std::to_string(report.flushed) +
           ",\"last_selected_seeder\":\"\",\"leecher_list\":" + list_of(report.leechers) +
           ",\"seeder_list\":" + list_of(report.seeders) +
           ",\"fltoken_list\":" + list_of(report.token_holders) + "}\n";
}

std::string prometheus_of(const TrackerReport& report) {
    const TrackerNumbers& now = report.numbers;
    const std::array<std::pair<std::string_view, std::uint64_t>, 16> lines{{
        {"uptime", unsigned_of(now.uptime.count())},
        {"connections", now.connections_opened},
        {"open_connections", now.connections_open},
        {"seeders", now.seeders},
        {"leechers", now.leechers},
        {"requests", now.requests},
        {"total_announcements", now.announces + now.announces_failed},
        {"succ_announcements", now.announces},
        {"scrapes", now.scrapes},
        {"user_queue", report.queues.users},
        {"torrent_queue", report.queues.torrents},
        {"peer_queue", report.queues.peers},
        {"snatch_queue", report.queues.snatches},
        {"token_queue", report.queues.tokens},
        {"error{kind=\"bad_tracker_secret\"}", report.wrong_update_secrets},
        {"error{kind=\"bad_report_secret\"}", report.wrong_report_secrets},
    }};
    std::string text;
    for (const auto& [name, number] : lines) {
        text.append("ocelot_").append(name).append(" ").append(std::to_string(number)) += '\n';
    }
    return text + '#';
}

}  // namespace chihaya::gazelle
