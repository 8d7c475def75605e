// What of the service is about another process that takes its place, or whose place it takes.

#include "core/app/connection_id_key.hpp"
#include "core/app/service.hpp"
#include "core/app/settings.hpp"
#include "core/app/status_line.hpp"
#include "core/handover/limits.hpp"

#include <unistd.h>

#include <exception>
#include <utility>

namespace chihaya::app {
namespace {

constexpr std::string_view area = "service";

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

Result<void> Service::hand_over(handover::Channel& to,
                                const std::function<void(std::uint64_t)>& replaced) {
    reloads_.stop();  // nothing changes meanwhile
    {
        HandingOver handing_over({.log = log_,
                                  .clock = clock_,
                                  .config = in_effect_.config,
                                  .slot = *tracker_,
                                  .roster = *roster_,
                                  .workers = *workers_,
                                  .farewells = farewells_,
                                  .key = in_effect_.udp.connection_id_key,
                                  .free_site = [this] { free_site(); },
                                  .serve_site =
                                      [this] {
                                          serve_site();
                                      }},
                                 to);
        const auto other = handing_over.run();
        if (other.has_value()) {
            replaced(*other);
            handing_over.finish();
            return {};
        }
        failed_hand_over_ = other.error();
    }
    begin_reloads();
    return failed_hand_over_;
}

/// While the workers rest.
void Service::free_site() {
    management_->stop();
    site_loader_->stop();
    control_.run_on([this] {
        farewells_.close();
        // What does not get there in time waits in the spool, where the other one finds it.
        static_cast<void>(backend_.flush(limits::handover_rest_max / 2));
        backend_.empty();
        has_backend_ = false;
    });
}

void Service::serve_site() noexcept {
    try {
        control_.run_on([this] { make_backend(); });
        site_loader_->start(backend_);
        if (const auto started = management_->start(); started.has_error()) {
            log_.write(Severity::error, area, started.error().text);
        }
    } catch (const std::exception& error) {
        log_.write(Severity::error, area,
                   "what was stopped for a hand-over could not be started again; restart the "
                   "tracker",
                   {{"reason", error.what()}});
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
                        std::chrono::floor<std::chrono::seconds>(clock_.now()));
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
    target_.reset();
    if (const auto started = management_->start(); started.has_error()) {
        // Too late to give up: this is the tracker.
        log_.write(Severity::error, area, started.error().text);
    }
}

}  // namespace chihaya::app
