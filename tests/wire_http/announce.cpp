#include "tests/wire_http/announce.hpp"

#include <arpa/inet.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace chihaya::test {
namespace {

std::string in_hex(std::string_view bytes, std::string_view before_each) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    for (const char letter : bytes) {
        const auto byte = static_cast<unsigned char>(letter);
        out += before_each;
        out += digits[byte / 16U];
        out += digits[byte % 16U];
    }
    return out;
}

}  // namespace

std::string escaped(std::string_view bytes) {
    return in_hex(bytes, "%");
}

std::string hex(std::string_view info_hash) {
    return in_hex(info_hash, "");
}

std::string numbered_hash(std::uint32_t number) {
    std::string info_hash(20, '\0');
    for (std::size_t i = 0; i < 4; ++i) {
        info_hash[i] = static_cast<char>(number >> (24 - 8 * i) & 0xffU);
    }
    return info_hash;
}

std::string compact(const std::string& address, std::uint32_t port) {
    std::array<char, 16> bytes{};
    const bool is_ipv4 = ::inet_pton(AF_INET, address.c_str(), bytes.data()) == 1;
    if (!is_ipv4 && ::inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) {
        throw std::runtime_error("not an address: " + address);
    }
    std::string out(bytes.data(), is_ipv4 ? 4 : 16);
    out += static_cast<char>(port / 256);
    out += static_cast<char>(port % 256);
    return out;
}

std::string target(const Announce& announce) {
    std::string out = "/announce?info_hash=" + escaped(announce.info_hash);
    out += "&peer_id=" + escaped(announce.peer_id);
    out += "&port=" + std::to_string(announce.port);
    out += "&uploaded=0&downloaded=0&left=" + std::to_string(announce.left);
    if (!announce.event.empty()) {
        out += "&event=" + announce.event;
    }
    return out + announce.more;
}

std::string request(const Announce& announce) {
    return get(target(announce),
               announce.from.empty() ? "" : "X-Forwarded-For: " + announce.from + "\r\n");
}

std::string get(std::string_view target, std::string_view headers) {
    return "GET " + std::string(target) + " HTTP/1.1\r\nHost: tracker.example:6969\r\n" +
           std::string(headers) + "\r\n";
}

std::string scrape_target(std::string_view info_hash) {
    return "/scrape?info_hash=" + escaped(info_hash);
}

std::string recorded(std::string_view name) {
    const std::filesystem::path file = std::filesystem::path(CHIHAYA_RECORDED_DIR) / name;
    std::ifstream stream(file, std::ios::binary);
    if (!stream) {
        throw std::runtime_error("no such recording: " + file.string());
    }
    return {std::istreambuf_iterator<char>(stream), {}};
}

}  // namespace chihaya::test
