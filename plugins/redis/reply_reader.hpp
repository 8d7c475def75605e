#pragma once

/// @file reply_reader.hpp
/// From bytes to replies, by hiredis' parser.

#include "plugins/redis/reply_arena.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

struct redisReader;

namespace chihaya::redis {

/// How large one reply may be: the server is believed no further than that.
struct ReplyLimits {
    std::size_t elements = std::size_t{256} * 1024;     // all arrays in it together
    std::size_t bytes = std::size_t{16} * 1024 * 1024;  // as it is sent
};

/// Reads the replies of one connection.
///
/// Limits: ReplyLimits; arrays within arrays seven deep
/// Source: https://redis.io/docs/reference/protocol-spec (RESP 2)
class ReplyReader {
public:
    /// Errors: std::bad_alloc
    explicit ReplyReader(ReplyLimits limits = {});
    ~ReplyReader();
    ReplyReader(const ReplyReader&) = delete;
    ReplyReader& operator=(const ReplyReader&) = delete;

    /// Gives it the next bytes of the connection, once `next` has nothing more.
    /// Lifetime: `bytes` stays until `next` has returned nullptr
    void take(std::string_view bytes) noexcept;

    /// The next whole reply; nullptr when more bytes are needed, or when it is broken.
    [[nodiscard]] const Reply* next() noexcept;

    /// What was received is no reply, or too large a one: nothing more will come.
    [[nodiscard]] bool broken() const noexcept { return !fault_.empty(); }
    [[nodiscard]] std::string_view fault() const noexcept { return fault_; }

    /// As new, for the next connection.
    /// Errors: std::bad_alloc
    void reset();

private:
    struct Making;  // hiredis' object functions
    struct Free {
        void operator()(redisReader* reader) const noexcept;
    };

    const ReplyLimits limits_;
    std::unique_ptr<redisReader, Free> reader_;
    ReplyArena arena_;
    std::string_view ahead_;    // not yet given to the parser
    std::size_t elements_ = 0;  // of the reply being read
    std::size_t bytes_ = 0;     // given to the parser since the last whole reply
    std::string fault_;
};

}  // namespace chihaya::redis
