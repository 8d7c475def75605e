#pragma once

/// @file pipeline.hpp
/// The commands of one connection that wait for their replies, with their bytes.

#include "plugins/redis/store.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace chihaya::redis {

/// A command on its way.
struct Request {
    std::uint16_t slot = 0;
    std::string_view command;
    Answered* answered = nullptr;
    std::uint32_t ticket = 0;
    std::uint8_t tries = 0;  // how often it was sent before
};

/// Whose a reply is.
enum class Purpose : std::uint8_t { command, script_load, asking };

struct Waiting {
    Answered* answered = nullptr;  // of a command
    std::uint32_t ticket = 0;
    std::uint32_t size = 0;   // of the command's bytes
    std::uint32_t since = 0;  // milliseconds, modulo 2^32
    std::uint16_t slot = 0;
    std::uint8_t tries = 0;
    Purpose purpose = Purpose::command;
};

/// First in, first out. The bytes stay until the reply is there, so that a command can be sent
/// again. Nothing is allocated once it has grown to the size of what it is used for.
class Pipeline {
public:
    /// Takes up to `limit` commands; what is not of that purpose is let in beyond it.
    explicit Pipeline(std::size_t limit) noexcept : limit_(limit) {}

    /// Errors: false when it is full, or out of memory
    [[nodiscard]] bool add(const Request& request, Purpose purpose, std::uint32_t since) noexcept;

    [[nodiscard]] bool empty() const noexcept { return count_ == 0; }
    [[nodiscard]] std::size_t count() const noexcept { return count_; }

    /// The one whose reply is next. It must not be empty.
    [[nodiscard]] const Waiting& oldest() const noexcept { return ring_[first_]; }
    [[nodiscard]] std::string_view oldest_command() const noexcept {
        return {bytes_.get() + head_, oldest().size};
    }
    [[nodiscard]] bool oldest_is_sent() const noexcept {
        return count_ != 0 && head_ + oldest().size <= sent_;
    }
    void pop() noexcept;

    [[nodiscard]] std::string_view unsent() const noexcept {
        return {bytes_.get() + sent_, end_ - sent_};
    }
    void count_sent(std::size_t bytes) noexcept { sent_ += bytes; }

private:
    void make_room(std::size_t size);
    void grow_ring();

    const std::size_t limit_;
    std::vector<Waiting> ring_;  // its size is a power of two
    std::size_t first_ = 0;
    std::size_t count_ = 0;

    std::unique_ptr<char[]> bytes_;
    std::size_t capacity_ = 0;
    std::size_t head_ = 0;  // of the oldest's bytes
    std::size_t sent_ = 0;
    std::size_t end_ = 0;
};

}  // namespace chihaya::redis
