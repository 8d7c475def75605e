#pragma once

/// @file tracker.hpp
/// A running tracker, asked as clients ask it, and its answers taken apart.

#include "tests/support/bencode.hpp"
#include "tests/support/chihaya_process.hpp"
#include "tests/support/http_client.hpp"
#include "tests/wire_http/announce.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>

namespace chihaya::test {

/// The numbers of one swarm, as a scrape or an announce says them.
struct Counts {
    std::int64_t complete = 0;
    std::int64_t downloaded = 0;
    std::int64_t incomplete = 0;
    friend bool operator==(const Counts&, const Counts&) = default;
};

/// Of an announce's reply, or of one swarm in a scrape's.
[[nodiscard]] Counts counts(const bencode::Value& numbers);

/// Its peers of both families, each in compact form. Errors: std::runtime_error when one is there
/// twice, or what is there is no list of peers
[[nodiscard]] std::set<std::string> peers(const bencode::Value& reply);

/// The body of a reply to an announce or a scrape.
/// Errors: std::runtime_error when it is not 200 with canonical bencode in the form of a success:
/// sorted keys, nothing behind it, an interval, a list of peers
[[nodiscard]] bencode::Value success(const HttpReply& reply);

/// The reason of a refusal.
/// Errors: std::runtime_error when the reply is not 200 with a dictionary that has a reason and
/// none of a success's keys
[[nodiscard]] std::string refusal(const HttpReply& reply);

/// The real executable with one worker, intervals without jitter, and a proxy on 127.0.0.1 that may
/// say who its client is (X-Forwarded-For).
class Tracker {
public:
    /// `members`: more of the configuration, as members of its JSON object.
    explicit Tracker(const std::string& members = "");

    [[nodiscard]] std::uint16_t port() const noexcept { return process_.http_port(); }
    [[nodiscard]] std::uint16_t udp_port() const noexcept { return process_.udp_port(); }
    [[nodiscard]] std::uint16_t management_port() const noexcept {
        return process_.management_port();
    }
    [[nodiscard]] pid_t pid() const noexcept { return process_.pid(); }
    [[nodiscard]] std::string log() const { return process_.log(); }

    /// Sends `bytes` over a connection of their own; the first reply to them.
    [[nodiscard]] HttpReply send(std::string_view bytes) const;

    /// The reply to this announce, which must be a success.
    // NOLINTNEXTLINE(modernize-use-nodiscard): many announce for what it does to the swarm
    bencode::Value announce(const Announce& announce) const;

    /// Many announces over one connection, all of which must succeed: those of `first`, and of as
    /// many other clients on the ports that follow its own.
    void announce_many(Announce first, std::uint32_t count) const;

    /// The body of a scrape for one hash.
    [[nodiscard]] bencode::Value scrape(std::string_view info_hash) const;

    /// What a scrape says about it; zeros when it leaves the swarm out.
    [[nodiscard]] Counts scraped(std::string_view info_hash) const;

    /// Does an announce into an empty swarm get the answer it should, to the byte? The first
    /// statement of the conformance list, to be repeated after hostile input. Swarm A must be
    /// empty, and is so again afterwards.
    [[nodiscard]] bool serves_as_ever() const;

private:
    ChihayaProcess process_;
};

/// The request of the first statement, and the body it must be answered with.
[[nodiscard]] std::string first_request();
[[nodiscard]] std::string first_body();

}  // namespace chihaya::test
