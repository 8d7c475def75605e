#include "core/frontend/udp_exchange.hpp"

#include "core/frontend/peer_kind.hpp"
#include "core/frontend/routes.hpp"
#include "core/wire/udp_reply.hpp"

#include <algorithm>

namespace chihaya::frontend {
namespace {

// The words of the HTTP front end.
constexpr std::string_view announce_cut_off =
    "malformed request: an announce must be 98 bytes or more";
constexpr std::string_view port_missing = "malformed request: port must be 1 to 65535";
constexpr std::string_view nothing_to_scrape = "malformed request: info_hash is missing";

static_assert(wire::udp_announce_head_size + limits::udp_num_want_ipv4 * sizeof(Ipv4Endpoint) <=
              limits::udp_reply_max);
static_assert(wire::udp_announce_head_size + limits::udp_num_want_ipv6 * sizeof(Ipv6Endpoint) <=
              limits::udp_reply_max);
static_assert(wire::udp_scrape_reply_size(limits::udp_scrape_max) <= limits::udp_reply_max);
static_assert(limits::udp_scrape_max <= limits::scrape_ceiling);

}  // namespace

void UdpExchange::begin(const net::UdpPath& path, std::size_t socket, metrics::Family family,
                        std::uint32_t transaction) noexcept {
    path_ = path;
    socket_ = socket;
    transaction_ = transaction;
    announce_.kind.family = family;
    scrape_.kind.family = family;
}

void UdpExchange::finish(std::size_t size) noexcept {
    size_ = static_cast<std::uint32_t>(size);
    owner_.replied(*this);
}

void UdpExchange::connect(std::uint64_t connection_id) noexcept {
    wire::write_udp_connect(std::span(bytes_).first<wire::udp_connect_reply_size>(), transaction_,
                            connection_id);
    finish(wire::udp_connect_reply_size);
}

void UdpExchange::refuse(std::string_view text) noexcept {
    finish(wire::write_udp_error(bytes_, transaction_, text));
}

void UdpExchange::come_back(std::uint32_t interval) noexcept {
    wire::write_udp_announce(std::span(bytes_).first<wire::udp_announce_head_size>(), transaction_,
                             interval, {});
    finish(wire::udp_announce_head_size);
}

void UdpExchange::announce(wire::UdpBytes request) noexcept {
    if (request.size() < wire::UdpAnnounce::size_min) {
        refuse(tracker_.malformed(announce_.kind, announce_cut_off).text);
        return;
    }
    const wire::UdpAnnounce packet(request);
    if (packet.port() == 0) {
        refuse(tracker_.malformed(announce_.kind, port_missing).text);
        return;
    }
    fill(packet);
    std::array<char, limits::udp_datagram_max> room;  // NOLINT(*-member-init): only what is written
    std::string_view passkey;
    if (tracker_.policy().private_mode) {
        const std::string_view url = wire::url_data(packet.options(), room);
        passkey = route(url.substr(0, url.find('?')), true).passkey;
    }
    if (!tracker_.submit(announce_, passkey)) {
        refuse(announce_.refusal.text);
    }
}

void UdpExchange::fill(const wire::UdpAnnounce& packet) noexcept {
    AnnounceRequest& request = announce_.request;
    request = {};
    request.info_hash = packet.info_hash();
    request.peer_id = packet.peer_id();
    request.uploaded = packet.uploaded();
    request.downloaded = packet.downloaded();
    request.left = packet.left();
    request.event = packet.event();
    request.key = packet.key();
    request.flags = flags_of(packet.left(), packet.port()) | AnnounceFlags::own_families_only;
    const auto asked = packet.num_want();
    const std::uint32_t num_want = tracker_.num_want(asked.value_or(0), asked.has_value());
    std::uint8_t* const peers = bytes_.data() + wire::udp_announce_head_size;
    if (path_.client.is_ipv4()) {
        request.ipv4 = path_.client.ipv4_endpoint(packet.port());
        request.num_want_ipv4 = std::min(num_want, limits::udp_num_want_ipv4);
        request.room.ipv4 = peers;
    } else {
        request.ipv6 = path_.client.ipv6_endpoint(packet.port());
        request.num_want_ipv6 = std::min(num_want, limits::udp_num_want_ipv6);
        request.room.ipv6 = peers;
    }
}

void UdpExchange::announce_answered() noexcept {
    if (announce_.refusal) {
        refuse(announce_.refusal.text);
        return;
    }
    const AnnounceReply& reply = announce_.reply;
    wire::write_udp_announce(std::span(bytes_).first<wire::udp_announce_head_size>(), transaction_,
                             announce_.interval, reply.counts);
    const AnnounceRequest& request = announce_.request;
    finish(wire::udp_announce_head_size +
           std::min(reply.ipv4_peers, request.num_want_ipv4) * sizeof(Ipv4Endpoint) +
           std::min(reply.ipv6_peers, request.num_want_ipv6) * sizeof(Ipv6Endpoint));
}

void UdpExchange::scrape(wire::UdpBytes request) noexcept {
    const std::size_t most = std::min(tracker_.policy().max_scrape, limits::udp_scrape_max);
    scrape_.size = wire::read_udp_scrape(request, std::span(scrape_.info_hashes).first(most));
    if (scrape_.size == 0) {
        refuse(tracker_.malformed(scrape_.kind, nothing_to_scrape).text);
    } else if (!tracker_.submit(scrape_, {})) {
        refuse(scrape_.refusal.text);
    }
}

void UdpExchange::scrape_answered() noexcept {
    if (scrape_.refusal) {
        refuse(scrape_.refusal.text);
        return;
    }
    finish(wire::write_udp_scrape(bytes_, transaction_,
                                  std::span(scrape_.counts).first(scrape_.size)));
}

}  // namespace chihaya::frontend
