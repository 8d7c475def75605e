#pragma once

/// @file command.hpp
/// Commands for Redis, as the bytes that are sent.

#include <cstdint>
#include <string>
#include <string_view>

namespace chihaya::redis {

/// Builds one command after the other into one buffer that is used again.
///
/// Source: https://redis.io/docs/reference/protocol-spec (RESP 2, arrays of bulk strings)
class Command {
public:
    /// Starts a new command of `words` words in place of the one before.
    /// Errors: std::bad_alloc
    Command& begin(std::size_t words);
    Command& add(std::string_view word);
    Command& add(std::int64_t number);

    [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }

private:
    std::string bytes_;
};

}  // namespace chihaya::redis
