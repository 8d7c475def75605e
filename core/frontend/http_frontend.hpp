#pragma once

/// @file http_frontend.hpp
/// HTTP on the announce port, for one worker: accepts connections, keeps their deadlines, and
/// closes the oldest idle one when there are too many.

#include "core/frontend/http_connection.hpp"
#include "core/frontend/http_settings.hpp"
#include "core/net/tcp_listener.hpp"
#include "core/net/worker_loop.hpp"

#include <boost/asio/steady_timer.hpp>
#include <boost/intrusive/list.hpp>

#include <memory>
#include <vector>

namespace chihaya::frontend {

/// Thread: the worker's; constructed before its loop runs
class HttpFrontend final : private HttpConnectionOwner {
public:
    /// Lifetime: all outlive the front end; the loop runs no more turns after it
    HttpFrontend(net::WorkerLoop& loop, logic::Tracker& tracker, const logic::Roster& roster,
                 const ColdWork& cold_work, metrics::WorkerCounters& counters,
                 HttpSettings settings);
    ~HttpFrontend();
    HttpFrontend(const HttpFrontend&) = delete;
    HttpFrontend& operator=(const HttpFrontend&) = delete;

    /// Accepts from `socket` as well, which becomes the front end's.
    void listen(net::BoundSocket socket);

    // What changes while it serves: between turns, as it is a task of the loop.

    /// From now on these count, for connections that are open as well.
    void adopt(const HttpSettings& settings, const ColdWork& cold_work) noexcept;

    /// Lets nobody begin there any more, and `resume` lets them again.
    void drain(const net::Place& place) noexcept;
    void resume(const net::Place& place) noexcept;

    /// Accepts what waits there, and listens there no more. Connections stay open.
    void finish(const net::Place& place) noexcept;

    /// Has new connections of every place go to the first so many sockets; see `net::steer`.
    void steer(std::uint32_t sockets) noexcept;

    /// Connections end with their next reply, or do so no more.
    void leave(bool leaves) noexcept { leaving_ = leaves; }
    [[nodiscard]] bool has_connections() const noexcept { return open_ > 0; }

    // A process that takes this one's place goes on with its sockets and connections.

    /// Accepts and reads nothing for now; what was asked is answered. `wake` goes on.
    void rest() noexcept;
    void wake() noexcept;

    /// Those that wait for their clients, while it rests: they are given up here.
    /// Errors: std::bad_alloc; then some are still here, and those in `to` are not
    void give_up(std::vector<OpenConnection>& to);

    /// Goes on with this one; closes it where there is no room.
    void take_in(OpenConnection&& connection) noexcept;

    /// Where it listens. Errors: std::bad_alloc
    void show_sockets(std::vector<net::BoundSocket>& to) const;

    /// Accepts no more, closes idle connections, and ends every other with its next reply. What has
    /// arrived by now is answered.
    void stop() noexcept;

    /// Closes what is left.
    void close_all() noexcept;

    /// Has everything that was asked been answered, though clients may not have taken it all?
    [[nodiscard]] bool is_answered() const noexcept { return answering_.empty(); }

    /// Has everything that was asked been answered and sent?
    [[nodiscard]] bool is_quiet() const noexcept;

private:
    using List =
        boost::intrusive::list<HttpConnection, boost::intrusive::constant_time_size<false>>;

    static void accepted(void* self, int socket, const IpAddress& from) noexcept;
    static bool exhausted(void* self) noexcept;

    [[nodiscard]] const HttpSettings& settings() const noexcept override { return settings_; }
    [[nodiscard]] const logic::Tracker& tracker() const noexcept override { return tracker_; }
    [[nodiscard]] logic::Protection& protection() noexcept override {
        return tracker_.protection();
    }
    [[nodiscard]] metrics::WorkerCounters& counters() noexcept override { return counters_; }
    [[nodiscard]] bool has_control() const noexcept override {
        return cold_work_.control != nullptr;
    }
    [[nodiscard]] net::WorkerLoop& loop() noexcept override { return loop_; }
    [[nodiscard]] std::span<char> read_room() noexcept override {
        return {read_room_.get(), read_room_bytes};
    }
    [[nodiscard]] HttpExchange* borrow_exchange() noexcept override;
    void give_back(HttpExchange& exchange) noexcept override;
    void enter(HttpConnection& connection, Phase phase) noexcept override;
    void closed(HttpConnection& connection) noexcept override;
    [[nodiscard]] bool stopping() const noexcept override { return stopping_; }
    [[nodiscard]] bool resting() const noexcept override { return resting_; }
    [[nodiscard]] bool leaving() const noexcept override { return leaving_ || stopping_; }

    [[nodiscard]] HttpConnection* unused_connection() noexcept;
    [[nodiscard]] bool make_room() noexcept;
    [[nodiscard]] bool evict() noexcept;
    void start_sweeps();
    void measure() noexcept;
    void sweep() noexcept;

    // A kept request head, and what may be pipelined behind it.
    static constexpr std::size_t read_room_bytes =
        limits::request_head_max + std::size_t{64} * 1024;

    net::WorkerLoop& loop_;
    logic::Tracker& tracker_;
    const logic::Roster& roster_;
    ColdWork cold_work_;
    metrics::WorkerCounters& counters_;
    HttpSettings settings_;
    bool stopping_ = false;
    bool leaving_ = false;
    bool resting_ = false;
    std::size_t open_ = 0;

    std::unique_ptr<char[]> read_room_;
    net::StreamWatch watch_;
    std::vector<std::unique_ptr<HttpExchange>> exchanges_;
    std::vector<HttpExchange*> free_exchanges_;  // the last given back is the first lent: warm
    std::vector<std::unique_ptr<HttpConnection>> connections_;
    std::vector<HttpConnection*> free_connections_;

    // Each phase has one time limit, so the order of entering is the order of deadlines.
    List idle_;
    List head_;
    List answering_;
    List writing_;
    List lingering_;

    std::vector<std::unique_ptr<net::TcpListener>> listeners_;
    boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                      boost::asio::wait_traits<std::chrono::steady_clock>,
                                      net::WorkerLoop::Executor>
        sweep_timer_;
};

}  // namespace chihaya::frontend
