#pragma once

/// @file udp_frontend.hpp
/// The UDP half of a worker. What has arrived is read in batches, goes to the tracker as one batch
/// at the end of the turn, and the replies leave as one.
///
/// Nothing is remembered about a client, and nothing longer than its request is sent to it before
/// it has proven with a connection id that it receives what is sent to its address.

#include "core/base/limits.hpp"
#include "core/frontend/udp_exchange.hpp"
#include "core/frontend/udp_settings.hpp"
#include "core/logic/tracker.hpp"
#include "core/metrics/counters.hpp"
#include "core/net/udp_socket.hpp"
#include "core/net/worker_loop.hpp"
#include "core/wire/connection_id.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace chihaya::frontend {

/// Thread: a worker's
class UdpFrontend final : public UdpExchangeOwner {
public:
    /// Lifetime: all outlive the front end; it outlives the session that answers its exchanges
    UdpFrontend(net::WorkerLoop& loop, logic::Tracker& tracker, metrics::WorkerCounters& counters,
                const UdpSettings& settings);
    ~UdpFrontend() { close(); }
    UdpFrontend(const UdpFrontend&) = delete;
    UdpFrontend& operator=(const UdpFrontend&) = delete;

    /// Serves requests that come to `socket`, which becomes the front end's.
    void listen(const net::BoundSocket& socket);

    // What changes while it serves: between turns, as it is a task of the loop.

    /// From now on these count. Errors: std::bad_alloc
    void adopt(const UdpSettings& settings);

    /// Takes what waits there now, and then no more requests; closes the socket when its last
    /// answer has left.
    void finish(const net::Place& place) noexcept;

    /// Has new datagrams of every place go to the first so many sockets; see `net::steer`.
    void steer(std::uint32_t sockets) noexcept;

    /// Reads nothing for now; what was asked is answered. `wake` goes on.
    void rest() noexcept { resting_ = true; }
    void wake() noexcept;

    /// Where it listens. Errors: std::bad_alloc
    void show_sockets(std::vector<net::BoundSocket>& to) const;

    /// Sends the replies that this turn has brought. To be called at its end, after the tracker.
    void flush() noexcept;

    /// Takes what waits now, and then no more requests. Answers still go out.
    void stop() noexcept;

    /// Takes no more requests, at once.
    void close() noexcept;

    /// No answer is awaited.
    [[nodiscard]] bool is_quiet() const noexcept { return lent_ == 0; }

private:
    /// A socket, and the replies that leave from it. Exchanges know it by its place in the list, so
    /// one that is closed leaves its room to the next.
    struct Port {
        std::unique_ptr<net::UdpSocket> socket;  // null: closed
        metrics::Family family = metrics::Family::ipv4;
        std::vector<UdpExchange*> outbox;
        std::size_t lent = 0;  // exchanges
        bool is_finished = false;
    };

    [[nodiscard]] Port& free_port();
    void close_finished() noexcept;
    void take_what_waits(std::size_t number, std::size_t batches_max) noexcept;

    void look_again();
    void measure() noexcept;
    static void readable(void* self, net::UdpSocket& socket) noexcept;
    void read_turn(std::size_t number) noexcept;
    bool read(std::size_t number) noexcept;
    void serve(const net::Datagram& datagram, std::size_t number) noexcept;
    [[nodiscard]] bool is_proven(const wire::UdpHead& head, const net::Datagram& datagram,
                                 std::size_t number) noexcept;
    [[nodiscard]] bool is_admitted(const wire::UdpHead& head, const net::Datagram& datagram,
                                   std::size_t number) noexcept;
    [[nodiscard]] bool is_shed(const wire::UdpHead& head, const net::Datagram& datagram,
                               std::size_t number) noexcept;
    [[nodiscard]] bool comes_from_us(const net::UdpPath& path, std::size_t number) const noexcept;
    [[nodiscard]] UdpExchange* borrow(const net::UdpPath& path, std::size_t number,
                                      const wire::UdpHead& head) noexcept;
    void count(metrics::Action action, std::size_t number, metrics::Ending ending) noexcept;
    void replied(UdpExchange& exchange) noexcept override;
    void send_all() noexcept;
    void send(Port& port, std::span<UdpExchange* const> exchanges) noexcept;

    net::WorkerLoop& loop_;
    logic::Tracker& tracker_;
    metrics::WorkerCounters& counters_;
    wire::ChangingIds ids_;
    net::UdpTransfer transfer_;
    std::vector<Port> ports_;

    std::vector<std::unique_ptr<UdpExchange>> exchanges_;
    std::vector<UdpExchange*> free_;  // the last given back is the first lent: warm
    std::size_t lent_ = 0;
    bool resting_ = false;
    bool unsent_ = false;  // some outbox has something
    bool rewait_ = false;  // some socket has been read
    bool looks_ = false;   // the timer runs
    bool closes_ = false;  // some socket is finished

    boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                      boost::asio::wait_traits<std::chrono::steady_clock>,
                                      net::WorkerLoop::Executor>
        look_timer_;
    std::shared_ptr<bool> takes_requests_;  // the pending timer finds out here that it is over

    std::chrono::sys_seconds now_{};  // the system's time: nodes have it in common
    std::chrono::sys_seconds bad_id_second_{};
    std::uint32_t bad_id_errors_ = 0;  // in that second
};

}  // namespace chihaya::frontend
