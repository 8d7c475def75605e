#pragma once

/// @file packets.hpp
/// Packets of the UDP protocol as clients write them, and replies taken apart.

#include "tests/wire_http/announce.hpp"

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace chihaya::test {

/// Numbers of the protocol.
enum Action : std::uint32_t { connect_action, announce_action, scrape_action, error_action };
enum EventNumber : std::uint32_t {
    no_event,
    completed_event,
    started_event,
    stopped_event,
    paused_event
};

/// What a client asks for when it leaves the number to the tracker.
inline constexpr std::uint32_t default_wanted = 0xffffffff;

/// One announce. What is not said is that of a leecher that has just begun.
/// Lifetime: of the two views, the caller's
struct UdpAnnounce {
    std::string_view info_hash = hash_a;
    std::string_view peer_id = qbittorrent;
    std::uint64_t downloaded = 0;
    std::uint64_t left = 65'536;
    std::uint64_t uploaded = 0;
    std::uint32_t event = no_event;
    std::uint32_t ip = 0;
    std::uint32_t key = 0;
    std::uint32_t num_want = default_wanted;
    std::uint16_t port = 6881;
    std::string options{};
    std::uint32_t transaction = 0x0a0b0c0d;
};

/// Shape: `id` are the eight bytes of a connection id
[[nodiscard]] std::string announce_packet(std::string_view id, const UdpAnnounce& announce);
[[nodiscard]] std::string scrape_packet(std::string_view id,
                                        const std::vector<std::string>& info_hashes,
                                        std::uint32_t transaction = 0x11);

/// A packet of the samples with this connection id in the place of its own.
[[nodiscard]] std::string with_id(std::string_view id, std::string packet);

/// Bytes from hexadecimal digits; spaces and line ends between them are skipped.
[[nodiscard]] std::string from_hex(std::string_view digits);

/// An option of BEP 41 with this type and these bytes.
[[nodiscard]] std::string option(std::uint8_t type, std::string_view value);
/// URLData options that together say `url`.
[[nodiscard]] std::string url_options(std::string_view url);

/// The big-endian number at `offset`, which must be there.
[[nodiscard]] std::uint32_t number_at(std::string_view packet, std::size_t offset);

/// The reply to an announce.
struct UdpAnswer {
    std::uint32_t transaction = 0;
    std::uint32_t interval = 0;
    std::uint32_t leechers = 0;
    std::uint32_t seeders = 0;
    std::string entries{};
};

/// Errors: std::runtime_error when it is no reply to an announce
[[nodiscard]] UdpAnswer announce_answer(std::string_view reply);

/// Entries of `size` bytes (6 or 18), each once.
/// Errors: std::runtime_error when one is there twice, or a part of one is missing
[[nodiscard]] std::set<std::string> entries(const UdpAnswer& answer, std::size_t size);
inline constexpr std::size_t ipv4_entry = 6;
inline constexpr std::size_t ipv6_entry = 18;

/// The text of an error packet.
/// Errors: std::runtime_error when it is none, its text is empty, or it belongs to another request
[[nodiscard]] std::string error_text(std::string_view reply,
                                     std::uint32_t transaction = 0x0a0b0c0d);

}  // namespace chihaya::test
