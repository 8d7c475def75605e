#pragma once

/// @file deadline_socket.hpp
/// A connection that is over at a fixed moment, however its other end behaves. Timeouts of single
/// reads and writes do not give that: a byte a second satisfies them for ever.

#include <Poco/Net/StreamSocket.h>
#include <Poco/Net/StreamSocketImpl.h>

#include <atomic>
#include <chrono>

namespace chihaya::management {

/// Reads and writes wait until `deadline`, then throw Poco::TimeoutException. While `stopping` is
/// set, reads throw at once, and writes go on: who has asked gets an answer, unless it is a long
/// one.
///
/// Lifetime: `stopping` outlives the socket, which Poco counts references to
class DeadlineSocket final : public Poco::Net::StreamSocketImpl {
public:
    using Moment = std::chrono::steady_clock::time_point;

    DeadlineSocket(const Poco::Net::StreamSocket& plain, Moment deadline,
                   const std::atomic<bool>& stopping);
    DeadlineSocket(const DeadlineSocket&) = delete;
    DeadlineSocket& operator=(const DeadlineSocket&) = delete;

    /// Thread: the connection's
    void set_deadline(Moment deadline) noexcept { deadline_ = deadline; }

    /// For what is long but goes on: the deadline is limits::bulk_piece_time from now, and no later
    /// than limits::bulk_time after the connection began.
    void begin_piece() noexcept;

    /// From now on writes, too, throw while `stopping` is set.
    void end_writes_at_stop() noexcept { stop_ends_writes_ = true; }

    int receiveBytes(void* buffer, int length, int flags) override;
    int sendBytes(const void* buffer, int length, int flags) override;
    bool poll(const Poco::Timespan& timeout, int mode) override;
    void close() override;

    // The forms that nobody here uses stay visible.
    using StreamSocketImpl::receiveBytes;
    using StreamSocketImpl::sendBytes;

protected:
    ~DeadlineSocket() override;

private:
    void await(int mode);

    Poco::Net::StreamSocket plain_;  // owns the descriptor
    Moment started_ = std::chrono::steady_clock::now();
    Moment deadline_;
    bool stop_ends_writes_ = false;
    const std::atomic<bool>& stopping_;
};

}  // namespace chihaya::management
