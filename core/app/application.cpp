#include "core/app/application.hpp"

#include "core/app/giving_way.hpp"
#include "core/app/journal.hpp"
#include "core/app/pid_file.hpp"
#include "core/app/service.hpp"
#include "core/app/settings.hpp"
#include "core/app/successor.hpp"
#include "core/app/supervisor.hpp"
#include "core/app/termination.hpp"
#include "core/base/limits.hpp"
#include "core/config/reader.hpp"
#include "core/net/given_sockets.hpp"

#include <Poco/ConsoleChannel.h>
#include <Poco/Message.h>
#include <Poco/NumberParser.h>
#include <Poco/Path.h>
#include <Poco/Util/HelpFormatter.h>
#if defined(POCO_OS_FAMILY_WINDOWS)
#include <Poco/EventLogChannel.h>
#else
#include <Poco/SyslogChannel.h>
#endif

#include <unistd.h>

#include <array>
#include <cstdlib>
#include <iostream>
#include <string_view>
#include <system_error>
#include <utility>

namespace chihaya::app {
namespace {

using Poco::Util::Option;

/// The console in the foreground; where the system collects its daemons' words otherwise.
Poco::AutoPtr<Poco::Channel> log_channel(bool interactive) {
    if (interactive) {
        return new Poco::ConsoleChannel(std::cerr);
    }
#if defined(POCO_OS_FAMILY_WINDOWS)
    return new Poco::EventLogChannel("chihaya");
#else
    return new Poco::SyslogChannel("chihaya", Poco::SyslogChannel::SYSLOG_PID,
                                   Poco::SyslogChannel::SYSLOG_DAEMON);
#endif
}

Poco::Message::Priority priority_of(Severity severity) noexcept {
    switch (severity) {
        case Severity::debug:
            return Poco::Message::PRIO_DEBUG;
        case Severity::info:
            return Poco::Message::PRIO_INFORMATION;
        case Severity::warning:
            return Poco::Message::PRIO_WARNING;
        case Severity::error:
            break;
    }
    return Poco::Message::PRIO_ERROR;
}

/// Printed JSON without its line breaks and indentation. Its texts hold no raw line break.
std::string one_line(std::string_view json) {
    std::string out;
    bool at_start = false;
    for (const char letter : json) {
        at_start = letter == '\n' || (at_start && letter == ' ');
        if (!at_start) {
            out += letter;
        }
    }
    return out;
}

/// What the service manager has bound for us.
net::GivenSockets given_sockets(Log& log) {
    net::GivenSockets given;
    for (const int descriptor : net::listen_fds()) {
        if (const auto added = given.add(descriptor, true); added.has_error()) {
            log.write(Severity::warning, "service", added.error().text);
        }
    }
    return given;
}

void begin(Service& service) {
    service.load();
    service.start();
}

/// Where nothing comes of it, files and sockets stay the other one's: nothing is to be saved.
void take_place(Service& service, Log& log) {
    try {
        begin(service);
    } catch (const StartupError& error) {
        log.write(Severity::error, "service", error.what());
        std::_Exit(dynamic_cast<const BindError*>(&error) != nullptr
                       ? Poco::Util::Application::EXIT_OSERR
                       : Poco::Util::Application::EXIT_CONFIG);
    }
}

std::filesystem::path working_folder() {
    std::error_code none;  // it has been deleted: then nothing is relative to it
    return std::filesystem::current_path(none);
}

}  // namespace

Application::Application() : started_in_(working_folder()) {}

void Application::stay_daemon() {
    config().setBool("application.runAsDaemon", true);  // Poco's key
    is_daemon_ = true;
}

void Application::defineOptions(Poco::Util::OptionSet& options) {
    ServerApplication::defineOptions(options);
    options.addOption(Option("config", "c",
                             "read the configuration from FILE (JSON); "
                             "'-config FILE' works too; \"\" means the defaults")
                          .argument("FILE"));
    options.addOption(
        Option("workers", "w", "serve with N threads instead of what is configured").argument("N"));
    options.addOption(
        Option("check", "", "check the configuration and load the plugins, then end"));
    options.addOption(Option("list-plugins", "", "list the installed plugins, then end"));
    options.addOption(
        Option("print-config", "", "print the effective configuration, secrets masked, then end"));
    options.addOption(
        Option("take-over", "",
               "take the place of the tracker that runs with the same state_dir, without a gap"));
    options.addOption(Option("version", "", "print the version, then end"));
    options.addOption(Option("help", "h", "print this, then end"));
}

void Application::handleOption(const std::string& name, const std::string& value) {
    constexpr std::array<std::pair<std::string_view, Task>, 5> tasks{
        {{"check", Task::check},
         {"list-plugins", Task::list_plugins},
         {"print-config", Task::print_config},
         {"version", Task::version},
         {"help", Task::help}}};
    for (const auto& [option, task] : tasks) {
        if (name == option) {
            task_ = task;
            if (task == Task::help || task == Task::version) {
                stopOptionsProcessing();
            }
            return;
        }
    }
    if (name == "take-over") {
        takes_over_ = true;
    } else if (name == "pidfile") {
        pid_file_ = started_in_ / Poco::Path::expand(value);
    } else if (name == "config") {
        config_path_ = value.empty() ? value : (started_in_ / Poco::Path::expand(value)).string();
    } else if (name == "workers") {
        unsigned count = 0;
        if (!Poco::NumberParser::tryParseUnsigned(value, count) || count > limits::workers_max) {
            throw Poco::InvalidArgumentException("workers: accepted are 0 to " +
                                                 std::to_string(limits::workers_max));
        }
        workers_ = count;
    } else {
        ServerApplication::handleOption(name, value);
    }
}

int Application::main(const ArgVec& arguments) {
    understood_ = true;
    if (is_daemon_) {
        std::error_code ignored;
        std::filesystem::current_path("/", ignored);
    }
    if (!arguments.empty()) {
        std::cerr << "chihaya: unexpected argument; see chihaya --help\n";
        return EXIT_USAGE;
    }
    // NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread yet
    const char* const journal = std::getenv("JOURNAL_STREAM");
    if (isInteractive() && is_journal(STDERR_FILENO, journal)) {
        Log log([](Severity severity,
                   const std::string& line) { std::cerr << journal_line(severity, line); },
                Log::Opening::area);
        return run_reported(log);
    }
    auto channel = log_channel(isInteractive());
    Log log([&](Severity severity, const std::string& line) {
        channel->log(Poco::Message("chihaya", line, priority_of(severity)));
    });
    return run_reported(log);
}

int Application::run_reported(Log& log) {
    try {
        return run_task(log);
    } catch (const BindError& error) {
        log.write(Severity::error, "service", error.what());
        return EXIT_OSERR;
    } catch (const StartupError& error) {
        log.write(Severity::error, "service", error.what());
        return EXIT_CONFIG;
    }
}

int Application::run_task(Log& log) {
    if (task_ == Task::help) {
        print_help();
        return EXIT_OK;
    }
    if (task_ == Task::version) {
        std::cout << "chihaya " CHIHAYA_VERSION ", plugin ABI " << abi::major << '.' << abi::minor
                  << ", toolchain " << abi::toolchain_tag << '\n';
        return EXIT_OK;
    }
    auto config = read_configuration(log);
    if (!config) {
        return EXIT_CONFIG;
    }
    log.set_level(severity_of(config->log.level));
    switch (task_) {
        case Task::print_config:
            std::cout << config::print(*config) << '\n';
            return EXIT_OK;
        case Task::list_plugins:
            return list_plugins(*config);
        case Task::check: {
            Service service(*config, log);
            service.load(false);
            std::cout << "the configuration is good\n";
            return EXIT_OK;
        }
        default:
            return serve(*config, log);
    }
}

Result<config::Reading> Application::read_file() const {
    auto reading = config_path_.empty() ? Result<config::Reading>(config::read(""))
                                        : config::read_file(config_path_, started_in_);
    if (!reading.has_error() && workers_) {
        reading->config.workers = *workers_;
    }
    return reading;
}

std::optional<config::Config> Application::read_configuration(Log& log) const {
    auto reading = read_file();
    if (reading.has_error()) {
        log.write(Severity::error, "config", reading.error().text);
        return std::nullopt;
    }
    for (const std::string& warning : reading->warnings) {
        log.write(Severity::warning, "config", warning);
    }
    for (const std::string& error : reading->errors) {
        log.write(Severity::error, "config", error);
    }
    if (!reading->errors.empty()) {
        log.write(Severity::error, "config", "nothing was started",
                  {{"file", config_path_}, {"errors", std::uint64_t{reading->errors.size()}}});
        return std::nullopt;
    }
    return std::move(reading->config);
}

int Application::list_plugins(const config::Config& config) {
    const auto catalog = plugin::Catalog::scan(plugin_dir_of(config)).value();
    std::cout << catalog.listing();
    for (const std::string& refusal : catalog.refusals()) {
        std::cout << refusal << '\n';
    }
    return catalog.refusals().empty() ? EXIT_OK : EXIT_CONFIG;
}

int Application::serve(const config::Config& config, Log& log) const {
    hold_signals();
    log.write(Severity::info, "config", "effective: " + one_line(config::print(config)));
    Supervisor supervisor(log);
    Service service(config, log);
    service.use(given_sockets(log));
    auto predecessor = Successor::predecessor(takes_over_, config.state_dir).value();
    const bool is_successor = predecessor != nullptr;
    PidFile pid_file(pid_file_);
    if (is_successor) {
        service.take_over(std::move(predecessor));
    } else {
        pid_file.write().value();
    }
    {
        const Supervisor::LongWork starting(supervisor);
        is_successor ? take_place(service, log) : begin(service);
    }
    if (is_successor) {  // until now it named the other one
        if (const auto written = pid_file.write(); written.has_error()) {
            log.write(Severity::error, "service", written.error().text);
        }
    }
    service.take_reloads(
        [this] { return read_file(); },
        [&](bool begins) { begins ? supervisor.reloading() : supervisor.reloaded(); });
    supervisor.serving(service.vital_signs());
    Successor successor(started_in_, log);
    successor.wait_for_one(config.state_dir);
    const bool is_to_stop = wait_for_end(
        log, [&service] { service.reload(); },
        [&](const std::atomic<bool>& ends) {
            return give_way({service, successor, supervisor, log}, ends);
        });
    if (!is_to_stop) {
        supervisor.end();
        // What is left belongs to the other process: neither files nor sockets are to be touched.
        std::_Exit(EXIT_OK);
    }
    supervisor.stopping();
    const Supervisor::LongWork stopping(supervisor);
    service.stop();
    log.write(Severity::info, "service", "stopped");
    return EXIT_OK;
}

void Application::print_help() const {
    Poco::Util::HelpFormatter formatter(options());
    formatter.setCommand("chihaya");
    formatter.setUsage("[--config FILE] [--daemon] [options]");
    formatter.setHeader("A BitTorrent tracker with pluggable storage.");
    formatter.setAutoIndent();
    formatter.setWidth(100);
    formatter.format(std::cout);
}

}  // namespace chihaya::app
