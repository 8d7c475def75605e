#pragma once

/// @file application.hpp
/// The program as the operating system sees it: options, exit codes, log, life.

#include "core/base/log.hpp"
#include "core/base/result.hpp"
#include "core/config/reader.hpp"

#include <Poco/Channel.h>
#include <Poco/Util/Option.h>
#include <Poco/Util/OptionSet.h>
#include <Poco/Util/ServerApplication.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace chihaya::app {

/// Foreground by default; `--daemon` and, on Windows, service options are Poco's.
///
/// Exit codes are those of sysexits: 0 after a stop, 64 for a wrong command line, 71 when an
/// address cannot be bound, 78 when configuration or plugins are at fault, 70 for a bug.
class Application final : public Poco::Util::ServerApplication {
public:
    Application();

    /// The process is a daemon already. Before `run`
    void stay_daemon();

    /// Has the command line been understood? Where it has not, Poco has said why, and means by its
    /// exit code that a configuration file is at fault.
    [[nodiscard]] bool understood() const noexcept { return understood_; }

protected:
    // Poco's spelling.
    void defineOptions(Poco::Util::OptionSet& options) override;
    void handleOption(const std::string& name, const std::string& value) override;
    int main(const ArgVec& arguments) override;

private:
    enum class Task : std::uint8_t { serve, check, list_plugins, print_config, version, help };

    [[nodiscard]] int run_reported(Log& log);
    [[nodiscard]] int run_task(Log& log);
    [[nodiscard]] int serve(const config::Config& config, Log& log) const;
    [[nodiscard]] static int list_plugins(const config::Config& config);
    [[nodiscard]] Result<config::Reading> read_file() const;
    [[nodiscard]] std::optional<config::Config> read_configuration(Log& log) const;
    void print_help() const;

    // Where the program was started. What is named relative to it keeps its meaning in a daemon,
    // whose working directory is `/` by the time that files are opened.
    const std::filesystem::path started_in_;
    bool understood_ = false;
    Task task_ = Task::serve;
    bool takes_over_ = false;
    bool is_daemon_ = false;
    std::string config_path_;
    std::filesystem::path pid_file_;
    std::optional<std::uint32_t> workers_;
};

}  // namespace chihaya::app
