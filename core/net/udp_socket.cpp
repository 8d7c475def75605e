#include "core/net/udp_socket.hpp"

#include <sys/socket.h>

#if defined(__linux__)
#include <linux/sock_diag.h>
#endif

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <utility>

namespace chihaya::net {
namespace {

// What a small datagram takes of the receive buffer, at least: some drivers of network cards take
// more, and then fewer wait than it seems.
constexpr std::uint64_t datagram_memory = 768;

void widen_receive_buffer(int socket, std::uint32_t bytes) noexcept {
    const int wanted =
        static_cast<int>(std::min<std::uint32_t>(bytes, std::numeric_limits<int>::max()));
    set_option(socket, SOL_SOCKET, SO_RCVBUF, wanted);  // as far as net.core.rmem_max lets it
#if defined(SO_RCVBUFFORCE)
    set_option(socket, SOL_SOCKET, SO_RCVBUFFORCE, wanted);  // further, where that is allowed
#endif
}

/// What waits in a socket, and what it has dropped.
struct ReceiveBuffer {
    std::uint32_t used = 0;  // bytes
    std::uint32_t size = 0;
    std::uint32_t drops = 0;
};

std::optional<ReceiveBuffer> receive_buffer_of([[maybe_unused]] int socket) noexcept {
#if defined(SO_MEMINFO)
    std::array<std::uint32_t, SK_MEMINFO_VARS> memory{};
    socklen_t size = sizeof memory;
    if (::getsockopt(socket, SOL_SOCKET, SO_MEMINFO, memory.data(), &size) == 0) {
        return ReceiveBuffer{.used = memory[SK_MEMINFO_RMEM_ALLOC],
                             .size = memory[SK_MEMINFO_RCVBUF],
                             .drops = memory[SK_MEMINFO_DROPS]};
    }
#endif
    return std::nullopt;
}

boost::asio::ip::udp protocol_of(const BoundSocket& bound) noexcept {
    return bound.is_ipv6 ? boost::asio::ip::udp::v6() : boost::asio::ip::udp::v4();
}

}  // namespace

UdpSocket::UdpSocket(WorkerLoop& loop, const BoundSocket& bound, const UdpTransfer& transfer,
                     void* subject, Readable readable)
    : bound_(bound),
      socket_(loop.context(), protocol_of(bound), bound.socket),
      subject_(subject),
      readable_(readable),
      wait_(std::make_shared<Wait>()) {
    socket_.non_blocking(true);
    adopt(transfer);
    drops_ = receive_buffer_of(bound_.socket).value_or(ReceiveBuffer{}).drops;
}

void UdpSocket::adopt(const UdpTransfer& transfer) {
    if (transfer.receive_buffer != 0) {
        widen_receive_buffer(bound_.socket, transfer.receive_buffer);
    }
    if (io_ != nullptr && is_batched_ == transfer.batched) {
        return;
    }
    io_ = transfer.batched ? batch_io(bound_) : nullptr;
    if (io_ == nullptr) {
        io_ = single_io(socket_);
    }
    is_batched_ = transfer.batched;
}

std::chrono::milliseconds UdpSocket::lag() noexcept {
    using std::chrono::milliseconds;
    const auto buffer = receive_buffer_of(bound_.socket);
    if (!buffer) {
        return milliseconds(0);
    }
    const auto now = std::chrono::steady_clock::now();
    const auto passed =
        std::chrono::duration_cast<milliseconds>(now - std::exchange(looked_at_, now));
    const std::uint64_t read = std::exchange(read_, 0);
    const bool dropped = buffer->drops != std::exchange(drops_, buffer->drops);
    const bool is_full = dropped && buffer->used >= buffer->size / 2;
    if (std::exchange(was_full_, is_full) && is_full) {
        return milliseconds::max();
    }
    const std::uint64_t waiting = buffer->used / datagram_memory;
    return read == 0 ? milliseconds(0)
                     : milliseconds(static_cast<std::uint64_t>(passed.count()) * waiting / read);
}

UdpSocket::~UdpSocket() {
    finish();
}

void UdpSocket::finish() noexcept {
    wait_->is_wanted = false;
    boost::system::error_code ignored;
    socket_.cancel(ignored);
}

void UdpSocket::wait() noexcept {
    if (waits_ || !wait_->is_wanted) {
        return;
    }
    waits_ = true;
    // Does not throw: what Asio needs has its place in `memory`.
    socket_.async_wait(
        boost::asio::socket_base::wait_read,
        MemoryHandler(wait_->memory, [this, wait = wait_](boost::system::error_code error) {
            if (!error && wait->is_wanted) {
                waits_ = false;
                readable_(subject_, *this);
            }
        }));
}

}  // namespace chihaya::net
