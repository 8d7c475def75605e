#include "tests/wire_udp/packets.hpp"

#include "tests/support/udp_client.hpp"

#include <algorithm>
#include <stdexcept>

namespace chihaya::test {
namespace {

constexpr std::size_t option_max = 255;
constexpr std::size_t announce_head = 20;
constexpr std::size_t error_head = 8;
constexpr std::uint8_t url_data = 2;

[[noreturn]] void complain(const char* what, std::string_view packet) {
    throw std::runtime_error(std::string(what) + ": " + hex(packet));
}

unsigned digit(char letter) {
    return static_cast<unsigned>(letter <= '9' ? letter - '0' : (letter | 0x20) - 'a' + 10);
}

}  // namespace

std::string announce_packet(std::string_view id, const UdpAnnounce& announce) {
    std::string packet(id);
    packet += big_endian(std::uint32_t{announce_action}) + big_endian(announce.transaction);
    packet += announce.info_hash;
    packet += announce.peer_id;
    packet += big_endian(announce.downloaded) + big_endian(announce.left) +
              big_endian(announce.uploaded) + big_endian(announce.event) + big_endian(announce.ip) +
              big_endian(announce.key) + big_endian(announce.num_want);
    packet += big_endian(std::uint32_t{announce.port}).substr(2);
    return packet + announce.options;
}

std::string scrape_packet(std::string_view id, const std::vector<std::string>& info_hashes,
                          std::uint32_t transaction) {
    std::string packet(id);
    packet += big_endian(std::uint32_t{scrape_action}) + big_endian(transaction);
    for (const std::string& info_hash : info_hashes) {
        packet += info_hash;
    }
    return packet;
}

std::string with_id(std::string_view id, std::string packet) {
    return packet.replace(0, id.size(), id);
}

std::string from_hex(std::string_view digits) {
    std::string nibbles;
    std::ranges::copy_if(digits, std::back_inserter(nibbles),
                         [](char letter) { return letter != ' ' && letter != '\n'; });
    std::string bytes;
    for (std::size_t i = 0; i + 1 < nibbles.size(); i += 2) {
        bytes += static_cast<char>(digit(nibbles[i]) << 4U | digit(nibbles[i + 1]));
    }
    return bytes;
}

std::string option(std::uint8_t type, std::string_view value) {
    std::string out{static_cast<char>(type), static_cast<char>(value.size())};
    return out.append(value);
}

std::string url_options(std::string_view url) {
    std::string out;
    for (std::size_t at = 0; at < url.size(); at += option_max) {
        out += option(url_data, url.substr(at, option_max));
    }
    return out;
}

std::uint32_t number_at(std::string_view packet, std::size_t offset) {
    if (packet.size() < offset + 4) {
        complain("too short", packet);
    }
    std::uint32_t number = 0;
    for (const char byte : packet.substr(offset, 4)) {
        number = number << 8U | static_cast<unsigned char>(byte);
    }
    return number;
}

UdpAnswer announce_answer(std::string_view reply) {
    if (reply.size() < announce_head || number_at(reply, 0) != announce_action) {
        complain("not the reply to an announce", reply);
    }
    return {.transaction = number_at(reply, 4),
            .interval = number_at(reply, 8),
            .leechers = number_at(reply, 12),
            .seeders = number_at(reply, 16),
            .entries = std::string(reply.substr(announce_head))};
}

std::set<std::string> entries(const UdpAnswer& answer, std::size_t size) {
    if (answer.entries.size() % size != 0) {
        complain("a part of a peer is missing", answer.entries);
    }
    std::set<std::string> all;
    for (std::size_t at = 0; at < answer.entries.size(); at += size) {
        if (!all.insert(answer.entries.substr(at, size)).second) {
            complain("a peer is there twice", answer.entries);
        }
    }
    return all;
}

std::string error_text(std::string_view reply, std::uint32_t transaction) {
    if (reply.size() <= error_head || number_at(reply, 0) != error_action ||
        number_at(reply, 4) != transaction) {
        complain("not this request's error", reply);
    }
    return std::string(reply.substr(error_head));
}

}  // namespace chihaya::test
