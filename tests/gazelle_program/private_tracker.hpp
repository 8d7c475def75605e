#pragma once

/// @file private_tracker.hpp
/// The tracker of a site: the real executable, asked as clients, the site and operators ask it.

#include "tests/gazelle_program/control_call.hpp"
#include "tests/gazelle_program/site.hpp"
#include "tests/wire_http/tracker.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace chihaya::test {

/// How a tracker differs from the usual one of these tests.
struct TrackerChoices {
    std::string members{};               // of the configuration's JSON object
    std::string params{};                // likewise of `backend.params`
    std::string site_url{};              // where it ends tokens; empty: nowhere
    std::optional<std::string> state{};  // its state_dir; otherwise one of its own
    std::string memory{};  // members of `tracker.params`, where swarms are kept in its memory
    bool has_site = true;  // false: whose database is away, it need not serve at once
};

/// One announce of a user's client. What is not said is that of a leecher of torrent 100 that has
/// just begun.
struct UserAnnounce {
    std::uint32_t user = 10;
    std::uint32_t torrent = 100;
    std::string_view peer_id = peer_a;
    std::uint64_t up = 0;
    std::uint64_t down = 0;
    std::uint64_t left = 1'000;
    std::string event{};
    std::uint32_t port = 6881;
    std::string more{};     // further parameters, each with its '&'
    std::string headers{};  // complete lines
    std::string from{};     // whom a trusted proxy names as the client; empty: nobody
};

/// Path and query.
[[nodiscard]] std::string target(const UserAnnounce& announce);

/// One worker, announces every 30 minutes without jitter, a flush every 200 ms; the site is not
/// read again by itself. A proxy on 127.0.0.1 may say who its client is (X-Forwarded-For).
class PrivateTracker {
public:
    /// Returns when it serves, if its site is there.
    /// Errors: std::runtime_error when it does not
    explicit PrivateTracker(const Site& site, const TrackerChoices& choices = {});

    [[nodiscard]] ChihayaProcess& process() noexcept { return process_; }
    [[nodiscard]] std::uint16_t port() const noexcept { return process_.http_port(); }
    [[nodiscard]] std::string log() const { return process_.log(); }

    /// A GET, whatever it is.
    [[nodiscard]] HttpReply get(const std::string& target, const std::string& headers = "");
    [[nodiscard]] HttpReply ask(const UserAnnounce& announce);

    /// The reply to this announce, which must be a success.
    // NOLINTNEXTLINE(modernize-use-nodiscard): many announce for what is written
    bencode::Value announce(const UserAnnounce& announce);
    /// The reason why it was refused, as it must be.
    [[nodiscard]] std::string refused(const UserAnnounce& announce);
    /// What a scrape by this user says; zeros when it leaves the torrent out.
    [[nodiscard]] Counts scraped(std::uint32_t torrent, std::uint32_t user = 10);
    [[nodiscard]] bool serves();
    void wait_until_it_serves();

    /// Waits until everything that was answered so far is in the database.
    void wait_flushed();
    /// A reply that somebody else has read: what it tells the site is waited for, too. Thread: any
    void count(const HttpReply& reply);

    /// A call of the site, in its dialect's way: "action=…" and "get=…"
    // NOLINTNEXTLINE(modernize-use-nodiscard): many call for what it does
    ControlAnswer update(const std::string& query) const;
    [[nodiscard]] ControlAnswer report(const std::string& query) const;

    /// A management call and its reply.
    // NOLINTNEXTLINE(modernize-use-nodiscard): many call for what it does
    HttpReply manage(const std::string& method, const std::string& path) const;
    /// Bytes of its memory that are in use.
    [[nodiscard]] std::size_t resident() const;
    /// A number of the backend driver's, as /stats shows it. Errors: std::runtime_error without it
    [[nodiscard]] std::uint64_t number(const std::string& name) const;

private:
    Gazelle dialect_;
    ChihayaProcess process_;
    std::atomic<std::uint64_t> recorded_{0};  // announces that the site is told of
};

}  // namespace chihaya::test
