#pragma once

/// @file tcp_stream.hpp
/// One accepted TCP connection: non-blocking reads and writes, and waiting for the next of them.
///
/// The watch hears of the socket only when somebody waits for it. A client that sends its request
/// with the handshake's end and wants one answer is served without that: two system calls less for
/// most connections a tracker sees.

#include "core/net/stream_watch.hpp"

#include <cstddef>
#include <span>

namespace chihaya::net {

/// How a read or write ended.
enum class Transfer : unsigned char {
    done,         // `count` bytes; a read of 0 is the end of the stream
    would_block,  // nothing now; wait
    broken,       // reset, or another error: close
};

/// Thread: the loop's
/// Lifetime: the watch outlives it. It is not destroyed while the watch calls somebody
class TcpStream final {
public:
    /// Called when the socket is ready. It may not be after all: what is tried then would block.
    using Ready = void (*)(void* subject) noexcept;

    TcpStream(StreamWatch& watch, void* subject, Ready readable, Ready writable) noexcept
        : watch_(watch), subject_(subject), readable_(readable), writable_(writable) {}
    ~TcpStream();
    TcpStream(const TcpStream&) = delete;
    TcpStream& operator=(const TcpStream&) = delete;

    /// Takes over an accepted, non-blocking socket.
    void open(int socket) noexcept;

    [[nodiscard]] Transfer read(std::span<char> into, std::size_t& count) noexcept;

    /// With `end_follows` the caller closes or ends its side next, as soon as all has been taken:
    /// the last bytes and the end then leave in one packet.
    [[nodiscard]] Transfer write(std::span<const char> bytes, std::size_t& count,
                                 bool end_follows = false) noexcept;

    /// `readable` or `writable` is called once, in a later turn. To read ends the wait for it.
    /// Errors: false when the watch will not take the socket: close
    [[nodiscard]] bool wait_readable() noexcept;
    [[nodiscard]] bool wait_writable() noexcept;

    /// Ends what we send; the client sees the end of the stream.
    void finish_writing() noexcept;

    /// Closes at once. Who waits is not called any more.
    void close() noexcept;

    /// Gives the socket up without closing it. Who waits is not called any more.
    [[nodiscard]] int release() noexcept;

    /// What the watch has seen.
    struct Notice {
        bool readable = false;
        bool writable = false;
        bool over = false;  // the client has ended its side, or there is an error to be read
    };
    void notice(Notice seen) noexcept;

private:
    [[nodiscard]] bool ask() noexcept;

    StreamWatch& watch_;
    void* subject_;
    Ready readable_;
    Ready writable_;
    int socket_ = -1;
    bool is_watched_ = false;
    bool awaits_read_ = false;
    bool awaits_write_ = false;
    // The watch tells of news only. Is there something to read that is none?
    bool may_be_readable_ = false;
    bool is_over_ = false;
    bool holds_back_ = false;  // the last bytes, for the end
};

}  // namespace chihaya::net
