// What of a hand-over comes at its end: clients' connections, and how everything is taken back.

#include "core/app/handing_over.hpp"
#include "core/app/open_connections.hpp"
#include "core/app/session_change.hpp"
#include "core/base/guarded.hpp"
#include "core/handover/limits.hpp"

#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <thread>
#include <utility>

namespace chihaya::app {
namespace {

using handover::Kind;
using std::chrono::steady_clock;

constexpr std::string_view area = "handover";
constexpr std::chrono::milliseconds look_pause{1};

struct GivenUp {
    std::vector<frontend::OpenConnection> all;
    bool is_over = false;  // a worker that comes late keeps what it has
};

}  // namespace

/// Errors: false when a worker has not turned in time; the others' are in `to` all the same
bool HandingOver::take_given_up(std::vector<frontend::OpenConnection>& to) {
    const auto shared = std::make_shared<Guarded<GivenUp>>();
    const bool all_have = parts_.workers.with_front_ends(
        [shared](std::size_t /*number*/, frontend::HttpFrontend& http,
                 frontend::UdpFrontend& /*udp*/) {
            shared->with([&](GivenUp& given) {
                if (!given.is_over) {
                    http.give_up(given.all);
                }
            });
        },
        limits::worker_turn_max);
    shared->with([&](GivenUp& given) {
        to = std::exchange(given.all, {});
        given.is_over = true;
    });
    return all_have;
}

void HandingOver::undo() noexcept {
    static_cast<void>(channel_.send(Kind::refused, "the old tracker goes on"));
    try {
        if (is_written_to_) {
            static_cast<void>(parts_.workers.change_sessions(
                [notes = notes_](std::size_t /*number*/, SessionChange& change) {
                    change.abandon();
                },
                limits::worker_turn_max));
            parts_.slot.forget_next();
        }
        if (has_begun_) {
            parts_.dismiss();
        }
        if (is_site_quiet_) {
            parts_.serve_site();
        }
        if (is_written_to_ || is_site_free_) {
            const auto kept = parts_.slot.place()->door.open();
            parts_.farewells.expired(kept);
        }
        if (rests_) {
            wake_workers();
        }
    } catch (const std::exception& error) {
        parts_.log.write(Severity::error, area, "the tracker cannot go on as it was; restart it",
                         {{"reason", error.what()}});
    }
}

void HandingOver::wake_workers() {
    static_cast<void>(parts_.workers.with_front_ends(
        [](std::size_t /*number*/, frontend::HttpFrontend& http, frontend::UdpFrontend& udp) {
            http.wake();
            udp.wake();
        },
        limits::worker_turn_max));
    share_out(std::exchange(connections_, {}), parts_.workers, 0, limits::worker_turn_max);
}

void HandingOver::finish() noexcept {
    const auto until = steady_clock::now() + parts_.config.request_timeout;
    try {
        channel_.wait_until(until);
        while (steady_clock::now() < until && !parts_.ends) {
            const auto open = std::make_shared<std::atomic<unsigned>>(0);
            const bool has_turned = parts_.workers.with_front_ends(
                [open](std::size_t /*number*/, frontend::HttpFrontend& http,
                       frontend::UdpFrontend& /*udp*/) {
                    *open += http.has_connections() ? 1U : 0U;
                },
                limits::worker_turn_max);
            if (*open == 0 || !has_turned) {
                return;
            }
            std::vector<frontend::OpenConnection> late;
            const bool is_whole = take_given_up(late);
            const bool is_taken = app::send_connections(channel_, late).has_value();
            close_connections(late);
            if (!is_whole || !is_taken) {
                return;
            }
            std::this_thread::sleep_for(look_pause);
        }
    } catch (const std::exception&) {
        return;  // out of memory: what is left ends with this process
    }
}

}  // namespace chihaya::app
