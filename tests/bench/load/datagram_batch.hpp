#pragma once

/// @file datagram_batch.hpp
/// Datagrams that are received or sent by one system call.

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstddef>
#include <string_view>
#include <vector>

namespace chihaya::bench {

class DatagramBatch {
public:
    static constexpr std::size_t capacity = 64;

    /// Shape: each datagram has so much room; `addressed` keeps where each came from or goes to
    DatagramBatch(std::size_t room, bool addressed)
        : room_(room),
          bytes_(capacity * room),
          parts_(capacity),
          headers_(capacity),
          addresses_(addressed ? capacity : 0) {
        for (std::size_t i = 0; i < capacity; ++i) {
            parts_[i] = {bytes(i), room};
            headers_[i].msg_hdr.msg_iov = &parts_[i];
            headers_[i].msg_hdr.msg_iovlen = 1;
            if (addressed)
                headers_[i].msg_hdr.msg_name = &addresses_[i];
        }
    }
    ~DatagramBatch() = default;
    DatagramBatch(const DatagramBatch&) = delete;
    DatagramBatch& operator=(const DatagramBatch&) = delete;
    DatagramBatch(DatagramBatch&&) = default;
    DatagramBatch& operator=(DatagramBatch&&) = default;

    [[nodiscard]] char* bytes(std::size_t i) noexcept { return bytes_.data() + i * room_; }
    [[nodiscard]] sockaddr_in& address(std::size_t i) noexcept { return addresses_[i]; }
    [[nodiscard]] msghdr& header(std::size_t i) noexcept { return headers_[i].msg_hdr; }

    /// How long datagram `i` is when it is sent.
    void set_size(std::size_t i, std::size_t size) noexcept { parts_[i].iov_len = size; }

    /// What the last `receive` put there.
    [[nodiscard]] std::string_view datagram(std::size_t i) const noexcept {
        return {bytes_.data() + i * room_, headers_[i].msg_len};
    }

    /// Returns how many have come.
    [[nodiscard]] std::size_t receive(int fd, int flags) noexcept {
        for (std::size_t i = 0; i < capacity; ++i) {
            parts_[i].iov_len = room_;
            headers_[i].msg_hdr.msg_namelen = addresses_.empty() ? 0 : sizeof(sockaddr_in);
        }
        const int got = ::recvmmsg(fd, headers_.data(), capacity, flags, nullptr);
        return got < 0 ? 0 : static_cast<std::size_t>(got);
    }

    /// Sends the first `count`; returns how many have gone.
    [[nodiscard]] std::size_t send(int fd, std::size_t count) noexcept {
        std::size_t sent = 0;
        while (sent < count) {
            const int gone =
                ::sendmmsg(fd, &headers_[sent], static_cast<unsigned>(count - sent), 0);
            if (gone <= 0)
                break;
            sent += static_cast<std::size_t>(gone);
        }
        return sent;
    }

private:
    std::size_t room_;
    std::vector<char> bytes_;
    std::vector<iovec> parts_;
    std::vector<mmsghdr> headers_;
    std::vector<sockaddr_in> addresses_;
};

}  // namespace chihaya::bench
