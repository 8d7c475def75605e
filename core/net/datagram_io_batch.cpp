#include "core/net/datagram_io.hpp"

#if defined(__linux__)

#include "core/base/limits.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <vector>

namespace chihaya::net {
namespace {

constexpr std::size_t batch = limits::udp_batch;

// Not a power of two: the beginnings of all buffers would share a few sets of the cache.
constexpr std::size_t stride = limits::udp_datagram_max + 64;

union Name {
    sockaddr any;
    sockaddr_in in4;
    sockaddr_in6 in6;
};

// Room for a control message of either kind.
struct alignas(cmsghdr) Control {
    std::array<char, CMSG_SPACE(sizeof(in6_pktinfo))> bytes;
};
static_assert(sizeof(in6_pktinfo) >= sizeof(in_pktinfo));

/// The first control message of `type`, or null.
cmsghdr* find_control(msghdr& message, int level, int type) noexcept {
    cmsghdr* control = CMSG_FIRSTHDR(&message);
    while (control != nullptr && (control->cmsg_level != level || control->cmsg_type != type)) {
        control = CMSG_NXTHDR(&message, control);
    }
    return control;
}

template <class Info>
void put_control(msghdr& message, Control& room, int level, int type, const Info& info) noexcept {
    message.msg_control = room.bytes.data();
    message.msg_controllen = CMSG_SPACE(sizeof info);
    cmsghdr* const control = CMSG_FIRSTHDR(&message);
    control->cmsg_level = level;
    control->cmsg_type = type;
    control->cmsg_len = CMSG_LEN(sizeof info);
    std::memcpy(CMSG_DATA(control), &info, sizeof info);
}

class BatchIo final : public DatagramIo {
public:
    explicit BatchIo(const BoundSocket& socket)
        : socket_(socket.socket),
          is_ipv6_(socket.is_ipv6),
          asks_address_(!socket.address),
          buffers_(batch * stride) {
        for (std::size_t i = 0; i < batch; ++i) {
            in_parts_[i] = {buffers_.data() + i * stride, limits::udp_datagram_max};
            msghdr& in = in_[i].msg_hdr;
            in.msg_name = &in_names_[i];
            in.msg_iov = &in_parts_[i];
            in.msg_iovlen = 1;
            in.msg_control = asks_address_ ? in_controls_[i].bytes.data() : nullptr;
            msghdr& out = out_[i].msg_hdr;
            out.msg_name = &out_names_[i];
            out.msg_namelen = is_ipv6_ ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
            out.msg_iov = &out_parts_[i];
            out.msg_iovlen = 1;
        }
    }

    std::span<const Datagram> receive() noexcept override {
        for (std::size_t i = 0; i < used_; ++i) {
            in_[i].msg_hdr.msg_namelen = sizeof(Name);
            in_[i].msg_hdr.msg_controllen = asks_address_ ? sizeof(Control) : 0;
        }
        int count = 0;
        do {
            count = ::recvmmsg(socket_, in_.data(), batch, MSG_DONTWAIT, nullptr);
        } while (count < 0 && errno == EINTR);
        used_ = static_cast<std::size_t>(std::max(count, 0));
        for (std::size_t i = 0; i < used_; ++i) {
            const bool is_whole = (in_[i].msg_hdr.msg_flags & MSG_TRUNC) == 0;
            datagrams_[i].bytes = {buffers_.data() + i * stride, is_whole ? in_[i].msg_len : 0};
            read_path(in_[i].msg_hdr, in_names_[i], datagrams_[i].path);
        }
        return std::span(datagrams_).first(used_);
    }

    std::size_t send(std::span<const OutgoingDatagram> datagrams) noexcept override {
        for (std::size_t i = 0; i < datagrams.size(); ++i) {
            // The system does not write through this pointer; iovec serves both directions.
            // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): for that
            out_parts_[i] = {const_cast<std::uint8_t*>(datagrams[i].bytes.data()),
                             datagrams[i].bytes.size()};
            write_path(*datagrams[i].path, i);
        }
        std::size_t done = 0;
        std::size_t dropped = 0;
        while (done < datagrams.size()) {
            const int sent = ::sendmmsg(socket_, out_.data() + done,
                                        static_cast<unsigned>(datagrams.size() - done),
                                        MSG_DONTWAIT | MSG_NOSIGNAL);
            if (sent > 0) {
                done += static_cast<std::size_t>(sent);
            } else if (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS) {
                return dropped + datagrams.size() - done;
            } else if (errno != EINTR) {
                ++done;  // this one cannot be sent; the next one may
                ++dropped;
            }
        }
        return dropped;
    }

private:
    void read_path(msghdr& message, const Name& name, UdpPath& path) const noexcept {
        if (is_ipv6_) {
            std::array<std::uint8_t, 16> bytes;  // NOLINT(*-member-init): filled here
            std::memcpy(bytes.data(), &name.in6.sin6_addr, bytes.size());
            path.client = IpAddress::from_ipv6(bytes);
            path.port = ntohs(name.in6.sin6_port);
            path.zone = name.in6.sin6_scope_id;
        } else {
            std::array<std::uint8_t, 4> bytes;  // NOLINT(*-member-init): filled here
            std::memcpy(bytes.data(), &name.in4.sin_addr, bytes.size());
            path.client = IpAddress::from_ipv4(bytes);
            path.port = ntohs(name.in4.sin_port);
        }
        if (asks_address_) {
            read_address(message, path);
        }
    }

    void read_address(msghdr& message, UdpPath& path) const noexcept {
        path.ours = {};
        if (is_ipv6_) {
            if (cmsghdr* const control = find_control(message, IPPROTO_IPV6, IPV6_PKTINFO)) {
                std::memcpy(path.ours.bytes.data(), CMSG_DATA(control), path.ours.bytes.size());
            }
        } else if (cmsghdr* const control = find_control(message, IPPROTO_IP, IP_PKTINFO)) {
            in_pktinfo info{};
            std::memcpy(&info, CMSG_DATA(control), sizeof info);
            std::array<std::uint8_t, 4> bytes;  // NOLINT(*-member-init): filled here
            std::memcpy(bytes.data(), &info.ipi_spec_dst, bytes.size());
            path.ours = IpAddress::from_ipv4(bytes);
        }
    }

    void write_path(const UdpPath& path, std::size_t i) noexcept {
        Name& name = out_names_[i];
        if (is_ipv6_) {
            name.in6 = {};
            name.in6.sin6_family = AF_INET6;
            name.in6.sin6_port = htons(path.port);
            name.in6.sin6_scope_id = path.zone;
            std::memcpy(&name.in6.sin6_addr, path.client.bytes.data(), 16);
        } else {
            name.in4 = {};
            name.in4.sin_family = AF_INET;
            name.in4.sin_port = htons(path.port);
            std::memcpy(&name.in4.sin_addr, path.client.ipv4().data(), 4);
        }
        if (asks_address_) {
            write_address(path, i);
        }
    }

    void write_address(const UdpPath& path, std::size_t i) noexcept {
        msghdr& message = out_[i].msg_hdr;
        if (is_ipv6_) {
            in6_pktinfo info{};
            std::memcpy(&info.ipi6_addr, path.ours.bytes.data(), 16);
            info.ipi6_ifindex = path.zone;
            put_control(message, out_controls_[i], IPPROTO_IPV6, IPV6_PKTINFO, info);
        } else {
            in_pktinfo info{};
            std::memcpy(&info.ipi_spec_dst, path.ours.ipv4().data(), 4);
            put_control(message, out_controls_[i], IPPROTO_IP, IP_PKTINFO, info);
        }
    }

    const int socket_;
    const bool is_ipv6_;
    const bool asks_address_;
    std::size_t used_ = batch;  // headers that the last call has written to
    std::vector<std::uint8_t> buffers_;
    std::array<Datagram, batch> datagrams_{};
    std::array<mmsghdr, batch> in_{};
    std::array<iovec, batch> in_parts_{};
    std::array<Name, batch> in_names_{};
    std::array<Control, batch> in_controls_{};
    std::array<mmsghdr, batch> out_{};
    std::array<iovec, batch> out_parts_{};
    std::array<Name, batch> out_names_{};
    std::array<Control, batch> out_controls_{};
};

}  // namespace

std::unique_ptr<DatagramIo> batch_io(const BoundSocket& socket) {
    return std::make_unique<BatchIo>(socket);
}

}  // namespace chihaya::net

#else

namespace chihaya::net {

std::unique_ptr<DatagramIo> batch_io(const BoundSocket& /*socket*/) {
    return nullptr;
}

}  // namespace chihaya::net

#endif
