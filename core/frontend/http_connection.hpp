#pragma once

/// @file http_connection.hpp
/// One client's TCP connection: requests in, replies out, in order.
///
/// What arrives is read into a buffer that all connections of a worker share; only what is left of
/// it, an incomplete request or one that has to wait, is kept here. A connection is always in one
/// phase, and in each but one a deadline runs.

#include "core/base/ip_address.hpp"
#include "core/frontend/http_exchange.hpp"
#include "core/frontend/http_output.hpp"
#include "core/frontend/http_settings.hpp"
#include "core/net/tcp_stream.hpp"

#include <boost/intrusive/list.hpp>

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace chihaya::frontend {

class HttpConnection;

/// What a connection is waiting for.
enum class Phase : std::uint8_t {
    closed,
    idle,       // the first byte of a request
    head,       // the rest of it
    answering,  // the tracker; it keeps its own time
    writing,    // the client, to take the reply
    lingering,  // the client, to stop sending after it was refused
};

/// A connection between two requests, or in the middle of one, outside of any front end.
/// Lifetime: whoever has it closes its socket
struct OpenConnection {
    int socket = -1;
    IpAddress from;
    std::uint32_t requests = 0;   // so many it has made
    std::uint64_t body_left = 0;  // bytes of a body that nobody wants
    std::string kept;             // what it has sent and nobody has answered
};

/// What a connection needs of its front end.
class HttpConnectionOwner : public HttpExchangePool {
public:
    [[nodiscard]] virtual const HttpSettings& settings() const noexcept = 0;
    [[nodiscard]] virtual const logic::Tracker& tracker() const noexcept = 0;
    [[nodiscard]] virtual logic::Protection& protection() noexcept = 0;
    [[nodiscard]] virtual metrics::WorkerCounters& counters() noexcept = 0;
    [[nodiscard]] virtual net::WorkerLoop& loop() noexcept = 0;

    /// Is there somebody who performs the site's calls?
    [[nodiscard]] virtual bool has_control() const noexcept = 0;

    /// Room to read into, for the time of one call.
    [[nodiscard]] virtual std::span<char> read_room() noexcept = 0;

    /// Null when out of memory.
    [[nodiscard]] virtual HttpExchange* borrow_exchange() noexcept = 0;

    /// Starts the deadline of `phase` for `connection`, in place of any other.
    virtual void enter(HttpConnection& connection, Phase phase) noexcept = 0;

    /// A connection has closed, and may be opened again in a later turn.
    virtual void closed(HttpConnection& connection) noexcept = 0;

    /// Are connections to end with their next reply?
    [[nodiscard]] virtual bool leaving() const noexcept = 0;

    /// Is nothing more to be read for now? What arrives waits in the kernel.
    [[nodiscard]] virtual bool resting() const noexcept = 0;

    /// Likewise, and with the one that is on its way.
    [[nodiscard]] virtual bool stopping() const noexcept = 0;

protected:
    ~HttpConnectionOwner() = default;
};

/// Thread: a worker's
class HttpConnection final : public boost::intrusive::list_base_hook<
                                 boost::intrusive::link_mode<boost::intrusive::auto_unlink>>,
                             private HttpExchangeOwner {
public:
    /// Lifetime: watch and owner outlive the connection
    HttpConnection(net::StreamWatch& watch, HttpConnectionOwner& owner);
    ~HttpConnection();
    HttpConnection(const HttpConnection&) = delete;
    HttpConnection& operator=(const HttpConnection&) = delete;

    /// Serves a newly accepted socket; tries to read at once.
    void open(int socket, const IpAddress& from) noexcept;

    /// Closes at once, whatever is going on.
    void close() noexcept;

    /// Goes on with one that was given up elsewhere: serves what it has sent, and reads on.
    void resume(OpenConnection&& connection) noexcept;

    /// Of one that waits for its client: gives it up. It is closed here, its socket is not.
    [[nodiscard]] OpenConnection give_up() noexcept;

    /// After a rest: what has arrived meanwhile is read.
    void wake() noexcept;

    /// Of an idle connection: answers what has arrived meanwhile, or closes.
    void end() noexcept;

    [[nodiscard]] Phase phase() const noexcept { return phase_; }
    [[nodiscard]] metrics::Family family() const noexcept { return family_; }

    /// When the present phase ends. Kept by the front end.
    std::chrono::sys_time<std::chrono::milliseconds> deadline{};

private:
    static void readable(void* self) noexcept;
    static void writable(void* self) noexcept;
    void replied() noexcept override;

    void begin(int socket, const IpAddress& from) noexcept;
    void read_more() noexcept;
    void serve(std::string_view input) noexcept;
    [[nodiscard]] bool serve_one(const wire::HttpRequest& request) noexcept;
    [[nodiscard]] bool serve_other_path(const wire::HttpRequest& request,
                                        HttpExchange::Form form) noexcept;
    [[nodiscard]] std::string_view discard_body(std::string_view input) noexcept;
    void refuse(std::uint16_t status) noexcept;
    [[nodiscard]] IpAddress source_of(const wire::HttpRequest& request) const noexcept;
    [[nodiscard]] bool borrow() noexcept;
    void keep(std::string_view input) noexcept;
    void flush() noexcept;
    [[nodiscard]] bool send_replies() noexcept;
    void sent_all() noexcept;
    void write_more() noexcept;
    void linger() noexcept;
    void enter(Phase phase) noexcept;
    void count(metrics::Ending ending) noexcept;
    [[nodiscard]] metrics::Count& transmitted() noexcept;

    HttpConnectionOwner& owner_;
    net::TcpStream stream_;
    IpAddress from_;
    metrics::Family family_ = metrics::Family::ipv4;  // of `from_`
    Phase phase_ = Phase::closed;
    bool close_after_reply_ = false;
    bool client_goes_on_ = false;  // it does not expect that we close
    bool refused_ = false;         // what else arrives is dropped unread
    std::uint32_t requests_ = 0;
    std::uint32_t rounds_ = 0;   // of serving what was kept
    std::size_t seen_ = 0;       // of `kept_`: known to be incomplete
    std::size_t body_left_ = 0;  // of a request's body that nobody wants
    std::size_t lingered_ = 0;
    HttpExchange* exchange_ = nullptr;
    std::string kept_;   // input not served yet
    HttpOutput output_;  // nothing but in `Phase::writing`
};

}  // namespace chihaya::frontend
