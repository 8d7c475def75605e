#pragma once

/// @file service_manager.hpp
/// A test in the place of systemd: it binds sockets for the tracker, and listens to what it says.

#include "tests/support/temp_dir.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace chihaya::test {

/// Where a tracker says how it is.
class NotifySocket {
public:
    NotifySocket();
    ~NotifySocket();
    NotifySocket(const NotifySocket&) = delete;
    NotifySocket& operator=(const NotifySocket&) = delete;

    [[nodiscard]] std::string path() const { return dir_ / "notify"; }

    /// The next message; nothing when none comes within `patience`.
    [[nodiscard]] std::optional<std::string> next(std::chrono::milliseconds patience) const;

    /// Sends itself messages until no more fit.
    void fill() const;

    /// Reads until a message has `words` in it. Returns: that one
    /// Errors: std::runtime_error when none comes within `patience`
    [[nodiscard]] std::string expect(const std::string& words, std::chrono::milliseconds patience =
                                                                   std::chrono::seconds(20)) const;

private:
    TempDir dir_;
    int socket_ = -1;
};

/// A TCP socket that listens and a UDP socket, on one port of 127.0.0.1, held open here.
class PassedSockets {
public:
    PassedSockets();
    ~PassedSockets();
    PassedSockets(const PassedSockets&) = delete;
    PassedSockets& operator=(const PassedSockets&) = delete;

    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }
    [[nodiscard]] std::vector<int> all() const { return {tcp_, udp_}; }

private:
    int tcp_ = -1;
    int udp_ = -1;
    std::uint16_t port_ = 0;
};

}  // namespace chihaya::test
