#pragma once

/// @file udp_exchange.hpp
/// One request of the UDP protocol between its arrival and its reply: the tracker's view of it, and
/// the reply's bytes, into which the driver writes the peers itself.

#include "core/base/limits.hpp"
#include "core/logic/announcement.hpp"
#include "core/logic/tracker.hpp"
#include "core/net/datagram_io.hpp"
#include "core/wire/udp_request.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace chihaya::frontend {

class UdpExchange;

/// Who has lent an exchange to a request.
class UdpExchangeOwner {
public:
    /// Its reply can be sent.
    virtual void replied(UdpExchange& exchange) noexcept = 0;

protected:
    ~UdpExchangeOwner() = default;
};

/// Thread: a worker's
class UdpExchange final {
public:
    /// Lifetime: both outlive the exchange
    UdpExchange(logic::Tracker& tracker, UdpExchangeOwner& owner)
        : tracker_(tracker), owner_(owner) {
        announce_.kind.front_end = metrics::FrontEnd::udp;
        scrape_.kind.front_end = metrics::FrontEnd::udp;
    }
    ~UdpExchange() = default;
    UdpExchange(const UdpExchange&) = delete;
    UdpExchange& operator=(const UdpExchange&) = delete;

    /// A new request, which came to the socket with this number.
    void begin(const net::UdpPath& path, std::size_t socket, metrics::Family family,
               std::uint32_t transaction) noexcept;

    // Each of these ends in `replied`: at once, or when the tracker has answered.

    void connect(std::uint64_t connection_id) noexcept;
    void announce(wire::UdpBytes request) noexcept;
    void scrape(wire::UdpBytes request) noexcept;
    void refuse(std::string_view text) noexcept;
    /// An answer to an announce, without anybody in it.
    void come_back(std::uint32_t interval) noexcept;

    [[nodiscard]] std::size_t socket() const noexcept { return socket_; }
    /// Lifetime: of the exchange, until it is lent again
    [[nodiscard]] net::OutgoingDatagram reply() const noexcept {
        return {std::span(bytes_).first(size_), &path_};
    }

private:
    struct Announce final : logic::Announcement {
        explicit Announce(UdpExchange& owner) : exchange(owner) {}
        void answered() noexcept override { exchange.announce_answered(); }
        UdpExchange& exchange;
    };
    struct Scrape final : logic::ScrapeInquiry {
        explicit Scrape(UdpExchange& owner) : exchange(owner) {}
        void answered() noexcept override { exchange.scrape_answered(); }
        UdpExchange& exchange;
    };

    void fill(const wire::UdpAnnounce& packet) noexcept;
    void announce_answered() noexcept;
    void scrape_answered() noexcept;
    void finish(std::size_t size) noexcept;

    logic::Tracker& tracker_;
    UdpExchangeOwner& owner_;
    net::UdpPath path_{};
    std::size_t socket_ = 0;
    std::uint32_t transaction_ = 0;
    std::uint32_t size_ = 0;
    Announce announce_{*this};
    std::array<std::uint8_t, limits::udp_reply_max> bytes_{};
    Scrape scrape_{*this};
};

}  // namespace chihaya::frontend
