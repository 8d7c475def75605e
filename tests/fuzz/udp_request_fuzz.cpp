#include "core/base/limits.hpp"
#include "core/wire/connection_id.hpp"
#include "core/wire/udp_reply.hpp"
#include "core/wire/udp_request.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string>
#include <vector>

namespace chihaya {
namespace {

void expect(bool holds) {
    if (!holds) {
        std::abort();
    }
}

void check_head(const wire::UdpHead& head) {
    expect(head.action != wire::UdpAction::error);
    expect(head.action != wire::UdpAction::connect || head.connection_id == wire::udp_protocol_id);
    const wire::ConnectionIds ids({}, wire::ConnectionIds::Lifetime::grace);
    const std::chrono::sys_seconds now{std::chrono::seconds(head.transaction)};
    expect(head.connection_id != 0 || !ids.verify(head.connection_id, {}, now));
    expect(ids.verify(ids.issue({}, now), {}, now));
}

/// What a room can hold of a URL is the beginning of the whole; a cut off packet has none or, cut
/// between two options, the beginning.
void check_url(wire::UdpBytes options) {
    std::array<char, limits::udp_datagram_max> room{};
    const std::string whole(wire::url_data(options, room));
    expect(whole.size() <= options.size());
    std::array<char, 7> small{};
    expect(wire::url_data(options, small) == whole.substr(0, small.size()));
    if (!options.empty()) {
        const std::string before(wire::url_data(options.first(options.size() - 1), room));
        expect(whole.empty() || before.empty() || whole.starts_with(before));
    }
    const std::string again = whole.substr(0, 255);
    std::vector<std::uint8_t> written{2, static_cast<std::uint8_t>(again.size())};
    written.insert(written.end(), again.begin(), again.end());
    expect(wire::url_data(written, room) == again);
}

void check_announce(wire::UdpBytes datagram) {
    const wire::UdpAnnounce packet(datagram);
    expect(packet.event() <= Event::paused);
    expect(!packet.num_want() || *packet.num_want() <= 0x7fffffff);
    expect(packet.port() == (datagram[96] << 8 | datagram[97]));
    expect(
        std::equal(datagram.begin() + 16, datagram.begin() + 36, packet.info_hash().bytes.begin()));
    expect(packet.options().size() == datagram.size() - wire::UdpAnnounce::size_min);
    check_url(packet.options());
}

void check_scrape(wire::UdpBytes datagram) {
    std::array<InfoHash, limits::udp_scrape_max> room{};
    const std::size_t count = wire::read_udp_scrape(datagram, room);
    expect(count == std::min<std::size_t>((datagram.size() - 16) / 20, room.size()));
    expect(count == 0 ||
           std::equal(datagram.begin() + 16, datagram.begin() + 36, room[0].bytes.begin()));
    std::vector<std::uint8_t> reply(wire::udp_scrape_reply_size(count));
    const std::vector<SwarmCounts> counts(count);
    expect(wire::write_udp_scrape(reply, 1, counts) == reply.size());
    expect(reply.size() <= limits::udp_reply_max);
}

}  // namespace

/// Whatever comes, nothing outside of it is read, and what is read is what is there.
// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const wire::UdpBytes datagram(data, size);
    const auto head = wire::read_udp_head(datagram);
    expect(!head || size >= wire::UdpHead::size);
    if (head) {
        check_head(*head);
    }
    if (size >= wire::UdpAnnounce::size_min) {
        check_announce(datagram);
    }
    if (size >= wire::UdpHead::size) {
        check_scrape(datagram);
    }
    check_url(datagram);
    return 0;
}

}  // namespace chihaya
