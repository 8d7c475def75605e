#include "core/handover/channel.hpp"

#include "core/handover/limits.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace chihaya::handover {
namespace {

constexpr std::size_t body_max = limits::handover_message_max;
constexpr std::chrono::milliseconds longest_wait{50};
constexpr std::size_t descriptors_max = limits::handover_descriptors_max;

union Control {
    cmsghdr aligned;
    std::array<char, CMSG_SPACE(sizeof(int) * descriptors_max)> bytes;
};

std::string words_of(int error) {
    return std::generic_category().message(error);
}

void close_all(const std::vector<int>& descriptors) noexcept {
    for (const int descriptor : descriptors) {
        ::close(descriptor);
    }
}

std::vector<int> descriptors_of(msghdr& header) {
    std::vector<int> found;
    for (cmsghdr* control = CMSG_FIRSTHDR(&header); control != nullptr;
         control = CMSG_NXTHDR(&header, control)) {
        if (control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_RIGHTS) {
            const std::size_t count = (control->cmsg_len - CMSG_LEN(0)) / sizeof(int);
            const std::size_t before = found.size();
            found.resize(before + count);
            std::memcpy(found.data() + before, CMSG_DATA(control), count * sizeof(int));
        }
    }
    return found;
}

Result<sockaddr_un> name_of(const std::filesystem::path& path) {
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    const std::string text = path.string();
    if (text.size() >= sizeof name.sun_path) {
        return Failure{"hand-over: the path of its socket is too long: found " +
                       std::to_string(text.size()) + " bytes, accepted are " +
                       std::to_string(sizeof name.sun_path - 1) + "; choose another state_dir"};
    }
    std::memcpy(name.sun_path, text.data(), text.size());
    return name;
}

}  // namespace

Channel::~Channel() {
    ::close(socket_);
}

/// In pieces: somebody may want to end it.
bool Channel::wait_for(short events, std::chrono::milliseconds patience) const noexcept {
    using Steady = std::chrono::steady_clock;
    const auto until = std::min(Steady::now() + patience, deadline_.load());
    pollfd one{socket_, events, 0};
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Steady::now());
        const auto piece = std::clamp(left, std::chrono::milliseconds(0), longest_wait);
        if (::poll(&one, 1, static_cast<int>(piece.count())) == 1) {
            return true;
        }
        if (left.count() <= 0 || (ends_ != nullptr && *ends_)) {
            return false;
        }
    }
}

Result<void> Channel::send(Kind kind, std::string_view body, std::span<const int> descriptors) {
    auto number = static_cast<std::uint32_t>(kind);
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): iovec serves both directions
    char* const bytes = const_cast<char*>(body.data());
    std::array<iovec, 2> parts{{{&number, sizeof number}, {bytes, body.size()}}};
    Control control{};
    msghdr header{};
    header.msg_iov = parts.data();
    header.msg_iovlen = parts.size();
    if (!descriptors.empty()) {
        header.msg_control = control.bytes.data();
        header.msg_controllen = CMSG_SPACE(descriptors.size_bytes());
        cmsghdr* const rights = CMSG_FIRSTHDR(&header);
        rights->cmsg_level = SOL_SOCKET;
        rights->cmsg_type = SCM_RIGHTS;
        rights->cmsg_len = CMSG_LEN(descriptors.size_bytes());
        std::memcpy(CMSG_DATA(rights), descriptors.data(), descriptors.size_bytes());
    }
    const std::lock_guard lock(sending_);
    for (;;) {
        if (::sendmsg(socket_, &header, MSG_NOSIGNAL | MSG_DONTWAIT) >= 0) {
            return {};
        }
        if (errno == EINTR) {
            continue;
        }
        if ((errno != EAGAIN && errno != EWOULDBLOCK) ||
            !wait_for(POLLOUT, limits::handover_patience)) {
            return Failure{"the other process takes nothing: " + words_of(errno)};
        }
    }
}

Result<Message> Channel::receive(std::chrono::milliseconds patience) {
    if (!wait_for(POLLIN, patience)) {
        return Failure{"the other process says nothing"};
    }
    Message message;
    message.body.resize(body_max);
    std::uint32_t number = 0;
    std::array<iovec, 2> parts{
        {{&number, sizeof number}, {message.body.data(), message.body.size()}}};
    Control control{};
    msghdr header{};
    header.msg_iov = parts.data();
    header.msg_iovlen = parts.size();
    header.msg_control = control.bytes.data();
    header.msg_controllen = control.bytes.size();
    ssize_t size = 0;
    do {
        size = ::recvmsg(socket_, &header, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    } while (size < 0 && errno == EINTR);
    if (size <= 0) {
        return Failure{"the other process has ended" +
                       (size < 0 ? ": " + words_of(errno) : std::string())};
    }
    message.descriptors = descriptors_of(header);
    message.kind = static_cast<Kind>(number);
    const bool is_whole = (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) == 0;
    if (!is_whole || static_cast<std::size_t>(size) < sizeof number || number == 0 ||
        number > static_cast<std::uint32_t>(last_kind)) {
        close_all(message.descriptors);
        return Failure{"the other process speaks another protocol"};
    }
    message.body.resize(static_cast<std::size_t>(size) - sizeof number);
    return message;
}

bool Channel::is_silent() const noexcept {
    pollfd one{socket_, POLLIN, 0};
    return ::poll(&one, 1, 0) == 0;
}

bool Channel::is_trusted() const noexcept {
    ucred peer{};
    socklen_t size = sizeof peer;
    return ::getsockopt(socket_, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
           peer.uid == ::geteuid();
}

bool Channel::is_peer_alive() const noexcept {
    ucred peer{};
    socklen_t size = sizeof peer;
    if (::getsockopt(socket_, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 || peer.pid <= 0) {
        return false;
    }
    // It may have ended and wait for its parent: then its descriptor says so, and kill does not.
    const auto process = static_cast<int>(::syscall(SYS_pidfd_open, peer.pid, 0));
    if (process < 0) {
        return errno != ESRCH && ::kill(peer.pid, 0) == 0;
    }
    pollfd end{process, POLLIN, 0};
    const bool has_ended = ::poll(&end, 1, 0) == 1;
    ::close(process);
    return !has_ended;
}

Result<int> listen_at(const std::filesystem::path& path) {
    const auto name = name_of(path);
    if (name.has_error()) {
        return name.error();
    }
    // Made under another name and then put into its place: nobody can connect before its mode is
    // set, and an earlier tracker's goes at that moment.
    const std::filesystem::path fresh = path.string() + ".new";
    const auto fresh_name = name_of(fresh);
    if (fresh_name.has_error()) {
        return fresh_name.error();
    }
    const int socket = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    std::error_code ignored;
    std::filesystem::remove(fresh, ignored);
    const bool is_made =
        socket >= 0 &&
        ::bind(socket, reinterpret_cast<const sockaddr*>(&*fresh_name), sizeof *fresh_name) == 0 &&
        ::chmod(fresh.c_str(), 0600) == 0 && ::listen(socket, 1) == 0 &&
        ::rename(fresh.c_str(), path.c_str()) == 0;
    if (!is_made) {
        const Failure failure{"cannot listen at " + path.string() + ": " + words_of(errno)};
        ::close(socket);
        return failure;
    }
    return socket;
}

Result<int> connect_to(const std::filesystem::path& path) {
    const auto name = name_of(path);
    if (name.has_error()) {
        return name.error();
    }
    const int socket = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
    if (socket < 0 ||
        ::connect(socket, reinterpret_cast<const sockaddr*>(&*name), sizeof *name) != 0) {
        const Failure failure{"cannot reach a running tracker at " + path.string() + ": " +
                              words_of(errno) +
                              "; accepted is a tracker of the same user and state_dir: start "
                              "without --take-over where there is none"};
        ::close(socket);
        return failure;
    }
    return socket;
}

}  // namespace chihaya::handover
