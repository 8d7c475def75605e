#pragma once

/// @file tls.hpp
/// What all TLS connections have in common.

#include "plugins/redis/parameters.hpp"

#include <memory>
#include <string>

struct ssl_ctx_st;
struct ssl_st;

namespace chihaya::redis {

struct FreeTls {
    void operator()(ssl_ctx_st* context) const noexcept;
    void operator()(ssl_st* channel) const noexcept;
};
using TlsContext = std::unique_ptr<ssl_ctx_st, FreeTls>;
using TlsChannel = std::unique_ptr<ssl_st, FreeTls>;

/// Reads the certificates that the parameters name.
/// Errors: nothing, and `fault` says which file is wrong and why
[[nodiscard]] TlsContext make_tls_context(const Parameters& parameters, std::string& fault);

/// A client's end on `socket`, which shall turn out to be `host`.
/// Errors: nothing
[[nodiscard]] TlsChannel make_tls_channel(ssl_ctx_st& context, int socket,
                                          const std::string& host) noexcept;

/// Why the last call about `channel` failed; its error queue is emptied.
[[nodiscard]] std::string tls_fault(const ssl_st& channel);

}  // namespace chihaya::redis
