#pragma once

/// @file reply_arena.hpp
/// The memory that replies are made of, used again for the next ones.

#include "plugins/redis/reply.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace chihaya::redis {

/// Makes replies. Nothing is allocated once it has grown to the size of what it is used for.
///
/// Errors: std::bad_alloc
class ReplyArena {
public:
    ReplyArena() = default;
    ReplyArena(const ReplyArena&) = delete;
    ReplyArena& operator=(const ReplyArena&) = delete;

    /// Forgets every reply made. Of memory no more than `kept_max` is kept.
    void clear() noexcept;

    /// What a reply becomes, in the place that `make` or `item` gave.
    void set_nil(Reply& reply) noexcept { reply = Reply(); }
    void set_integer(Reply& reply, std::int64_t value) noexcept;
    void set_text(Reply& reply, Reply::Kind kind, std::string_view text);
    void set_array(Reply& reply, std::size_t items);

    [[nodiscard]] Reply& make();
    [[nodiscard]] static Reply& item(Reply& array, std::size_t index) noexcept {
        return array.items_[index];
    }

    /// A copy that lives here.
    [[nodiscard]] const Reply& copy(const Reply& reply);

    static constexpr std::size_t kept_max = std::size_t{256} * 1024;

private:
    struct Chunk {
        std::unique_ptr<char[]> bytes;
        std::size_t size = 0;
    };

    void* take(std::size_t size, std::size_t alignment);
    void copy_into(Reply& to, const Reply& from);

    std::vector<Chunk> chunks_;
    std::size_t current_ = 0;  // the chunk that is being filled
    std::size_t used_ = 0;     // of that chunk
};

}  // namespace chihaya::redis
