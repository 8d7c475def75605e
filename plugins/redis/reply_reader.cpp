#include "plugins/redis/reply_reader.hpp"

#include <hiredis/read.h>

#include <algorithm>
#include <exception>
#include <new>

namespace chihaya::redis {
namespace {

// The parser moves what it has not read yet to the front of its buffer again and again: little at a
// time is much faster.
constexpr std::size_t piece_bytes = std::size_t{4} * 1024;

}  // namespace

/// What hiredis calls to make a reply. The arena owns what is made, so nothing is freed. Returning
/// nullptr breaks the reader.
struct ReplyReader::Making {
    static ReplyReader& reader_of(const redisReadTask* task) noexcept {
        return *static_cast<ReplyReader*>(task->privdata);
    }

    /// The place in the array that `task` is an element of, or a place of its own.
    static Reply& place(const redisReadTask* task, ReplyReader& reader) {
        if (task->parent != nullptr) {
            return ReplyArena::item(*static_cast<Reply*>(task->parent->obj),
                                    static_cast<std::size_t>(task->idx));
        }
        reader.arena_.clear();
        reader.elements_ = 0;
        return reader.arena_.make();
    }

    template <class Set>
    static void* make(const redisReadTask* task, Set set) noexcept {
        try {
            ReplyReader& reader = reader_of(task);
            Reply& reply = place(task, reader);
            set(reader, reply);
            return &reply;
        } catch (const std::bad_alloc&) {
            return nullptr;
        }
    }

    static void* text(const redisReadTask* task, char* bytes, std::size_t size) noexcept {
        const auto kind = task->type == REDIS_REPLY_ERROR    ? Reply::Kind::error
                          : task->type == REDIS_REPLY_STATUS ? Reply::Kind::status
                                                             : Reply::Kind::text;
        return make(task, [&](ReplyReader& reader, Reply& reply) {
            reader.arena_.set_text(reply, kind, {bytes, size});
        });
    }

    static void* array(const redisReadTask* task, int size) noexcept {
        const auto items = static_cast<std::size_t>(std::max(size, 0));
        return make(task, [&](ReplyReader& reader, Reply& reply) {
            if (items > reader.limits_.elements - reader.elements_) {
                throw std::bad_alloc();
            }
            reader.elements_ += items;
            reader.arena_.set_array(reply, items);
        });
    }

    static void* integer(const redisReadTask* task, long long value) noexcept {
        return make(task, [&](ReplyReader& reader, Reply& reply) {
            reader.arena_.set_integer(reply, value);
        });
    }

    static void* nil(const redisReadTask* task) noexcept {
        return make(task, [](ReplyReader& reader, Reply& reply) { reader.arena_.set_nil(reply); });
    }

    static void free(void* /*reply*/) noexcept {}

    static redisReplyObjectFunctions* functions() noexcept {
        static redisReplyObjectFunctions all{&text, &array, &integer, &nil, &free};
        return &all;
    }
};

void ReplyReader::Free::operator()(redisReader* reader) const noexcept {
    redisReaderFree(reader);
}

ReplyReader::ReplyReader(ReplyLimits limits) : limits_(limits) {
    reset();
}

ReplyReader::~ReplyReader() = default;

void ReplyReader::reset() {
    reader_.reset(redisReaderCreateWithFunctions(Making::functions()));
    if (reader_ == nullptr) {
        throw std::bad_alloc();
    }
    reader_->privdata = this;
    reader_->maxbuf = 0;  // keep the buffer when it is empty: it will be needed again
    ahead_ = {};
    elements_ = 0;
    bytes_ = 0;
    fault_.clear();
}

void ReplyReader::take(std::string_view bytes) noexcept {
    ahead_ = bytes;
}

const Reply* ReplyReader::next() noexcept {
    if (broken()) {
        return nullptr;
    }
    for (;;) {
        void* reply = nullptr;
        if (redisReaderGetReply(reader_.get(), &reply) != REDIS_OK) {
            fault_ = reader_->err == REDIS_ERR_OOM ? "a reply that is too large"
                                                   : "what is no reply of Redis";
            return nullptr;
        }
        if (reply != nullptr) {
            bytes_ = reader_->len - reader_->pos;
            return static_cast<const Reply*>(reply);
        }
        if (ahead_.empty()) {
            return nullptr;
        }
        const std::string_view piece = ahead_.substr(0, piece_bytes);
        ahead_.remove_prefix(piece.size());
        bytes_ += piece.size();
        if (bytes_ > limits_.bytes ||
            redisReaderFeed(reader_.get(), piece.data(), piece.size()) != REDIS_OK) {
            fault_ = "a reply that is too large";
            return nullptr;
        }
    }
}

}  // namespace chihaya::redis
