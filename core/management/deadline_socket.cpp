#include "core/management/deadline_socket.hpp"

#include "core/base/limits.hpp"

#include <Poco/Exception.h>

#include <algorithm>

namespace chihaya::management {
namespace {

using namespace std::chrono_literals;

/// How long a stop can go unnoticed.
constexpr std::chrono::milliseconds look_up_time = 100ms;

Poco::Timespan timespan(std::chrono::microseconds duration) {
    return {static_cast<Poco::Timespan::TimeDiff>(duration.count())};
}

}  // namespace

DeadlineSocket::DeadlineSocket(const Poco::Net::StreamSocket& plain, Moment deadline,
                               const std::atomic<bool>& stopping)
    : StreamSocketImpl(plain.impl()->sockfd()),
      plain_(plain),
      deadline_(deadline),
      stopping_(stopping) {
    StreamSocketImpl::setBlocking(false);
    setNoDelay(true);  // replies leave in pieces of some KiB, and nothing follows them
}

DeadlineSocket::~DeadlineSocket() {
    reset();  // the descriptor is not ours to close twice
}

void DeadlineSocket::close() {
    plain_.close();
    reset();
}

void DeadlineSocket::begin_piece() noexcept {
    deadline_ = std::min(std::chrono::steady_clock::now() + limits::bulk_piece_time,
                         started_ + limits::bulk_time);
}

int DeadlineSocket::receiveBytes(void* buffer, int length, int flags) {
    int received = -1;
    while (received < 0) {
        await(SELECT_READ);
        received = StreamSocketImpl::receiveBytes(buffer, length, flags);
    }
    return received;
}

int DeadlineSocket::sendBytes(const void* buffer, int length, int flags) {
    const char* const bytes = static_cast<const char*>(buffer);
    int sent = 0;
    while (sent < length) {
        await(SELECT_WRITE);
        // NOLINTNEXTLINE(bugprone-parent-virtual-call): the next class waits in a loop of its own
        sent += std::max(0, SocketImpl::sendBytes(bytes + sent, length - sent, flags));
    }
    return sent;
}

bool DeadlineSocket::poll(const Poco::Timespan& timeout, int mode) {
    const Moment until =
        std::min(deadline_, std::chrono::steady_clock::now() +
                                std::chrono::microseconds(timeout.totalMicroseconds()));
    for (;;) {
        const auto left = until - std::chrono::steady_clock::now();
        const bool given_up = stopping_.load() && (mode == SELECT_READ || stop_ends_writes_);
        if (left <= 0s || given_up) {
            return false;
        }
        const auto slice = std::min<std::chrono::nanoseconds>(left, look_up_time);
        if (StreamSocketImpl::poll(timespan(std::chrono::ceil<std::chrono::microseconds>(slice)),
                                   mode)) {
            return true;
        }
    }
}

void DeadlineSocket::await(int mode) {
    if (!poll(timespan(1h), mode)) {
        throw Poco::TimeoutException("the connection's time is over");
    }
}

}  // namespace chihaya::management
