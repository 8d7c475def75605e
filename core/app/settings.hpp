#pragma once

/// @file settings.hpp
/// What each part is told of the configuration. The parts know nothing of its file.

#include "chihaya/tracker_driver.hpp"
#include "core/app/worker.hpp"
#include "core/base/log.hpp"
#include "core/config/config.hpp"
#include "core/frontend/http_settings.hpp"
#include "core/frontend/udp_settings.hpp"
#include "core/logic/policy.hpp"
#include "core/management/server.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace chihaya::app {

/// How many workers: as configured, or as many as there are cores.
[[nodiscard]] std::uint32_t worker_count(const config::Config& config) noexcept;

[[nodiscard]] logic::Policy policy_of(const config::Config& config);

/// Part of the policy.
[[nodiscard]] logic::ProtectionSettings protection_of(const config::Config& config);

/// What the tracker goes by at present. A reload changes it.
struct InEffect {
    explicit InEffect(config::Config configured);

    /// `config` has changed: the rest follows.
    void adopt();

    config::Config config;
    logic::Policy policy;
    frontend::UdpSettings udp;
    std::vector<ClientRecord> clients;  // approved by the configuration
};

/// What every worker is told, but for the cold work. Where the process may not open so many files,
/// there are fewer connections than configured; `tells` says whether the log has that.
[[nodiscard]] std::shared_ptr<WorkerSettings> worker_settings_of(const InEffect& in_effect,
                                                                 Log& log, bool tells);

/// For one worker of `workers`: connections are shared out evenly.
[[nodiscard]] frontend::HttpSettings http_settings_of(const config::Config& config,
                                                      std::uint32_t workers);

/// The same for every worker. Without a configured key: `key`.
[[nodiscard]] frontend::UdpSettings udp_settings_of(const config::Config& config,
                                                    const wire::ConnectionIds::Key& key);

/// Lifetime: of the views in the result, that of `config`
[[nodiscard]] TrackerSetup tracker_setup_of(const config::Config& config);

/// The clients that are approved from the start.
/// Errors: StartupError; the configuration's reader has checked them
[[nodiscard]] std::vector<ClientRecord> client_records_of(const config::Config& config);

/// All but when the process started.
[[nodiscard]] management::Settings management_settings_of(const config::Config& config);

/// Where the backend driver keeps what its site does not have yet: a folder of its own in the state
/// folder, which is the tracker driver's. Empty when there is none.
[[nodiscard]] std::string spool_dir_of(const config::Config& config);

/// The folder plugins are loaded from: as configured; otherwise beside the executable, in the
/// layout of a build folder (`../plugins`) or of an installation (`../lib/chihaya/plugins`).
[[nodiscard]] std::filesystem::path plugin_dir_of(const config::Config& config);

}  // namespace chihaya::app
