#include "core/wire/udp_request.hpp"

#include "core/wire/connection_id.hpp"

namespace chihaya::wire {
namespace {

enum Option : std::uint8_t { end_of_options = 0, no_operation = 1, option_url_data = 2 };

constexpr std::size_t hash_size = sizeof(InfoHash);

}  // namespace

std::optional<UdpHead> read_udp_head(UdpBytes datagram) noexcept {
    if (datagram.size() < UdpHead::size) {
        return std::nullopt;
    }
    const std::uint8_t* const bytes = datagram.data();
    const auto action = load_big_endian<std::uint32_t>(bytes + 8);
    const UdpHead head{.connection_id = load_big_endian<std::uint64_t>(bytes),
                       .action = static_cast<UdpAction>(action),
                       .transaction = load_big_endian<std::uint32_t>(bytes + 12)};
    const bool is_request =
        head.action == UdpAction::connect
            ? head.connection_id == udp_protocol_id
            : head.action == UdpAction::announce || head.action == UdpAction::scrape;
    return is_request ? std::optional(head) : std::nullopt;
}

std::string_view url_data(UdpBytes options, std::span<char> room) noexcept {
    std::size_t size = 0;
    while (!options.empty() && options[0] != end_of_options) {
        if (options[0] == no_operation) {
            options = options.subspan(1);
            continue;
        }
        if (options.size() < 2 || options.size() - 2 < options[1]) {
            return {};
        }
        const UdpBytes value = options.subspan(2, options[1]);
        if (options[0] == option_url_data) {
            const std::size_t fits = std::min(value.size(), room.size() - size);
            std::copy_n(value.begin(), fits, room.begin() + static_cast<std::ptrdiff_t>(size));
            size += fits;
        }
        options = options.subspan(2 + value.size());
    }
    return {room.data(), size};
}

std::size_t read_udp_scrape(UdpBytes datagram, std::span<InfoHash> into) noexcept {
    const UdpBytes hashes = datagram.subspan(UdpHead::size);
    const std::size_t count = std::min(hashes.size() / hash_size, into.size());
    for (std::size_t i = 0; i < count; ++i) {
        std::copy_n(hashes.data() + i * hash_size, hash_size, into[i].bytes.begin());
    }
    return count;
}

}  // namespace chihaya::wire
