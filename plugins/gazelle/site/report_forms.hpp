#pragma once

/// @file report_forms.hpp
/// How reports are written down.

#include "chihaya/backend_driver.hpp"
#include "plugins/gazelle/books/queue_sizes.hpp"

#include <atomic>
#include <cstdint>
#include <string>
#include <vector>

namespace chihaya::gazelle {

/// Calls with a secret that opens nothing.
struct WrongSecrets {
    std::atomic<std::uint64_t> update{0};
    std::atomic<std::uint64_t> report{0};
};

struct TrackerReport {
    TrackerNumbers numbers{};
    QueueSizes queues{};
    double connections_per_second = 0;
    double requests_per_second = 0;
    std::uint64_t wrong_update_secrets = 0;
    std::uint64_t wrong_report_secrets = 0;
};

struct UserReport {
    UserRecord user{};
    std::uint64_t leeching = 0;
    std::uint64_t seeding = 0;
    bool is_traced = false;
};

struct TorrentReport {
    TorrentRecord torrent{};
    std::string completed = "0";  // decimal numbers, as the database has them
    std::string balance = "0";
    std::int64_t flushed = 0;  // Unix time, seconds
    std::vector<std::uint64_t> leechers{};
    std::vector<std::uint64_t> seeders{};
    std::vector<std::uint64_t> token_holders{};
};

/// Lines of "<number> <what>", without the final "success".
[[nodiscard]] std::string text_of(const TrackerReport& report);
[[nodiscard]] std::string text_of(const UserReport& report);

/// Objects, with a final line break.
[[nodiscard]] std::string json_of(const TrackerReport& report);
[[nodiscard]] std::string json_of(const UserReport& report);
[[nodiscard]] std::string json_of(const TorrentReport& report);

/// For Prometheus, under the names that the site's dashboards have. The last byte is '#'.
[[nodiscard]] std::string prometheus_of(const TrackerReport& report);

}  // namespace chihaya::gazelle
