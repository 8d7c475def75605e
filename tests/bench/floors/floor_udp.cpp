/// @file floor_udp.cpp
/// The least that a UDP tracker can do: echo the transaction, one answer to every announce.
/// floor_udp PORT          recvfrom and sendto for each datagram
/// floor_udp PORT batch    recvmmsg and sendmmsg, up to 64 datagrams a call

#include "tests/bench/load/datagram_batch.hpp"
#include "tests/bench/load/udp_packets.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <iostream>
#include <span>

namespace chihaya::bench {
namespace {

constexpr std::uint32_t peers = 30;
constexpr std::size_t head_size = 20;
constexpr std::size_t answer_size = head_size + peers * 6;
constexpr std::size_t announce_size = 98;

using Answer = std::array<char, answer_size>;

int bind_loopback(std::uint16_t port) {
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sockaddr_in local{};
    local.sin_family = AF_INET;
    local.sin_port = htons(port);
    local.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the socket interface
    return ::bind(fd, reinterpret_cast<const sockaddr*>(&local), sizeof local) == 0 ? fd : -1;
}

Answer constant_answer() {
    Answer answer{};
    store(answer.data(), static_cast<std::uint32_t>(Action::announce));
    store(answer.data() + 8, std::uint32_t{1800});
    store(answer.data() + 12, std::uint32_t{50});
    for (std::uint32_t peer = 0; peer < peers; ++peer) {
        char* const at = answer.data() + head_size + std::size_t{peer} * 6;
        store(at, first_address);
        store(at + 4, port_of(peer));
    }
    return answer;
}

/// Writes the answer to a request; returns its length, 0 for what is no request.
std::size_t reply(std::string_view request, const Answer& constant, char* out) {
    if (request.size() < connect_size)
        return 0;
    const bool connect = request.size() < announce_size;
    const std::size_t size = connect ? connect_size : answer_size;
    std::memcpy(out, constant.data(), size);
    std::memcpy(out + 4, request.data() + 12, 4);
    if (connect) {
        store(out, static_cast<std::uint32_t>(Action::connect));
        store(out + 8, std::uint64_t{1});
    }
    return size;
}

[[noreturn]] void serve_one_by_one(int fd) {
    const Answer constant = constant_answer();
    std::array<char, answer_datagram_max> request{};
    Answer out{};
    for (;;) {
        sockaddr_in from{};
        socklen_t length = sizeof from;
        // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the socket interface
        auto* const address = reinterpret_cast<sockaddr*>(&from);
        const ssize_t got = ::recvfrom(fd, request.data(), request.size(), 0, address, &length);
        if (got <= 0)
            continue;
        const std::size_t size =
            reply({request.data(), static_cast<std::size_t>(got)}, constant, out.data());
        if (size > 0)
            ::sendto(fd, out.data(), size, 0, address, length);
    }
}

[[noreturn]] void serve_batches(int fd) {
    const Answer constant = constant_answer();
    DatagramBatch requests(answer_datagram_max, true);
    DatagramBatch answers(answer_size, true);
    for (std::size_t i = 0; i < DatagramBatch::capacity; ++i)
        answers.header(i).msg_namelen = sizeof(sockaddr_in);
    for (;;) {
        const std::size_t got = requests.receive(fd, MSG_WAITFORONE);
        std::size_t count = 0;
        for (std::size_t i = 0; i < got; ++i) {
            const std::size_t size = reply(requests.datagram(i), constant, answers.bytes(count));
            if (size == 0)
                continue;
            answers.set_size(count, size);
            answers.address(count++) = requests.address(i);
        }
        static_cast<void>(answers.send(fd, count));
    }
}

int run(std::span<char* const> arguments) {
    std::uint16_t port = 0;
    if (arguments.size() >= 2) {
        const std::string_view text = arguments[1];
        std::from_chars(text.data(), text.data() + text.size(), port);
    }
    const bool batch = arguments.size() == 3 && std::string_view(arguments[2]) == "batch";
    if (port == 0 || (arguments.size() != 2 && !batch)) {
        std::cerr << "usage: " << arguments[0] << " PORT [batch]\n";
        return 64;
    }
    const int fd = bind_loopback(port);
    if (fd < 0) {
        std::cerr << "floor_udp: cannot bind 127.0.0.1:" << port << "\n";
        return 1;
    }
    batch ? serve_batches(fd) : serve_one_by_one(fd);
}

}  // namespace
}  // namespace chihaya::bench

int main(int argc, char** argv) {
    return chihaya::bench::run({argv, static_cast<std::size_t>(argc)});
}
