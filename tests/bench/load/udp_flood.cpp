/// @file udp_flood.cpp
/// Sends a UDP server what nobody should send it, from very many loopback addresses, and reads no
/// answer. Prints one line of JSON. Exit code: 0, or 64 for a wrong option.

#include "core/base/text.hpp"
#include "core/wire/connection_id.hpp"
#include "tests/bench/load/clock.hpp"
#include "tests/bench/load/datagram_batch.hpp"
#include "tests/bench/load/options.hpp"
#include "tests/bench/load/udp_packets.hpp"

#include <linux/filter.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstring>
#include <iostream>
#include <optional>
#include <thread>

namespace chihaya::bench {
namespace {

constexpr std::uint64_t second = 1'000'000'000;
constexpr std::size_t garbage_max = 120;

constexpr std::string_view usage = R"(udp_flood --port N [options]
  --kind garbage|connect|announce|mixed   random bytes, connect requests, announces with random
                            connection ids, or these in turn (mixed)
  --count N                 datagrams (1000000)
  --rate N                  datagrams a second, 0: as fast as it goes (0)
  --sources N               addresses from 127.1.0.0 on that they come from (65536)
  --key HEX                 announces have good connection ids: `udp.connection_id_key`
  --sink                    send to a socket of its own that drops everything, not to the port
)";

enum class Kind : std::uint8_t { garbage, connect, announce, mixed };

struct FloodOptions {
    std::uint16_t port = 0;
    Kind kind = Kind::mixed;
    std::uint64_t count = 1'000'000;
    std::uint64_t rate = 0;
    std::uint32_t sources = 65'536;
    bool sink = false;
    std::optional<wire::ConnectionIds> ids{};
};

bool set(FloodOptions& options, std::string_view name, std::string_view value) {
    constexpr std::array<std::string_view, 4> kinds{"garbage", "connect", "announce", "mixed"};
    if (name == "--port")
        return number<std::uint16_t>(value, 1, 65'535, options.port);
    if (name == "--count")
        return number<std::uint64_t>(value, 1, 1'000'000'000, options.count);
    if (name == "--rate")
        return number<std::uint64_t>(value, 0, 10'000'000, options.rate);
    if (name == "--sources")
        return number(value, 1U, 1U << 23U, options.sources);
    if (name == "--key") {
        wire::ConnectionIds::Key key{};
        const bool is_key = text::from_hex(value, key);
        options.ids.emplace(key, wire::ConnectionIds::Lifetime::grace);
        return is_key;
    }
    if (name == "--sink") {
        options.sink = true;
        return true;
    }
    const auto* const kind = std::find(kinds.begin(), kinds.end(), value);
    options.kind = static_cast<Kind>(kind - kinds.begin());
    return name == "--kind" && kind != kinds.end();
}

std::size_t write_garbage(char* out, std::uint64_t random) {
    const std::size_t size = random % garbage_max;
    for (std::size_t at = 0; at < size; at += sizeof random) {
        random = mix(random);
        std::memcpy(out + at, &random, sizeof random);
    }
    return size;
}

std::uint64_t good_id(const wire::ConnectionIds& ids, std::uint32_t source) {
    std::array<std::uint8_t, 4> address{};
    for (std::size_t i = 0; i < address.size(); ++i)
        address.at(i) = static_cast<std::uint8_t>(source >> (24 - 8 * i));
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    return ids.issue(IpAddress::from_ipv4(address), now);
}

std::size_t write_datagram(const FloodOptions& options, std::uint64_t number, std::uint32_t source,
                           char* out) {
    Kind kind = options.kind;
    const std::uint64_t random = mix(number);
    if (kind == Kind::mixed)
        kind = static_cast<Kind>(number % 3);
    if (kind == Kind::garbage)
        return write_garbage(out, random);
    const auto transaction = static_cast<std::uint32_t>(random);
    if (kind == Kind::connect)
        return write_connect(out, transaction);
    if (options.ids) {  // peers that the swarms of the other generators have, half of them anew
        const Asked asked{transaction % 1000, static_cast<std::uint32_t>(random >> 32U) % 50, 50,
                          number % 2 == 0};
        return write_announce(out, good_id(*options.ids, source), transaction, asked);
    }
    const Asked asked{transaction, 0, 50, true};
    return write_announce(out, mix(random), transaction, asked);
}

/// A datagram names its own source address, as a router would let a spoofed one pass.
class SpoofedSource {
public:
    void attach(msghdr& header) noexcept {
        header.msg_control = bytes_.data();
        header.msg_controllen = bytes_.size();
        cmsghdr* const control = CMSG_FIRSTHDR(&header);
        control->cmsg_level = IPPROTO_IP;
        control->cmsg_type = IP_PKTINFO;
        control->cmsg_len = CMSG_LEN(sizeof(in_pktinfo));
    }

    void set(std::uint32_t address) noexcept {
        in_pktinfo info{};
        info.ipi_spec_dst.s_addr = htonl(address);
        std::memcpy(bytes_.data() + CMSG_LEN(0), &info, sizeof info);
    }

private:
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(in_pktinfo))> bytes_{};
};

sockaddr_in loopback(std::uint16_t port) {
    sockaddr_in endpoint{};
    endpoint.sin_family = AF_INET;
    endpoint.sin_port = htons(port);
    endpoint.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return endpoint;
}

/// Nobody reads what comes to this socket: the kernel drops it as soon as it can.
int open_deaf() {
    const int fd = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    sock_filter drop = BPF_STMT(BPF_RET | BPF_K, 0);
    const sock_fprog program{1, &drop};
    ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
    return fd;
}

std::uint16_t bind_sink(int fd) {
    sockaddr_in endpoint = loopback(0);
    socklen_t length = sizeof endpoint;
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the socket interface
    auto* const address = reinterpret_cast<sockaddr*>(&endpoint);
    if (::bind(fd, address, length) != 0 || ::getsockname(fd, address, &length) != 0)
        return 0;
    return ntohs(endpoint.sin_port);
}

/// Returns how many datagrams have gone.
std::uint64_t flood(const FloodOptions& options, int fd, std::uint16_t port) {
    constexpr std::size_t batch_size = DatagramBatch::capacity;
    DatagramBatch batch(request_datagram_max, true);
    std::array<SpoofedSource, batch_size> sources{};
    for (std::size_t i = 0; i < batch_size; ++i) {
        batch.address(i) = loopback(port);
        batch.header(i).msg_namelen = sizeof(sockaddr_in);
        sources.at(i).attach(batch.header(i));
    }
    const std::uint64_t start = nanoseconds();
    std::uint64_t sent = 0;
    for (std::uint64_t at = 0; at < options.count; at += batch_size) {
        for (std::size_t i = 0; i < batch_size; ++i) {
            const std::uint64_t number = at + i;
            const std::uint32_t source =
                0x7F01'0000U + static_cast<std::uint32_t>(number % options.sources);
            sources.at(i).set(source);
            batch.set_size(i, write_datagram(options, number, source, batch.bytes(i)));
        }
        sent += batch.send(fd, std::min<std::uint64_t>(batch_size, options.count - at));
        const std::uint64_t due =
            options.rate == 0 ? 0 : start + (at + batch_size) * second / options.rate;
        const std::uint64_t now = nanoseconds();
        if (now < due)
            std::this_thread::sleep_for(std::chrono::nanoseconds(due - now));
    }
    return sent;
}

int run(std::span<char* const> arguments) {
    constexpr std::array<std::string_view, 1> flags{"--sink"};
    FloodOptions options;
    if (!parse_arguments(arguments, flags, usage,
                         [&](auto name, auto value) { return set(options, name, value); }))
        return 64;
    if ((options.port == 0) != options.sink) {
        std::cerr << "either --port or --sink\n" << usage;
        return 64;
    }
    const int sink = open_deaf();
    const int fd = open_deaf();
    const std::uint16_t port = options.sink ? bind_sink(sink) : options.port;
    const std::uint64_t start = nanoseconds();
    const std::uint64_t sent = flood(options, fd, port);
    const double seconds = static_cast<double>(nanoseconds() - start) / 1e9;
    ::close(fd);
    ::close(sink);
    std::cout << "{\"sent\": " << sent << ", \"seconds\": " << seconds << "}\n";
    return 0;
}

}  // namespace
}  // namespace chihaya::bench

int main(int argc, char** argv) {
    return chihaya::bench::run({argv, static_cast<std::size_t>(argc)});
}
