#include "core/app/handing_over.hpp"

#include "core/app/open_connections.hpp"
#include "core/app/session_change.hpp"
#include "core/base/guarded.hpp"
#include "core/base/limits.hpp"
#include "core/handover/limits.hpp"
#include "core/handover/stream_driver.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <memory>
#include <string>
#include <thread>
#include <utility>

namespace chihaya::app {
namespace {

using handover::Kind;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::string_view area = "handover";
constexpr milliseconds look_pause{1};

// A worker is busy for so long at most with one turn.
constexpr milliseconds turn_max{2000};

Failure failure(const Status& status) {
    return {status.reason};
}

std::uint64_t milliseconds_since(steady_clock::time_point began) {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<milliseconds>(steady_clock::now() - began).count());
}

}  // namespace

HandingOver::~HandingOver() {
    if (!is_done_) {
        undo();
    }
    for (const int socket : sockets_) {
        ::close(socket);
    }
    close_connections(connections_);
}

Result<std::uint64_t> HandingOver::run() {
    const auto began = steady_clock::now();
    for (Step (HandingOver::*const step)() :
         {&HandingOver::greet, &HandingOver::send_sockets, &HandingOver::carry, &HandingOver::rest,
          &HandingOver::free_site, &HandingOver::send_rest, &HandingOver::send_connections,
          &HandingOver::yield}) {
        if (const Step done = (this->*step)(); done.has_error()) {
            return Failure{"nothing is handed over: " + done.error().text +
                           "; this tracker goes on"};
        }
    }
    is_done_ = true;
    parts_.log.write(Severity::info, area, "another process is the tracker now",
                     {{"process", other_.process},
                      {"peers", carry_ ? carry_->peers() : 0},
                      {"connections", std::uint64_t{connections_.size()}},
                      {"took_ms", milliseconds_since(began)},
                      {"rested_ms", milliseconds_since(rest_began_)}});
    close_connections(connections_);
    return other_.process;
}

HandingOver::Step HandingOver::expect(Kind kind) {
    auto message = channel_.receive(limits::handover_patience);
    if (message.has_error()) {
        return message.error();
    }
    for (const int descriptor : message->descriptors) {
        ::close(descriptor);
    }
    if (message->kind == Kind::refused) {
        return Failure{"the other process refused: " + message->body.substr(0, 500)};
    }
    if (message->kind != kind) {
        return Failure{"the other process speaks another protocol"};
    }
    if (kind == Kind::hello) {
        auto hello = read_hello(message->body);
        if (hello.has_error()) {
            return hello.error();
        }
        other_ = *hello;
    }
    return {};
}

HandingOver::Step HandingOver::greet() {
    if (!channel_.is_trusted()) {
        return Failure{"the other process is another user's"};
    }
    if (auto said = expect(Kind::hello); said.has_error()) {
        static_cast<void>(channel_.send(Kind::refused, said.error().text));
        return said;
    }
    if (parts_.roster.awaits_site()) {
        return Failure{
            "since its start this tracker has not read its site, whose books say what peers have "
            "moved; once it has it can hand over, until then it can be stopped"};
    }
    const config::Driver& own = parts_.config.tracker;
    carries_ = !(other_.shares_swarms && other_.driver == own.name && other_.params == own.params);
    return {};
}

HandingOver::Step HandingOver::send_sockets() {
    using Shown = Guarded<std::vector<int>>;
    const auto shown = std::make_shared<Shown>();
    if (!parts_.workers.with_front_ends(
            [shown](std::size_t /*number*/, frontend::HttpFrontend& http,
                    frontend::UdpFrontend& udp) {
                std::vector<net::BoundSocket> bound;
                http.show_sockets(bound);
                udp.show_sockets(bound);
                shown->with([&](auto& all) {
                    for (const net::BoundSocket& socket : bound) {
                        all.push_back(::fcntl(socket.socket, F_DUPFD_CLOEXEC, 0));
                    }
                });
            },
            turn_max)) {
        return Failure{"a worker does not turn"};
    }
    shown->with([this](auto& all) { sockets_ = std::move(all); });
    std::erase_if(sockets_, [](int socket) { return socket < 0; });
    const auto now = std::chrono::floor<std::chrono::seconds>(parts_.clock.now());
    auto sent = channel_.send(
        Kind::welcome, packed(Welcome{.carries = carries_,
                                      .clock = now.time_since_epoch().count(),
                                      .sockets = static_cast<std::uint32_t>(sockets_.size())}));
    for (std::span<const int> rest = sockets_; !rest.empty() && sent.has_value();) {
        const auto some = rest.first(std::min(rest.size(), limits::handover_descriptors_max));
        rest = rest.subspan(some.size());
        sent = channel_.send(Kind::sockets, {}, some);
    }
    if (sent.has_value()) {
        sent = channel_.send(Kind::key,
                             {reinterpret_cast<const char*>(parts_.key.data()), parts_.key.size()});
    }
    return sent.has_value() ? expect(Kind::ready) : sent;
}

/// All passes but the last.
HandingOver::Step HandingOver::carry() {
    if (!carries_) {
        return {};
    }
    for (std::size_t i = 0; i <= parts_.workers.count(); ++i) {
        notes_.emplace_back();
    }
    const auto next = std::make_shared<TrackerPlace>(parts_.farewells);
    next->driver = plugin::TrackerDriverPtr(new handover::StreamDriver(sender_));
    parts_.slot.write_to_next(next, notes_.back());
    is_written_to_ = true;
    if (const Status put = parts_.roster.put_back(*next->driver); !put.ok()) {
        return failure(put);
    }
    const auto left = std::make_shared<std::atomic<std::size_t>>(parts_.workers.count());
    parts_.workers.change_sessions([this, left](std::size_t number, SessionChange& change) {
        change.note_in(notes_[number]);
        --*left;
    });
    while (*left > 0) {
        std::this_thread::sleep_for(look_pause);  // a worker that does not turn is the watchdog's
    }
    return pass();
}

HandingOver::Step HandingOver::pass() {
    std::vector<logic::ChangedSwarms*> notes;
    for (logic::ChangedSwarms& one : notes_) {
        notes.push_back(&one);
    }
    carry_.emplace(*parts_.slot.place()->driver, sender_, std::move(notes), ends_);
    Status status = carry_->first_pass();
    std::size_t before = ~std::size_t{0};
    for (unsigned passes = 1; status.ok() && passes < limits::carry_passes_max; ++passes) {
        const auto began = steady_clock::now();
        status = carry_->next_pass();
        if (status.ok()) {
            status = sender_.flush();
        }
        const std::size_t now = carry_->carried();
        const bool is_quick = steady_clock::now() - began < limits::handover_rest_max / 20;
        if (now <= limits::carry_few || (is_quick && now > before / 2)) {
            break;  // as few as there will be
        }
        before = now;
    }
    return status.ok() ? Step() : failure(status);
}

/// Nothing more is read, and what was asked is answered.
HandingOver::Step HandingOver::rest() {
    rest_began_ = steady_clock::now();
    rests_ = true;
    if (!parts_.workers.with_front_ends(
            [](std::size_t /*number*/, frontend::HttpFrontend& http, frontend::UdpFrontend& udp) {
                http.rest();
                udp.rest();
            },
            turn_max)) {
        return Failure{"a worker does not turn"};
    }
    const auto until = rest_began_ + limits::handover_rest_max;
    while (steady_clock::now() < until) {
        const auto busy = std::make_shared<std::atomic<unsigned>>(0);
        if (!parts_.workers.with_front_ends(
                [busy](std::size_t /*number*/, frontend::HttpFrontend& http,
                       frontend::UdpFrontend& udp) {
                    *busy += http.is_answered() && udp.is_quiet() ? 0 : 1;
                },
                turn_max)) {
            break;
        }
        if (*busy == 0) {
            return {};
        }
        std::this_thread::sleep_for(look_pause);
    }
    return Failure{"what was asked of the driver was not answered in time"};
}

/// The site's books have one writer: from here on that is the other process.
HandingOver::Step HandingOver::free_site() {
    is_site_free_ = true;
    parts_.free_site();
    return channel_.send(Kind::freed, {});
}

HandingOver::Step HandingOver::send_rest() {
    if (!carries_) {
        return {};
    }
    if (!parts_.slot.close(limits::carry_hold_max)) {
        return Failure{"a change of the registry took too long"};
    }
    is_closed_ = true;
    Status status = carry_->next_pass();
    if (status.ok()) {
        status = sender_.flush();
    }
    if (status.ok()) {
        status = parts_.slot.next_status();
    }
    return status.ok() ? Step() : failure(status);
}

std::vector<frontend::OpenConnection> HandingOver::given_up() {
    using GivenUp = Guarded<std::vector<frontend::OpenConnection>>;
    const auto shared = std::make_shared<GivenUp>();
    static_cast<void>(parts_.workers.with_front_ends(
        [shared](std::size_t /*number*/, frontend::HttpFrontend& http,
                 frontend::UdpFrontend& /*udp*/) {
            shared->with([&](auto& all) { http.give_up(all); });
        },
        turn_max));
    std::vector<frontend::OpenConnection> all;
    shared->with([&](auto& given) { all = std::move(given); });
    return all;
}

HandingOver::Step HandingOver::send_connections() {
    connections_ = given_up();
    return app::send_connections(channel_, connections_);
}

HandingOver::Step HandingOver::yield() {
    if (auto sent = channel_.send(Kind::yours, {}); sent.has_error()) {
        return sent;
    }
    if (auto taken = expect(Kind::taken); taken.has_error()) {
        return taken;
    }
    return channel_.send(Kind::go, {});
}

void HandingOver::undo() noexcept {
    static_cast<void>(channel_.send(Kind::refused, "the old tracker goes on"));
    if (is_written_to_) {
        const auto left = std::make_shared<std::atomic<std::size_t>>(parts_.workers.count());
        parts_.workers.change_sessions([left](std::size_t /*number*/, SessionChange& change) {
            change.abandon();
            --*left;
        });
        while (*left > 0) {
            std::this_thread::sleep_for(look_pause);
        }
        const auto kept = parts_.slot.place()->door.open();
        parts_.farewells.expired(kept);
        parts_.slot.forget_next();
    }
    if (is_site_free_) {
        parts_.serve_site();
    }
    if (rests_) {
        const auto all = std::make_shared<std::vector<frontend::OpenConnection>>(
            std::exchange(connections_, {}));
        const std::size_t share = all->size() / parts_.workers.count() + 1;
        static_cast<void>(parts_.workers.with_front_ends(
            [all, share](std::size_t number, frontend::HttpFrontend& http,
                         frontend::UdpFrontend& udp) {
                http.wake();
                udp.wake();
                for (std::size_t i = number * share; i < (number + 1) * share && i < all->size();
                     ++i) {
                    http.take_in(std::move((*all)[i]));
                }
            },
            turn_max));
    }
}

void HandingOver::finish() noexcept {
    const auto until = steady_clock::now() + parts_.config.request_timeout;
    try {
        while (steady_clock::now() < until) {
            const auto open = std::make_shared<std::atomic<unsigned>>(0);
            const bool has_turned = parts_.workers.with_front_ends(
                [open](std::size_t /*number*/, frontend::HttpFrontend& http,
                       frontend::UdpFrontend& /*udp*/) {
                    *open += http.has_connections() ? 1U : 0U;
                },
                turn_max);
            if (*open == 0 || !has_turned) {
                return;
            }
            auto late = given_up();
            const bool is_taken = app::send_connections(channel_, late).has_value();
            close_connections(late);
            if (!is_taken) {
                return;
            }
            std::this_thread::sleep_for(look_pause);
        }
    } catch (const std::exception&) {
        return;  // out of memory: what is left ends with this process
    }
}

}  // namespace chihaya::app
