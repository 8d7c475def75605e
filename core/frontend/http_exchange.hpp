#pragma once

/// @file http_exchange.hpp
/// One announce, scrape or control call of one connection between its request and its reply: the
/// room for peers, the tracker's view of it, and the reply's bytes. Connections borrow one while
/// they have something to say, so that an idle connection costs next to nothing.

#include "core/base/limits.hpp"
#include "core/frontend/cold_work.hpp"
#include "core/logic/announcement.hpp"
#include "core/logic/tracker.hpp"
#include "core/wire/announce_query.hpp"
#include "core/wire/byte_writer.hpp"
#include "core/wire/http_request.hpp"
#include "core/wire/http_response.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace chihaya::frontend {

class HttpExchange;

/// Who borrows an exchange.
class HttpExchangeOwner {
public:
    /// The reply has been appended to `replies()`.
    virtual void replied() noexcept = 0;

protected:
    ~HttpExchangeOwner() = default;
};

/// Gets back an exchange whose owner went away before the answer came.
class HttpExchangePool {
public:
    virtual void give_back(HttpExchange& exchange) noexcept = 0;

protected:
    ~HttpExchangePool() = default;
};

/// Thread: a worker's
class HttpExchange final : private ControlCaller {
public:
    /// Lifetime: all outlive the exchange
    HttpExchange(logic::Tracker& tracker, const logic::Roster& roster, const ColdWork& cold_work,
                 HttpExchangePool& pool)
        : tracker_(tracker), roster_(roster), cold_work_(cold_work), pool_(pool) {}
    ~HttpExchange() = default;
    HttpExchange(const HttpExchange&) = delete;
    HttpExchange& operator=(const HttpExchange&) = delete;

    /// A new owner, and nothing to send yet.
    void begin(HttpExchangeOwner& owner) noexcept;

    /// The owner is gone. True: free at once. False: an answer is awaited; the pool is told then.
    [[nodiscard]] bool abandon() noexcept;

    /// Replies so far, in order; sent in one piece.
    [[nodiscard]] wire::ByteWriter& replies() noexcept { return replies_; }

    /// What follows the replies: a body too large for them. The next request waits until it is
    /// sent.
    [[nodiscard]] std::shared_ptr<const std::string> take_attachment() noexcept {
        return std::move(attachment_);
    }
    [[nodiscard]] bool has_attachment() const noexcept { return attachment_ != nullptr; }

    /// How a reply goes out.
    struct Form {
        std::uint8_t minor_version = 1;
        bool keep_alive = false;
    };

    /// Serves an announce. True: the reply is there. False: `replied` will be called.
    [[nodiscard]] bool announce(const wire::HttpRequest& request, std::string_view passkey,
                                const IpAddress& source, Form form) noexcept;

    /// Serves a scrape, likewise.
    [[nodiscard]] bool scrape(const wire::HttpRequest& request, std::string_view passkey,
                              const IpAddress& source, Form form) noexcept;

    /// Has a call of the site performed, likewise. Nothing can follow the reply: its end is the
    /// end of the stream. `home` is the worker's loop. To be called where there is a desk only.
    [[nodiscard]] bool control(const wire::HttpRequest& request, const IpAddress& source, Form form,
                               net::WorkerLoop& home) noexcept;

    /// A reply that is nothing but a failure.
    void refuse(const logic::Refusal& refusal, Form form) noexcept;

    /// A reply that is nothing but its status.
    void status(std::uint16_t status, Form form, bool with_body) noexcept;

private:
    struct Announce final : logic::Announcement {
        explicit Announce(HttpExchange& owner) : exchange(owner) {}
        void answered() noexcept override { exchange.announce_answered(); }
        HttpExchange& exchange;
    };
    struct Scrape final : logic::ScrapeInquiry {
        explicit Scrape(HttpExchange& owner) : exchange(owner) {}
        void answered() noexcept override { exchange.scrape_answered(); }
        HttpExchange& exchange;
    };

    void scrape_all(std::string_view passkey) noexcept;
    void refuse_scrape(const logic::Refusal& refusal) noexcept;
    [[nodiscard]] logic::Refusal malformed(wire::AnnounceError error, std::string_view passkey,
                                           std::span<char, wire::reason_max> room) noexcept;
    void fill(const wire::AnnounceQuery& query, const IpAddress& source) noexcept;
    void announce_answered() noexcept;
    void scrape_answered() noexcept;
    void control_answered(ControlCall& call) noexcept override;
    void write_announce() noexcept;
    void write_scrape() noexcept;
    void write_control(ControlCall& call) noexcept;
    void write_refusal(const logic::Refusal& refusal) noexcept;
    void finish() noexcept;

    logic::Tracker& tracker_;
    const logic::Roster& roster_;
    const ColdWork& cold_work_;
    HttpExchangePool& pool_;
    HttpExchangeOwner* owner_ = nullptr;
    bool awaited_ = false;  // the tracker has it, or the desk
    Form form_;
    metrics::RequestKind control_kind_{.action = metrics::Action::control};
    std::chrono::steady_clock::time_point control_began_{};
    std::shared_ptr<const std::string> attachment_;

    // Of the announce.
    bool compact_ = true;
    std::uint32_t num_want_ = 0;
    IpAddress source_;
    wire::ByteWriter replies_{{}};

    // A usual announce touches this much and no more: what it needs lies side by side, because the
    // exchanges of one turn do not fit into the nearest cache.
    Announce announce_{*this};
    std::array<std::uint8_t, limits::num_want_ceiling * sizeof(Ipv4Endpoint)> ipv4_{};
    // Twice the largest reply: what is in it is sent before another one might not fit.
    std::array<char, 2 * limits::reply_max> reply_bytes_{};

    std::array<std::uint8_t, limits::num_want_ceiling * sizeof(Ipv6Endpoint)> ipv6_{};
    std::array<PeerId, limits::num_want_ceiling> ipv4_ids_{};
    std::array<PeerId, limits::num_want_ceiling> ipv6_ids_{};
    Scrape scrape_{*this};
};

}  // namespace chihaya::frontend
