#include "tests/bench/load/udp_channel.hpp"

#include <arpa/inet.h>
#include <unistd.h>

#include <array>
#include <utility>

namespace chihaya::bench {
namespace {

constexpr std::uint64_t renew_after = 45'000'000'000;
constexpr std::uint64_t ask_again_after = 500'000'000;
constexpr int receive_buffer = 1 << 20;

sockaddr_in loopback(std::uint32_t address, std::uint16_t port) {
    sockaddr_in endpoint{};
    endpoint.sin_family = AF_INET;
    endpoint.sin_port = htons(port);
    endpoint.sin_addr.s_addr = htonl(first_address + address);
    return endpoint;
}

int open(std::uint32_t address, std::uint16_t server_port) {
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return fd;
    ::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    const sockaddr_in from = loopback(address, 0);
    const sockaddr_in to = loopback(0, server_port);
    // NOLINTBEGIN(cppcoreguidelines-pro-type-reinterpret-cast): the socket interface
    if (::bind(fd, reinterpret_cast<const sockaddr*>(&from), sizeof from) == 0 &&
        ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0)
        return fd;
    // NOLINTEND(cppcoreguidelines-pro-type-reinterpret-cast)
    ::close(fd);
    return -1;
}

}  // namespace

UdpChannel::UdpChannel(std::uint32_t address, std::uint16_t server_port)
    : fd_(open(address, server_port)), batch_(request_datagram_max, false) {}

UdpChannel::UdpChannel(UdpChannel&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), batch_(std::move(other.batch_)) {}

UdpChannel::~UdpChannel() {
    if (fd_ >= 0)
        ::close(fd_);
}

void UdpChannel::connect(std::uint64_t now) noexcept {
    if ((connected() && now - connected_at_ < renew_after) || now - asked_at_ < ask_again_after)
        return;
    std::array<char, request_datagram_max> request{};
    asked_at_ = now;
    transaction_ = static_cast<std::uint32_t>(mix(now)) | connect_transaction;
    const std::size_t size = write_connect(request.data(), transaction_);
    // A request that does not go is asked again like one that is lost.
    static_cast<void>(::send(fd_, request.data(), size, 0));
}

bool UdpChannel::take_connection(std::string_view datagram, std::uint64_t now) noexcept {
    const std::uint64_t connection = read_connection(datagram);
    if (connection == 0)
        return false;
    if (load<std::uint32_t>(datagram.data() + 4) == transaction_) {
        connection_ = connection;
        connected_at_ = now;
    }
    return true;
}

void UdpChannel::announce(std::uint32_t transaction, const Asked& asked) noexcept {
    batch_.set_size(count_, write_announce(batch_.bytes(count_), connection_, transaction, asked));
    if (++count_ == DatagramBatch::capacity)
        flush();
}

void UdpChannel::flush() noexcept {
    static_cast<void>(batch_.send(fd_, count_));
    count_ = 0;
}

}  // namespace chihaya::bench
