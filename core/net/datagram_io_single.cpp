#include "core/base/limits.hpp"
#include "core/net/datagram_io.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/udp.hpp>

#include <algorithm>
#include <array>

namespace chihaya::net {
namespace {

using boost::asio::ip::udp;

udp::endpoint endpoint_of(const UdpPath& path) noexcept {
    if (path.client.is_ipv4()) {
        boost::asio::ip::address_v4::bytes_type bytes{};
        std::ranges::copy(path.client.ipv4(), bytes.begin());
        return {boost::asio::ip::address_v4(bytes), path.port};
    }
    return {boost::asio::ip::address_v6(path.client.bytes, path.zone), path.port};
}

UdpPath path_of(const udp::endpoint& from) noexcept {
    UdpPath path;
    path.port = from.port();
    if (from.address().is_v4()) {
        path.client = IpAddress::from_ipv4(from.address().to_v4().to_bytes());
    } else {
        const auto address = from.address().to_v6();
        path.client = IpAddress::from_ipv6(address.to_bytes());
        path.zone = static_cast<std::uint32_t>(address.scope_id());
    }
    return path;
}

class SingleIo final : public DatagramIo {
public:
    explicit SingleIo(udp::socket& socket) : socket_(socket) {}

    std::span<const Datagram> receive() noexcept override {
        std::size_t count = 0;
        boost::system::error_code error;
        for (std::size_t tries = 0; tries < limits::udp_batch; ++tries) {
            udp::endpoint from;
            const std::size_t size =
                socket_.receive_from(boost::asio::buffer(buffers_[count]), from, 0, error);
            if (error == boost::asio::error::would_block) {
                break;
            }
            if (error && error != boost::asio::error::message_size) {
                continue;  // what came back of a reply to a client that is gone
            }
            const bool is_whole = !error && size <= limits::udp_datagram_max;
            datagrams_[count] = {{buffers_[count].data(), is_whole ? size : 0}, path_of(from)};
            ++count;
        }
        return std::span(datagrams_).first(count);
    }

    std::size_t send(std::span<const OutgoingDatagram> datagrams) noexcept override {
        std::size_t dropped = 0;
        for (const OutgoingDatagram& one : datagrams) {
            boost::system::error_code error;
            socket_.send_to(boost::asio::buffer(one.bytes.data(), one.bytes.size()),
                            endpoint_of(*one.path), 0, error);
            dropped += error ? 1U : 0U;
        }
        return dropped;
    }

private:
    udp::socket& socket_;
    std::array<Datagram, limits::udp_batch> datagrams_{};
    // A byte more than is taken: it says that a datagram was too long.
    std::array<std::array<std::uint8_t, limits::udp_datagram_max + 1>, limits::udp_batch>
        buffers_{};
};

}  // namespace

std::unique_ptr<DatagramIo> single_io(boost::asio::ip::udp::socket& socket) {
    return std::make_unique<SingleIo>(socket);
}

}  // namespace chihaya::net
