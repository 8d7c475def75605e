#pragma once

/// @file transport.hpp
/// The bytes of one connection: TCP, a unix socket, or TLS over TCP.

#include "chihaya/host.hpp"
#include "plugins/redis/address.hpp"
#include "plugins/redis/tls.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace chihaya::redis {

/// A non-blocking socket. After a failure `fault` says why, and only `close` helps.
class Transport {
public:
    enum class Progress { done, pending, failed };
    struct Io {
        Progress progress = Progress::pending;
        std::size_t bytes = 0;  // when done: one at least
    };

    Transport() = default;
    ~Transport() { close(); }
    Transport(const Transport&) = delete;
    Transport& operator=(const Transport&) = delete;

    /// Begins to connect; with `tls`, to a server that proves to be `host`.
    /// Lifetime: `tls` outlives the connection
    [[nodiscard]] Progress open(const Address& address, ssl_ctx_st* tls, const std::string& host);

    /// Goes on connecting, whenever the socket is ready for `wanted`.
    [[nodiscard]] Progress proceed();

    [[nodiscard]] Io read(std::span<char> into);
    [[nodiscard]] Io write(std::string_view bytes);

    [[nodiscard]] bool is_encrypted() const noexcept { return channel_ != nullptr; }
    /// Is there more to read that the socket's readiness does not tell of?
    [[nodiscard]] bool has_buffered() const noexcept;

    /// What `proceed` waits for.
    [[nodiscard]] Readiness wanted() const noexcept { return wanted_; }
    [[nodiscard]] int socket() const noexcept { return socket_; }
    [[nodiscard]] const std::string& fault() const noexcept { return fault_; }

    void close() noexcept;

private:
    [[nodiscard]] Progress fail(int error);
    [[nodiscard]] Progress proceed_with_tls();
    [[nodiscard]] Io tls_result(int result);

    int socket_ = -1;
    bool connected_ = false;
    TlsChannel channel_;
    Readiness wanted_ = Readiness::writable;
    std::string fault_;
};

}  // namespace chihaya::redis
