#pragma once

/// @file channel.hpp
/// A socket between two processes of one machine, over which messages and descriptors pass.

#include "core/base/result.hpp"
#include "core/handover/message.hpp"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <mutex>
#include <span>
#include <string_view>

namespace chihaya::handover {

/// Thread: `send` from any; the rest from one
class Channel {
public:
    /// Takes over a connected SOCK_SEQPACKET socket.
    explicit Channel(int socket) noexcept : socket_(socket) {}
    ~Channel();
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;

    /// From now on nothing is waited for once `ends` is true. Lifetime: `ends` outlives the channel
    void watch(const std::atomic<bool>& ends) noexcept { ends_ = &ends; }

    /// From now on nothing is waited for longer than until then. Thread: any
    void wait_until(std::chrono::steady_clock::time_point deadline) noexcept {
        deadline_.store(deadline);
    }

    /// Waits while the other side is busy, for `handover_patience` at most. The descriptors stay
    /// the caller's.
    /// Errors: the other side is gone, or takes nothing
    [[nodiscard]] Result<void> send(Kind kind, std::string_view body,
                                    std::span<const int> descriptors = {});

    /// The next message. Errors: none within `patience`, the other side is gone, or what it sent
    /// is no message
    [[nodiscard]] Result<Message> receive(std::chrono::milliseconds patience);

    /// Is the other side still there, and has it said nothing? Does not wait.
    [[nodiscard]] bool is_silent() const noexcept;

    /// Has the other side the same user as this process?
    [[nodiscard]] bool is_trusted() const noexcept;

    /// Does the process that the other side belongs to still run? Where this machine cannot tell:
    /// no.
    [[nodiscard]] bool is_peer_alive() const noexcept;

private:
    [[nodiscard]] bool wait_for(short events, std::chrono::milliseconds patience) const noexcept;

    int socket_;
    const std::atomic<bool>* ends_ = nullptr;
    std::atomic<std::chrono::steady_clock::time_point> deadline_{
        std::chrono::steady_clock::time_point::max()};
    std::mutex sending_;
};

/// Listens at `path`, for this user only; what lies there of an earlier tracker is replaced.
/// Returns: a descriptor that belongs to the caller
[[nodiscard]] Result<int> listen_at(const std::filesystem::path& path);

/// Connects to who listens there. Returns: likewise
[[nodiscard]] Result<int> connect_to(const std::filesystem::path& path);

}  // namespace chihaya::handover
