// What of the service is about another process that takes its place, or whose place it takes.

#include "core/app/connection_id_key.hpp"
#include "core/app/service.hpp"
#include "core/app/settings.hpp"
#include "core/app/status_line.hpp"
#include "core/handover/limits.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <thread>
#include <utility>

namespace chihaya::app {
namespace {

constexpr std::string_view area = "service";
constexpr std::chrono::milliseconds longest_pause{2000};

}  // namespace

Supervisor::Parts Service::vital_signs() {
    StatusLine line(*tracker_, [this] { return workers_->counters(); });
    return {
        .status = [line = std::move(line)]() mutable { return line.text(); },
        .pulses =
            [this](const std::function<void(const Pulse&)>& each) {
                workers_->show_pulses(each);
                each(
                    {.name = "control",
                     .post = [this](std::function<void()> work) { control_.post(std::move(work)); },
                     .may_wait = true});
            }};
}

Result<void> Service::hand_over(handover::Channel& to, const Replacement& by) {
    bool reloads = true;
    std::optional<Failure> failed;
    {
        HandingOver handing_over({.log = log_,
                                  .clock = clock_,
                                  .config = in_effect_.config,
                                  .slot = *tracker_,
                                  .roster = *roster_,
                                  .workers = *workers_,
                                  .farewells = farewells_,
                                  .key = in_effect_.udp.connection_id_key,
                                  .end_reloads =
                                      [&] {
                                          reloads_.stop();
                                          reloads = false;
                                      },
                                  .quieten_site = [this] { quieten_site(); },
                                  .free_site = [this] { free_site(); },
                                  .serve_site = [&] { serve_site(by.ends); },
                                  .dismiss = by.dismiss,
                                  .ends = by.ends},
                                 to);
        const auto other = handing_over.run();
        if (other.has_value()) {
            by.replaced(*other);
            handing_over.finish();
            return {};
        }
        failed = other.error();
    }
    if (!reloads) {
        begin_reloads();
    }
    return *failed;
}

/// While everybody announces: a load that runs may take its time to end.
void Service::quieten_site() {
    site_loader_->stop();
    management_->stop();
    control_.run_on([] {});  // what it has been asked to do is done
}

/// While the workers rest.
void Service::free_site() {
    control_.run_on([this] {
        farewells_.close();
        // What does not get there in time waits in the spool, where the other one finds it.
        static_cast<void>(backend_.flush(limits::handover_rest_max / 2));
        backend_.empty();
        has_backend_ = false;
    });
}

/// As before both. While the workers rest, perhaps, and nobody else does.
void Service::serve_site(const std::atomic<bool>& ends) {
    if (const auto started = management_->start(); started.has_error()) {
        log_.write(Severity::error, area, started.error().text);
    }
    if (!has_backend_ && !make_backend_again(ends)) {
        return;
    }
    site_loader_->start(backend_);
}

/// The other process may have the spool for a while. Without it, what is recorded would be lost:
/// where accounts are credited, nobody may announce then.
bool Service::make_backend_again(const std::atomic<bool>& ends) {
    const auto until = std::chrono::steady_clock::now() + limits::handover_return_max;
    bool is_told = false;
    for (std::chrono::milliseconds pause{50};; pause = std::min(2 * pause, longest_pause)) {
        try {
            control_.run_on([this] { make_backend(); });
            return true;
        } catch (const std::exception& error) {
            const bool is_late = std::chrono::steady_clock::now() >= until;
            if (ends || (is_late && !in_effect_.config.private_mode)) {
                log_.write(Severity::error, area,
                           "the link to the site could not be made again; restart the tracker",
                           {{"reason", error.what()}});
                return false;
            }
            if (!std::exchange(is_told, true)) {
                log_.write(Severity::warning, area,
                           "the link to the site cannot be made again yet; announces wait",
                           {{"reason", error.what()}});
            }
        }
        std::this_thread::sleep_for(pause);
    }
}

/// Asks the tracker that runs for what it has.
void Service::greet(const plugin::Library& tracker) {
    if (!taking_over_) {
        return;
    }
    taking_over_->greet({.process = static_cast<std::uint64_t>(::getpid()),
                         .shares_swarms = has(tracker.card().traits, PluginTraits::shares_swarms),
                         .driver = in_effect_.config.tracker.name,
                         .params = in_effect_.config.tracker.params},
                        clock_);
    given_ = taking_over_->take_sockets();
}

void Service::choose_key() {
    const config::Config& config = in_effect_.config;
    in_effect_.udp.connection_id_key = taking_over_ && config.udp.connection_id_key.empty()
                                           ? taking_over_->key()
                                           : connection_id_key_of(config, log_);
}

/// What the other tracker has. Its site is ours when it has let go of it.
void Service::receive() {
    if (!taking_over_) {
        return;
    }
    target_.emplace(*tracker_, tracker_setup_of(in_effect_.config).answer_within, clock_, log_);
    taking_over_->receive_until_freed(*roster_, *target_);
    control_.run_on([this] { make_backend(); });
    site_loader_->start(backend_);
}

/// Once everything is here, the other tracker lets go, and this one begins.
void Service::take_place() {
    if (!taking_over_) {
        return;
    }
    taking_over_->receive_the_rest(*roster_, *target_, *workers_);
    static_cast<void>(workers_->with_front_ends(
        [](std::size_t /*number*/, frontend::HttpFrontend& http, frontend::UdpFrontend& udp) {
            http.wake();
            udp.wake();
        },
        limits::handover_patience));
    taking_over_->begin_to_receive_late(*workers_);
    put_back_what_was_erased();
    if (const auto started = management_->start(); started.has_error()) {
        // Too late to give up: this is the tracker.
        log_.write(Severity::error, area, started.error().text);
    }
}

/// A torrent may have been erased and put again while swarms were carried: the driver has then been
/// told of the erasure last.
void Service::put_back_what_was_erased() {
    const bool has_erased = target_->has_erased();
    target_.reset();
    if (!has_erased) {
        return;
    }
    if (const Status put = roster_->put_back(*tracker_); !put.ok()) {
        log_.write(
            Severity::warning, area,
            "the registry has changed during the hand-over, and the driver could not be told "
            "all of it",
            {{"reason", put.reason}});
    }
}

}  // namespace chihaya::app
