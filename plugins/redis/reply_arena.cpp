#include "plugins/redis/reply_arena.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace chihaya::redis {
namespace {

constexpr std::size_t chunk_bytes = std::size_t{16} * 1024;

}  // namespace

void ReplyArena::clear() noexcept {
    current_ = 0;
    used_ = 0;
    if (chunks_.size() < 2) {
        return;
    }
    std::size_t kept = 0;
    std::erase_if(chunks_, [&](const Chunk& chunk) {
        kept += chunk.size;
        return kept > kept_max;
    });
}

void* ReplyArena::take(std::size_t size, std::size_t alignment) {
    for (; current_ < chunks_.size(); ++current_, used_ = 0) {
        const std::size_t from = (used_ + alignment - 1) / alignment * alignment;
        if (from <= chunks_[current_].size && size <= chunks_[current_].size - from) {
            used_ = from + size;
            return chunks_[current_].bytes.get() + from;
        }
    }
    const std::size_t bytes = std::max(size, chunk_bytes);
    chunks_.push_back({std::make_unique_for_overwrite<char[]>(bytes), bytes});
    current_ = chunks_.size() - 1;
    used_ = size;
    return chunks_.back().bytes.get();
}

Reply& ReplyArena::make() {
    return *new (take(sizeof(Reply), alignof(Reply))) Reply();
}

void ReplyArena::set_integer(Reply& reply, std::int64_t value) noexcept {
    reply = Reply();
    reply.kind_ = Reply::Kind::integer;
    reply.integer_ = value;
}

void ReplyArena::set_text(Reply& reply, Reply::Kind kind, std::string_view text) {
    auto* const bytes = static_cast<char*>(take(text.size(), 1));
    if (!text.empty()) {
        std::memcpy(bytes, text.data(), text.size());
    }
    reply = Reply();
    reply.kind_ = kind;
    reply.bytes_ = bytes;
    reply.size_ = text.size();
}

void ReplyArena::set_array(Reply& reply, std::size_t items) {
    auto* const first = static_cast<Reply*>(take(items * sizeof(Reply), alignof(Reply)));
    std::uninitialized_default_construct_n(first, items);
    reply = Reply();
    reply.kind_ = Reply::Kind::array;
    reply.items_ = first;
    reply.size_ = items;
}

const Reply& ReplyArena::copy(const Reply& reply) {
    Reply& made = make();
    copy_into(made, reply);
    return made;
}

// As deep as ReplyReader lets a reply be.
void ReplyArena::copy_into(Reply& to, const Reply& from) {  // NOLINT(misc-no-recursion)
    switch (from.kind()) {
        case Reply::Kind::nil:
            return set_nil(to);
        case Reply::Kind::integer:
            return set_integer(to, from.integer());
        case Reply::Kind::text:
        case Reply::Kind::status:
        case Reply::Kind::error:
            return set_text(to, from.kind(), from.text());
        case Reply::Kind::array:
            break;
    }
    set_array(to, from.items().size());
    for (std::size_t i = 0; i < from.items().size(); ++i) {
        copy_into(to.items_[i], from.items()[i]);
    }
}

}  // namespace chihaya::redis
