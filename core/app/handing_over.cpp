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

Failure failure(const Status& status) {
    return {status.reason};
}

std::uint64_t milliseconds_since(steady_clock::time_point began) {
    return static_cast<std::uint64_t>(
        std::chrono::duration_cast<milliseconds>(steady_clock::now() - began).count());
}

/// Closed with it, unless they are taken: a worker may come late.
struct Shown {
    Shown() = default;
    ~Shown() {
        for (const int socket : sockets) {
            ::close(socket);
        }
    }
    Shown(const Shown&) = delete;
    Shown& operator=(const Shown&) = delete;

    std::vector<int> sockets;
};

}  // namespace

HandingOver::HandingOver(Parts parts, handover::Channel& channel)
    : parts_(std::move(parts)), channel_(channel), sender_(channel) {
    channel_.watch(parts_.ends);
}

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
         {&HandingOver::greet, &HandingOver::begin, &HandingOver::send_sockets, &HandingOver::carry,
          &HandingOver::quieten_site, &HandingOver::rest, &HandingOver::free_site,
          &HandingOver::send_rest, &HandingOver::send_connections, &HandingOver::yield}) {
        Step done = (this->*step)();
        if (done.has_value() && parts_.ends) {
            done = Failure{"this tracker is to stop"};
        }
        if (done.has_error()) {
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
    return {};
}

/// The other one is there: nothing changes meanwhile.
HandingOver::Step HandingOver::begin() {
    parts_.end_reloads();
    has_begun_ = true;
    const config::Driver& own = parts_.config.tracker;
    carries_ = !(other_.shares_swarms && other_.driver == own.name && other_.params == own.params);
    return {};
}

HandingOver::Step HandingOver::send_sockets() {
    const auto shown = std::make_shared<Guarded<Shown>>();
    const bool all_have = parts_.workers.with_front_ends(
        [shown](std::size_t /*number*/, frontend::HttpFrontend& http, frontend::UdpFrontend& udp) {
            std::vector<net::BoundSocket> bound;
            http.show_sockets(bound);
            udp.show_sockets(bound);
            shown->with([&](Shown& all) {
                for (const net::BoundSocket& socket : bound) {
                    all.sockets.push_back(::fcntl(socket.socket, F_DUPFD_CLOEXEC, 0));
                }
            });
        },
        limits::worker_turn_max);
    if (!all_have) {
        return Failure{"a worker does not turn"};
    }
    shown->with([this](Shown& all) { sockets_ = std::exchange(all.sockets, {}); });
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
    notes_ = std::make_shared<std::deque<logic::ChangedSwarms>>(parts_.workers.count() + 1);
    next_ = std::make_shared<TrackerPlace>(parts_.farewells);
    next_->driver = plugin::TrackerDriverPtr(new handover::StreamDriver(sender_));
    parts_.slot.write_to_next(next_, notes_->back());
    is_written_to_ = true;
    if (const Status put = parts_.roster.put_back(*next_->driver); !put.ok()) {
        return failure(put);
    }
    if (!parts_.workers.change_sessions(
            [notes = notes_](std::size_t number, SessionChange& change) {
                change.note_in((*notes)[number]);
            },
            limits::worker_turn_max)) {
        return Failure{"a worker does not turn"};
    }
    return pass();
}

HandingOver::Step HandingOver::pass() {
    std::vector<logic::ChangedSwarms*> notes;
    for (logic::ChangedSwarms& one : *notes_) {
        notes.push_back(&one);
    }
    carry_.emplace(*parts_.slot.place()->driver, sender_, std::move(notes), parts_.ends);
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

/// What may take long is done while everybody announces.
HandingOver::Step HandingOver::quieten_site() {
    is_site_quiet_ = true;
    parts_.quieten_site();
    return {};
}

/// Nothing more is read, and what was asked is answered.
HandingOver::Step HandingOver::rest() {
    rest_began_ = steady_clock::now();
    channel_.wait_until(rest_began_ + limits::handover_gap_max);
    rests_ = true;
    if (!parts_.workers.with_front_ends(
            [](std::size_t /*number*/, frontend::HttpFrontend& http, frontend::UdpFrontend& udp) {
                http.rest();
                udp.rest();
            },
            limits::worker_turn_max)) {
        return Failure{"a worker does not turn"};
    }
    return wait_for_answers();
}

HandingOver::Step HandingOver::wait_for_answers() {
    const auto until = rest_began_ + limits::handover_rest_max;
    while (steady_clock::now() < until) {
        const auto busy = std::make_shared<std::atomic<unsigned>>(0);
        if (!parts_.workers.with_front_ends(
                [busy](std::size_t /*number*/, frontend::HttpFrontend& http,
                       frontend::UdpFrontend& udp) {
                    *busy += http.is_answered() && udp.is_quiet() ? 0 : 1;
                },
                limits::worker_turn_max)) {
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
    parts_.slot.place()->door.keep_back();  // nobody records who falls silent now
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
    Status status = carry_->next_pass();
    if (status.ok()) {
        status = send_erased_users();
    }
    if (status.ok()) {
        status = sender_.flush();
    }
    if (status.ok()) {
        status = parts_.slot.next_status();
    }
    return status.ok() ? Step() : failure(status);
}

/// Some of their peers may have been carried after they were erased. What others have changed in a
/// registry that is shared, nobody has told the other process.
Status HandingOver::send_erased_users() {
    auto users = parts_.slot.take_erased_users();
    const auto others = parts_.slot.place()->feed.take();
    users.insert(users.end(), others.users.begin(), others.users.end());
    std::erase_if(users, [&](UserId user) { return parts_.roster.user(user).has_value(); });
    Status status;
    if (!users.empty()) {
        status = next_->driver->erase_users(users);
    }
    if (status.ok() && others.any) {
        status = parts_.roster.put_back(*next_->driver);
    }
    return status;
}

HandingOver::Step HandingOver::send_connections() {
    if (!take_given_up(connections_)) {
        return Failure{"a worker does not turn"};
    }
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

}  // namespace chihaya::app
