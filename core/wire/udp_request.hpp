#pragma once

/// @file udp_request.hpp
/// Requests of the UDP tracker protocol, read where they lie. All numbers are big-endian.
///
/// Source: BEP 15; BEP 41 for what follows an announce

#include "chihaya/types.hpp"
#include "core/wire/big_endian.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace chihaya::wire {

using UdpBytes = std::span<const std::uint8_t>;

enum class UdpAction : std::uint32_t { connect = 0, announce = 1, scrape = 2, error = 3 };

/// What every request begins with.
/// Shape: connection id (8), action (4), transaction id (4)
struct UdpHead {
    static constexpr std::size_t size = 16;

    std::uint64_t connection_id = 0;  // a connect request has `udp_protocol_id` here
    UdpAction action = UdpAction::error;
    std::uint32_t transaction = 0;  // copied into the reply
};

/// Errors: none when `datagram` is no request: shorter than a head, an action that clients do not
///         send, a connect request without the protocol id. Such a datagram gets no answer: it may
///         be another tracker's reply, and answering it could go on for ever.
[[nodiscard]] std::optional<UdpHead> read_udp_head(UdpBytes datagram) noexcept;

/// An announce request.
/// Lifetime: of the bytes
class UdpAnnounce {
public:
    static constexpr std::size_t size_min = 98;

    /// `datagram` has at least `size_min` bytes.
    explicit UdpAnnounce(UdpBytes datagram) noexcept : bytes_(datagram) {}

    [[nodiscard]] InfoHash info_hash() const noexcept { return copy<InfoHash>(16); }
    [[nodiscard]] PeerId peer_id() const noexcept { return copy<PeerId>(36); }
    [[nodiscard]] std::uint64_t downloaded() const noexcept { return at<std::uint64_t>(56); }
    [[nodiscard]] std::uint64_t left() const noexcept { return at<std::uint64_t>(64); }
    [[nodiscard]] std::uint64_t uploaded() const noexcept { return at<std::uint64_t>(72); }

    /// A number that is no event is none. Offset 84, the client's own idea of its address, is
    /// ignored: it would let anybody put a victim into a swarm.
    [[nodiscard]] Event event() const noexcept {
        const auto number = at<std::uint32_t>(80);
        return number <= static_cast<std::uint32_t>(Event::paused) ? static_cast<Event>(number)
                                                                   : Event::none;
    }
    [[nodiscard]] std::uint32_t key() const noexcept { return at<std::uint32_t>(88); }

    /// None when the client leaves the number to the tracker (-1, or any negative number).
    [[nodiscard]] std::optional<std::uint32_t> num_want() const noexcept {
        const auto number = at<std::uint32_t>(92);
        return number <= 0x7fffffffU ? std::optional(number) : std::nullopt;
    }
    [[nodiscard]] std::uint16_t port() const noexcept { return at<std::uint16_t>(96); }

    /// What BEP 41 calls options; see `url_data`.
    [[nodiscard]] UdpBytes options() const noexcept { return bytes_.subspan(size_min); }

private:
    template <class Number>
    [[nodiscard]] Number at(std::size_t offset) const noexcept {
        return load_big_endian<Number>(bytes_.data() + offset);
    }
    template <class Name>
    [[nodiscard]] Name copy(std::size_t offset) const noexcept {
        Name name;
        std::copy_n(bytes_.data() + offset, name.bytes.size(), name.bytes.begin());
        return name;
    }

    UdpBytes bytes_;
};

/// Path and query of the tracker's URL as the client has it, put together from the URLData options
/// of an announce. Options of other types are skipped; one that is cut off makes all of it empty.
/// What `room` cannot hold is cut off.
/// Lifetime: of `room`
/// Source:   BEP 41
[[nodiscard]] std::string_view url_data(UdpBytes options, std::span<char> room) noexcept;

/// The info-hashes of a scrape request, as many as `into` takes; bytes behind the last whole one
/// are ignored. Returns: how many
[[nodiscard]] std::size_t read_udp_scrape(UdpBytes datagram, std::span<InfoHash> into) noexcept;

}  // namespace chihaya::wire
