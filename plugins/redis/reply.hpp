#pragma once

/// @file reply.hpp
/// Replies of Redis. Where they come from: reply_reader.hpp.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace chihaya::redis {

/// One reply, or one element of one.
///
/// Lifetime: as long as the ReplyReader has not been asked for the next one
class Reply {
public:
    enum class Kind : std::uint8_t { nil, integer, text, status, error, array };

    [[nodiscard]] Kind kind() const noexcept { return kind_; }
    [[nodiscard]] bool is_error() const noexcept { return kind_ == Kind::error; }
    [[nodiscard]] bool is_nil() const noexcept { return kind_ == Kind::nil; }

    /// The bytes of a text, status or error; empty otherwise.
    [[nodiscard]] std::string_view text() const noexcept {
        return bytes_ != nullptr ? std::string_view(bytes_, size_) : std::string_view();
    }
    /// The value of an integer; 0 otherwise.
    [[nodiscard]] std::int64_t integer() const noexcept { return integer_; }
    /// The elements of an array; none otherwise.
    [[nodiscard]] std::span<const Reply> items() const noexcept {
        return items_ != nullptr ? std::span(items_, size_) : std::span<const Reply>();
    }

private:
    friend class ReplyArena;
    Kind kind_ = Kind::nil;
    std::int64_t integer_ = 0;
    const char* bytes_ = nullptr;
    std::size_t size_ = 0;  // bytes, or items
    Reply* items_ = nullptr;
};

}  // namespace chihaya::redis
