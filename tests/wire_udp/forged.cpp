#include "tests/wire_udp/forged.hpp"

#include "tests/support/udp_client.hpp"

#include <arpa/inet.h>
#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace chihaya::test {
namespace {

constexpr std::size_t ip_head_size = 20;
constexpr std::size_t udp_head_size = 8;

in_addr parse(const std::string& address) {
    in_addr out{};
    ::inet_pton(AF_INET, address.c_str(), &out);
    return out;
}

std::string two_bytes(std::size_t number) {
    return big_endian(static_cast<std::uint32_t>(number)).substr(2);
}

std::string bytes_of(const std::string& address) {
    return big_endian(static_cast<std::uint32_t>(ntohl(parse(address).s_addr)));
}

}  // namespace

Forger::Forger() : socket_(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW)) {}

Forger::~Forger() {
    ::close(socket_);
}

bool Forger::may() const {
    if (socket_ < 0) {
        MESSAGE("skipped: forging a source address needs a privilege");
    }
    return socket_ >= 0;
}

void Forger::send(const Endpoint& from, const Endpoint& to, std::string_view datagram) const {
    const std::size_t size = ip_head_size + udp_head_size + datagram.size();
    // Version and length, service, total length, identification, fragmentation; time to live,
    // protocol, checksum, which the system fills in; a UDP checksum of zero is none.
    std::string packet = "\x45" + std::string(1, '\0') + two_bytes(size) + std::string(4, '\0');
    packet += "\x40\x11" + std::string(2, '\0') + bytes_of(from.address) + bytes_of(to.address);
    packet += two_bytes(from.port) + two_bytes(to.port) +
              two_bytes(udp_head_size + datagram.size()) + two_bytes(0);
    packet += datagram;
    sockaddr_in name{};
    name.sin_family = AF_INET;
    name.sin_addr = parse(to.address);
    if (::sendto(socket_, packet.data(), packet.size(), 0, reinterpret_cast<const sockaddr*>(&name),
                 sizeof name) < 0) {
        throw std::system_error(errno, std::generic_category(), "forge " + from.address);
    }
}

}  // namespace chihaya::test
