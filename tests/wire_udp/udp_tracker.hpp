#pragma once

/// @file udp_tracker.hpp
/// A running tracker, asked over UDP and, where a test needs both, over HTTP.

#include "tests/support/udp_client.hpp"
#include "tests/wire_http/tracker.hpp"
#include "tests/wire_udp/packets.hpp"

#include <cstdint>
#include <string>

namespace chihaya::test {

/// The tracker of the HTTP tests with UDP on a port of 127.0.0.1.
///
/// It receives and sends in batches, or one datagram at a time when the environment has
/// CHIHAYA_TEST_UDP_BATCHED=false: all these tests must hold both ways.
class UdpTracker : public Tracker {
public:
    /// `members`: more of the configuration; `udp`: more of its section `udp`. Members of a JSON
    /// object both.
    explicit UdpTracker(const std::string& members = "", const std::string& udp = "");

    /// The reply to this announce of a client on 127.0.0.1 with an id of its own.
    /// Errors: std::runtime_error when it is none, or not this request's
    // NOLINTNEXTLINE(modernize-use-nodiscard): many announce for what it does to the swarm
    UdpAnswer announce_udp(const UdpAnnounce& announce) const;

    /// The peers it hands out, in compact form.
    [[nodiscard]] std::set<std::string> handed_udp(const UdpAnnounce& announce) const;

    /// The error that such an announce is refused with.
    [[nodiscard]] std::string refused_udp(const UdpAnnounce& announce) const;

    /// A number of /stats.
    [[nodiscard]] std::int64_t number(const std::string& name) const;

    /// Waits until that number is at least `least`. Errors: std::runtime_error when it stays below
    void wait_for(const std::string& name, std::int64_t least) const;

    /// A management call and its reply.
    // NOLINTNEXTLINE(modernize-use-nodiscard): many call for what it does
    HttpReply manage(const std::string& method, const std::string& path,
                     const std::string& body = "") const;

    /// Does a connect get the answer it should, and an announce into an empty swarm too, to the
    /// byte? To be repeated after hostile input. Swarm A must be empty, and is so again afterwards.
    [[nodiscard]] bool serves_udp_as_ever() const;
};

/// The first request of the conformance list, and an announce with the reply it must get when its
/// swarm is empty.
[[nodiscard]] std::string first_connect();
[[nodiscard]] std::string sample_announce(std::string_view id);
[[nodiscard]] std::string sample_answer();

}  // namespace chihaya::test
