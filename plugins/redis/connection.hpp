#pragma once

/// @file connection.hpp
/// One connection to one server: made, kept, and made anew.

#include "chihaya/host.hpp"
#include "plugins/redis/address.hpp"
#include "plugins/redis/backoff.hpp"
#include "plugins/redis/pipeline.hpp"
#include "plugins/redis/reply_reader.hpp"
#include "plugins/redis/transport.hpp"
#include "plugins/redis/trouble.hpp"
#include "plugins/redis/wiring.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace chihaya::redis {

class Connection;

/// Hears from its connections, on the Host's thread. It may not destroy one from inside.
class ConnectionOwner {
public:
    /// Commands are taken now.
    virtual void connected(Connection& connection) noexcept = 0;

    /// It is lost, or an attempt failed; everything that waited has heard of it. True: the
    /// connection tries the same endpoint again after a pause, for ever.
    [[nodiscard]] virtual bool lost(Connection& connection) noexcept = 0;

    /// Sends `request` to where `error` (MOVED or ASK) says.
    /// Errors: not ok when that cannot be: the command then fails of it
    virtual Status redirect(Connection& connection, const Request& request, Trouble trouble,
                            std::string_view error) noexcept = 0;

    /// A command failed of `trouble`.
    virtual void heard(Connection& connection, Trouble trouble) noexcept = 0;

protected:
    ~ConnectionOwner() = default;
};

/// Thread: the Host's
class Connection {
public:
    /// A command is sent again that often.
    static constexpr std::uint8_t tries_max = 5;
    /// A connection that lived so long was a good one.
    static constexpr std::chrono::milliseconds good_life{5000};

    /// Lifetime: all three outlive the connection
    /// Errors:   std::bad_alloc
    Connection(Wiring& wiring, const Greeting& greeting, ConnectionOwner& owner);
    /// What waits fails.
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Begins to connect, in place of whatever it did. Until the first attempt has ended, commands
    /// are taken and wait for it. So it is again when a good connection is cut: it is made anew at
    /// once; but after silence there is a pause, and no command waits.
    void open(const Endpoint& endpoint) noexcept;

    /// Ends it; what waits fails. Never from inside `answered` or `failed`.
    void close() noexcept;

    /// Gives the connection up soon, and makes it anew where the owner wants it.
    void restart(std::string_view why) noexcept;

    [[nodiscard]] bool is_ready() const noexcept { return state_ == State::ready && !doomed_; }
    [[nodiscard]] bool is_idle() const noexcept { return pipeline_.empty(); }
    [[nodiscard]] const Endpoint& endpoint() const noexcept { return endpoint_; }
    /// Why it was lost last.
    [[nodiscard]] const std::string& why() const noexcept { return why_; }
    /// Logs nothing from now on: the owner does.
    void be_quiet() noexcept { is_quiet_ = true; }

    /// Queues a command; `asking` says ASKING before it.
    /// Errors: `unavailable` when it is not taken: nobody hears of it then
    Status send(const Request& request, bool asking = false) noexcept;

    /// Writes what is queued. Nobody hears anything from inside.
    void flush() noexcept;

private:
    enum class State : std::uint8_t { closed, resolving, opening, greeting, ready, waiting };

    // connection_setup.cpp
    void begin() noexcept;
    void resolved() noexcept;
    void connect_next(std::string_view fault) noexcept;
    void proceed(Transport::Progress progress) noexcept;
    void greet() noexcept;
    void take_greeting(const Reply& reply) noexcept;
    void become_ready() noexcept;
    void deadline_passed() noexcept;
    void doom(std::string_view why) noexcept;
    void lose() noexcept;
    void drop_socket() noexcept;
    void fail_waiting(Status status) noexcept;

    // connection.cpp
    void socket_ready(Readiness now) noexcept;
    void read() noexcept;
    void take(const Reply& reply) noexcept;
    void take_trouble(Trouble trouble, const Reply& reply) noexcept;
    Status try_again(const Request& request, Trouble trouble, const Reply& reply) noexcept;
    Status load_and_resend(const Request& request) noexcept;
    void look_at_time() noexcept;
    void want(Readiness interest) noexcept;
    [[nodiscard]] std::uint32_t now() const noexcept;

    Wiring& wiring_;
    const Greeting& greeting_;
    ConnectionOwner& owner_;
    Endpoint endpoint_;
    State state_ = State::closed;
    bool first_attempt_ = false;
    bool doomed_ = false;  // lose() is posted
    std::string why_;      // it is doomed, or was lost last

    Resolver resolver_;
    std::vector<Address> addresses_;  // to try, the next one last
    std::string faults_;              // of those tried
    Transport transport_;
    WatchId watch_ = WatchId::none;
    Readiness interest_ = Readiness::none;
    std::size_t greeting_sent_ = 0;
    std::size_t greeted_ = 0;  // replies

    ReplyReader reader_;
    Pipeline pipeline_;
    std::string scratch_;  // a command while it changes its place
    std::size_t loads_under_way_ = 0;

    TimerId deadline_ = TimerId::none;  // of an attempt, or until the next one
    TimerId watchdog_ = TimerId::none;  // runs while anything waits
    Backoff backoff_{std::chrono::milliseconds(5000)};
    Time ready_since_{};
    bool was_silent_ = false;  // that is why it is doomed, or was lost last
    bool is_quiet_ = false;
    bool was_logged_ = false;  // that it is away
};

}  // namespace chihaya::redis
