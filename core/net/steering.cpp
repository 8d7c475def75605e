#include "core/net/bound_socket.hpp"

#include <array>

#if defined(__linux__)
#include <linux/filter.h>
#endif

namespace chihaya::net {

#if defined(__linux__)
namespace {

template <std::size_t size>
void attach(int socket, int option, std::array<sock_filter, size> steps) noexcept {
    const sock_fprog program{.len = static_cast<unsigned short>(size), .filter = steps.data()};
    ::setsockopt(socket, SOL_SOCKET, option, &program, sizeof program);
}

}  // namespace

void steer(int socket, std::uint32_t sockets) noexcept {
    if (sockets == 0) {
#if defined(SO_DETACH_REUSEPORT_BPF)
        set_option(socket, SOL_SOCKET, SO_DETACH_REUSEPORT_BPF, 0);
#endif
        return;
    }
    attach(socket, SO_ATTACH_REUSEPORT_CBPF,
           std::array<sock_filter, 3>{
               {BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
                         static_cast<std::uint32_t>(SKF_AD_OFF + SKF_AD_RANDOM)),
                BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, sockets), BPF_STMT(BPF_RET | BPF_A, 0)}});
}

void refuse_new(int socket) noexcept {
    constexpr std::uint32_t flags_at = 13;  // of the TCP header. Source: RFC 9293, 3.1
    constexpr std::uint32_t syn = 2;
    constexpr std::uint32_t all_of_it = 0xffffffff;
    attach(socket, SO_ATTACH_FILTER,
           std::array<sock_filter, 4>{{BPF_STMT(BPF_LD | BPF_B | BPF_ABS, flags_at),
                                       BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, syn, 0, 1),
                                       BPF_STMT(BPF_RET | BPF_K, 0),
                                       BPF_STMT(BPF_RET | BPF_K, all_of_it)}});
}

void take_new(int socket) noexcept {
    set_option(socket, SOL_SOCKET, SO_DETACH_FILTER, 0);
}
#else
void steer(int /*socket*/, std::uint32_t /*sockets*/) noexcept {}
void refuse_new(int /*socket*/) noexcept {}
void take_new(int /*socket*/) noexcept {}
#endif

}  // namespace chihaya::net
