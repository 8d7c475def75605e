#pragma once

/// @file byte_writer.hpp
/// Appends to memory of a fixed size. What does not fit is left out as a whole and remembered, so
/// that whoever writes a reply checks once, at the end.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace chihaya::wire {

/// Lifetime: the room outlives the writer
/// Thread:   one at a time
class ByteWriter final {
public:
    explicit ByteWriter(std::span<char> room) noexcept : begin_(room.data()), room_(room.size()) {}

    void text(std::string_view bytes) noexcept {
        if (bytes.size() > room_ - size_) {
            fail();
            return;
        }
        if (!bytes.empty()) {
            std::memcpy(begin_ + size_, bytes.data(), bytes.size());
            size_ += bytes.size();
        }
    }
    void bytes(std::span<const std::uint8_t> raw) noexcept;

    /// Decimal, without leading zeros.
    void number(std::uint64_t value) noexcept;

    /// A bencoded string: its length, a colon, its bytes.
    void string(std::string_view value) noexcept;
    void string(std::span<const std::uint8_t> value) noexcept;

    /// A bencoded integer: i, digits, e.
    void integer(std::uint64_t value) noexcept;

    /// Leaves `count` bytes to be written later; null when they do not fit.
    /// Lifetime: as the room; the bytes are unspecified until written
    [[nodiscard]] char* skip(std::size_t count) noexcept;

    /// Moves what lies behind the `gap` bytes at `start` up to `start`.
    void close_gap(std::size_t start, std::size_t gap) noexcept;

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::string_view view() const noexcept { return {begin_, size_}; }

    /// Has anything been left out? What was written is then of no use.
    [[nodiscard]] bool overflow() const noexcept { return overflow_; }

private:
    void fail() noexcept {
        overflow_ = true;
        room_ = size_;  // nothing further, so that what is there is a prefix of the whole
    }

    char* begin_;
    std::size_t room_;
    std::size_t size_ = 0;
    bool overflow_ = false;
};

}  // namespace chihaya::wire
