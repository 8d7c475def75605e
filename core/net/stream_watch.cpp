#include "core/net/stream_watch.hpp"

#include "core/net/tcp_stream.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

namespace chihaya::net {
namespace {

int new_epoll() {
    const int descriptor = ::epoll_create1(EPOLL_CLOEXEC);
    if (descriptor < 0) {
        throw std::system_error(errno, std::generic_category(), "epoll_create1");
    }
    return descriptor;
}

}  // namespace

StreamWatch::StreamWatch(WorkerLoop& loop) : loop_(loop), epoll_(loop.context(), new_epoll()) {
    probe_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;  // each write is news, though nobody reads
    ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_ADD, probe_, &event);
    loop_.at_turn_end(Task::to<&StreamWatch::wait>(*this));
    wait();
}

StreamWatch::~StreamWatch() {
    close();
}

bool StreamWatch::ask(int socket, TcpStream& stream, bool known, bool writable) noexcept {
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP | EPOLLET | (writable ? EPOLLOUT : 0U);
    event.data.ptr = &stream;
    return ::epoll_ctl(epoll_.native_handle(), known ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, socket,
                       &event) == 0;
}

void StreamWatch::forget(int socket) noexcept {
    epoll_event ignored{};
    ::epoll_ctl(epoll_.native_handle(), EPOLL_CTL_DEL, socket, &ignored);
}

void StreamWatch::close() noexcept {
    if (epoll_.is_open()) {
        loop_.forget_turn_end(this);
        boost::system::error_code ignored;
        epoll_.close(ignored);
        ::close(std::exchange(probe_, -1));
    }
}

std::chrono::milliseconds StreamWatch::lag() noexcept {
    const auto now = std::chrono::steady_clock::now();
    if (probe_waits_) {
        return std::chrono::duration_cast<std::chrono::milliseconds>(now - probed_at_);
    }
    const std::uint64_t one = 1;
    probe_waits_ = ::write(probe_, &one, sizeof one) == sizeof one;
    probed_at_ = now;
    return std::exchange(waited_, std::chrono::milliseconds(0));
}

/// Called at the end of each turn, so that there is one look in each. Does not throw: what Asio
/// needs has its place in `memory_`.
void StreamWatch::wait() noexcept {
    if (waiting_) {
        return;
    }
    waiting_ = true;
    epoll_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                      MemoryHandler(memory_, [this](boost::system::error_code error) {
                          waiting_ = false;
                          if (!error) {
                              look();
                          }
                      }));
}

void StreamWatch::look() noexcept {
    const int count = ::epoll_wait(epoll_.native_handle(), events_.data(), events_per_turn_max, 0);
    for (int i = 0; i < count; ++i) {
        const epoll_event& event = events_[static_cast<std::size_t>(i)];
        if (event.data.ptr == nullptr) {
            probe_waits_ = false;
            waited_ = std::chrono::duration_cast<std::chrono::milliseconds>(
                std::chrono::steady_clock::now() - probed_at_);
            continue;
        }
        const bool over = (event.events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0;
        static_cast<TcpStream*>(event.data.ptr)
            ->notice({.readable = over || (event.events & EPOLLIN) != 0,
                      .writable = (event.events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0,
                      .over = over});
    }
}

}  // namespace chihaya::net
