#include "core/wire/announce_reply.hpp"

#include "core/wire/address_text.hpp"

#include <array>
#include <cstddef>

namespace chihaya::wire {
namespace {

/// Everything that sorts before `peers`.
void write_head(ByteWriter& out, const AnnounceAnswer& answer) noexcept {
    out.text("d8:completei");
    out.number(answer.counts.seeders);
    out.text("e10:downloadedi");
    out.number(answer.counts.snatches);
    out.text("e");
    if (answer.external_ip) {
        out.text("11:external ip");
        if (answer.external_ip->is_ipv4()) {
            out.string(answer.external_ip->ipv4());
        } else {
            out.string(answer.external_ip->bytes);
        }
    }
    out.text("10:incompletei");
    out.number(answer.counts.leechers);
    out.text("e8:intervali");
    out.number(answer.interval);
    out.text("e12:min intervali");
    out.number(answer.min_interval);
    out.text("e5:peers");
}

void write_tail(ByteWriter& out, const AnnounceAnswer& answer) noexcept {
    if (!answer.warning.empty()) {
        out.text("15:warning message");
        out.string(answer.warning);
    }
    out.text("e");
}

/// The peers of one family as dictionaries; `address_size` is 4 or 16.
template <std::size_t address_size>
void write_peers(ByteWriter& out, std::span<const std::uint8_t> peers,
                 std::span<const PeerId> ids) noexcept {
    constexpr std::size_t stride = address_size + 2;
    std::array<char, address_text_max> room{};
    for (std::size_t i = 0; i < peers.size() / stride; ++i) {
        const auto peer = peers.subspan(i * stride).template first<stride>();
        out.text("d2:ip");
        out.string(address_text(peer.template first<address_size>(), room));
        if (i < ids.size()) {
            out.text("7:peer id20:");
            out.bytes(ids[i].bytes);
        }
        out.text("4:port");
        out.integer(unsigned{peer[address_size]} << 8U | unsigned{peer[address_size + 1]});
        out.text("e");
    }
}

}  // namespace

void write_announce(ByteWriter& out, const AnnounceAnswer& answer) noexcept {
    write_head(out, answer);
    out.string(answer.ipv4);
    if (answer.with_ipv6_key || !answer.ipv6.empty()) {
        out.text("6:peers6");
        out.string(answer.ipv6);
    }
    write_tail(out, answer);
}

void write_announce_dictionary(ByteWriter& out, const AnnounceAnswer& answer) noexcept {
    write_head(out, answer);
    out.text("l");
    write_peers<4>(out, answer.ipv4, answer.ipv4_ids);
    write_peers<16>(out, answer.ipv6, answer.ipv6_ids);
    out.text("e");
    write_tail(out, answer);
}

}  // namespace chihaya::wire
