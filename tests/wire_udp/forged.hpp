#pragma once

/// @file forged.hpp
/// Datagrams whose source address is a lie: what only root can send.

#include <cstdint>
#include <string>
#include <string_view>

namespace chihaya::test {

/// An IPv4 address and a port.
struct Endpoint {
    std::string address = "127.0.0.1";
    std::uint16_t port = 0;
};

/// Sends datagrams that claim to come from anywhere.
class Forger {
public:
    Forger();
    ~Forger();
    Forger(const Forger&) = delete;
    Forger& operator=(const Forger&) = delete;

    /// May this process do it? Says so on the console when not: the test then proves nothing.
    [[nodiscard]] bool may() const;

    void send(const Endpoint& from, const Endpoint& to, std::string_view datagram) const;

private:
    int socket_ = -1;
};

}  // namespace chihaya::test
