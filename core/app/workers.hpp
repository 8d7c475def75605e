#pragma once

/// @file workers.hpp
/// All workers of the process, and where they listen: what of both changes while they serve.

#include "core/app/listeners.hpp"
#include "core/app/supervisor.hpp"
#include "core/app/worker.hpp"
#include "core/base/guarded.hpp"
#include "core/metrics/popularity.hpp"
#include "core/metrics/snapshot.hpp"
#include "core/net/given_sockets.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace chihaya::app {

/// How many workers, and where they listen.
struct Posts {
    std::uint32_t workers = 0;
    std::vector<net::Place> http;
    std::vector<net::Place> udp;
};

/// Thread: one at a time, where nothing else is said
class Workers {
public:
    using Moment = std::chrono::steady_clock::time_point;
    using ShowCounters = std::function<void(const metrics::WorkerCounters&)>;

    /// `on_counters` is shown the counters of each worker before it starts.
    /// Lifetime: `shared` outlives the workers; the counters live as long as they
    Workers(const Shared& shared, ShowCounters on_counters)
        : shared_(shared), on_counters_(std::move(on_counters)) {}

    /// The kernel's choice for a place with port 0.
    struct Chosen {
        net::Transport transport{};
        net::Place place;
        std::uint16_t port = 0;
    };

    /// What has been bound for a change that has not been made.
    struct Prepared {
        struct OfWorker {
            Sockets http;
            Sockets udp;
        };
        Posts posts;
        std::vector<Chosen> chosen;
        std::vector<OfWorker> sockets;  // by the worker's number
    };

    /// Sockets that somebody has bound for this process, before the first `prepare`. Where there
    /// are fewer of them than workers they are shared, where there are more a worker has several;
    /// they are kept, for workers that come later and for addresses that come back.
    void use(net::GivenSockets given) noexcept { given_ = std::move(given); }

    /// Where those are bound that are for no place. They are closed.
    [[nodiscard]] std::vector<std::string> drop_unused();

    /// Binds what is not served yet. Nothing has changed so far, and nothing does if the result is
    /// thrown away, but that what was given for a place has been taken.
    /// Errors: the first place that cannot be bound
    [[nodiscard]] Result<Prepared> prepare(Posts posts);

    /// From now on the workers go by these settings and listen there, and as many as that. Those
    /// that are too many, and places that are given up, serve to the end what has begun: `tend`.
    /// Errors: false when a new worker cannot begin (the log says why); there are fewer then
    /// Those that are new rest, when `rests`, until their front ends are woken.
    [[nodiscard]] bool adopt(std::shared_ptr<const WorkerSettings> settings, Prepared prepared,
                             bool rests = false);

    /// Ends what has come to its end by now.
    /// Returns: when there may be something to end next; empty when there is nothing left
    [[nodiscard]] std::optional<Moment> tend(Moment now);

    /// Accepts no more, and waits until everything asked has been answered, for `patience` at most.
    void stop(std::chrono::milliseconds patience) noexcept;

    /// Has `work` done with the front ends of each on its thread, and waits for that.
    /// Errors: false when one of them has not come to it within `patience`; it may, later
    /// Thread: any
    using FrontEndWork = std::function<void(std::size_t number, frontend::HttpFrontend& http,
                                            frontend::UdpFrontend& udp)>;
    [[nodiscard]] bool with_front_ends(const FrontEndWork& work,
                                       std::chrono::milliseconds patience);

    /// Shows how each is asked for a sign of life. Thread: any
    void show_pulses(const std::function<void(const Pulse&)>& each);

    /// Runs `work` for each worker that serves, in the order of their numbers.
    void for_each(const std::function<void(Worker&)>& work);

    /// Has each that serves do its part in a change of the tracker driver, some time later; the
    /// number is the worker's among them.
    void change_sessions(
        const std::function<void(std::size_t number, SessionChange& change)>& part);
    /// The same, and waits for that.
    /// Errors: false when one of them has not come to it within `patience`; it may, later
    [[nodiscard]] bool change_sessions(
        const std::function<void(std::size_t number, SessionChange& change)>& part,
        std::chrono::milliseconds patience);
    /// How many serve. Thread: any
    [[nodiscard]] std::size_t count();

    /// Those of all together. Thread: any
    [[nodiscard]] metrics::Snapshot counters();

    /// The programs, and the swarms, that announce most. Thread: any, once they are made
    [[nodiscard]] metrics::PopularityTotals popular_clients();
    [[nodiscard]] metrics::PopularityTotals popular_swarms();

private:
    struct Member {
        std::unique_ptr<Worker> worker;
        std::vector<net::Place> http;  // where it has sockets
        std::vector<net::Place> udp;
        bool leaves = false;
    };
    struct Draining {
        net::Place place;
        Moment until;
    };
    struct Counting {
        std::vector<std::unique_ptr<metrics::WorkerCounters>> of_worker;  // by its number
        std::uint64_t workers = 0;                                        // that serve
    };

    struct Wanted {
        std::uint16_t port = 0;
        bool first = false;
    };

    [[nodiscard]] Result<void> bind(net::Transport transport, const net::Place& place,
                                    Prepared& prepared);
    [[nodiscard]] Result<net::BoundSocket> bind_one(net::Transport transport,
                                                    const net::Place& place, std::uint32_t number,
                                                    Wanted wanted) const;
    [[nodiscard]] bool listens(std::uint32_t number, net::Transport transport,
                               const net::Place& place) const;
    void tell(net::Transport transport, const net::BoundSocket& bound, bool was_given) const;
    void forget_given();
    [[nodiscard]] static Result<void> share_out(const std::vector<net::BoundSocket>& given,
                                                net::Transport transport, Prepared& prepared);
    [[nodiscard]] bool is_served(net::Transport transport, const net::Place& place) const;
    [[nodiscard]] std::uint16_t port_of(net::Transport transport, const net::Place& place) const;
    [[nodiscard]] bool begin(std::uint32_t number, WorkerChange first);
    [[nodiscard]] metrics::WorkerCounters& counters_of(std::uint32_t number);
    void finish_drained(Moment now);
    void end_those_who_left(Moment now);
    void steer(std::uint32_t sockets);
    [[nodiscard]] bool somebody_leaves() const noexcept;

    std::mutex changing_;  // held while members come and go, against who is on another thread
    const Shared& shared_;
    const ShowCounters on_counters_;
    net::GivenSockets given_;
    std::shared_ptr<const WorkerSettings> settings_;
    Posts posts_;
    std::vector<Member> members_;  // by number; those from `posts_.workers` on leave
    std::vector<Chosen> chosen_;
    std::vector<Draining> closing_;  // over UDP: a socket may be there until its answers have left
    std::vector<Draining> draining_;
    Moment leave_at_{};  // when those who leave stop listening
    bool is_steered_ = false;
    Guarded<Counting> counting_;
};

}  // namespace chihaya::app
