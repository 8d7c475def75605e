#pragma once

/// @file http_client.hpp
/// A TCP client that shows byte by byte what a server answers, and a little reading of HTTP.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chihaya::test {

/// One HTTP reply as it came.
struct HttpReply {
    int status = 0;
    std::string head;  // status line and header lines, without the empty line
    std::string body;

    /// The value of the first header of this name, case ignored; nothing when there is none.
    [[nodiscard]] std::optional<std::string> header(std::string_view name) const;
};

/// Does the reply to this request have a body? That to HEAD has none, whatever its length says.
enum class ReplyBody { expected, none };

/// A blocking connection; every wait ends after `patience`, with std::runtime_error.
/// Bytes read past the end of one reply are kept for the next: pipelined replies come one by one.
class TcpClient {
public:
    using Milliseconds = std::chrono::milliseconds;

    explicit TcpClient(std::uint16_t port, const char* host = "127.0.0.1",
                       Milliseconds patience = std::chrono::seconds(10));
    ~TcpClient();
    TcpClient(const TcpClient&) = delete;
    TcpClient& operator=(const TcpClient&) = delete;

    /// Sends all of it. Errors: false when the server has closed the connection
    // NOLINTNEXTLINE(modernize-use-nodiscard): who reads the reply next learns it there
    bool send(std::string_view bytes) const;

    /// Says that nothing more will be sent; replies can still be read.
    void finish_sending() const;

    /// One reply, by its Content-Length or to the end of the connection.
    HttpReply read_reply(ReplyBody body = ReplyBody::expected);

    /// The bytes up to the next `end`, with it.
    std::string read_through(std::string_view end);
    std::string read_exactly(std::size_t size);

    /// Everything up to the end of the connection.
    std::string read_to_end();

    /// Has the server closed the connection, or does it within `patience`? Bytes that come
    /// meanwhile are kept.
    bool ends_within(Milliseconds patience);

    /// For socket options that a test is about.
    [[nodiscard]] int native_handle() const noexcept { return socket_; }

private:
    enum class Read { bytes, end, nothing };
    Read read_some(Milliseconds patience);
    void read_more();

    int socket_ = -1;
    Milliseconds patience_;
    std::string received_;
    bool ended_ = false;
};

/// Connects, sends a GET for `target`, reads the reply, closes.
/// Shape: `headers` are complete lines, each ended by CR LF
HttpReply http_get(std::uint16_t port, std::string_view target, std::string_view headers = "");

}  // namespace chihaya::test
