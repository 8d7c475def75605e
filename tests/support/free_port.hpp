#pragma once

#include <cstdint>

namespace chihaya::test {

/// A TCP port of 127.0.0.1 that nobody else is given while this lives. A server under test can
/// still listen on it, because both set SO_REUSEADDR and this one never listens.
///
/// UDP has nothing like it, but the UDP port of this number was free as well, and whoever asks here
/// is not given it either.
class FreePort {
public:
    FreePort();
    ~FreePort();
    FreePort(const FreePort&) = delete;
    FreePort& operator=(const FreePort&) = delete;

    [[nodiscard]] std::uint16_t number() const noexcept { return number_; }

private:
    int socket_ = -1;
    std::uint16_t number_ = 0;
};

/// Has this machine no IPv6 loopback address? Then says so, in the words by which the test counts
/// as skipped.
[[nodiscard]] bool lacks_ipv6();

}  // namespace chihaya::test
