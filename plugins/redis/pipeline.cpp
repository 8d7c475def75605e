#include "plugins/redis/pipeline.hpp"

#include <algorithm>
#include <cstring>
#include <new>

namespace chihaya::redis {
namespace {

constexpr std::size_t first_ring = 64;
constexpr std::size_t first_bytes = std::size_t{16} * 1024;
constexpr std::size_t kept_bytes = std::size_t{1024} * 1024;
constexpr std::size_t bytes_max = std::size_t{64} * 1024 * 1024;

}  // namespace

bool Pipeline::add(const Request& request, Purpose purpose, std::uint32_t since) noexcept {
    const std::size_t size = request.command.size();
    if ((purpose == Purpose::command && count_ >= limit_) || size > bytes_max - (end_ - head_)) {
        return false;
    }
    try {
        if (count_ == ring_.size()) {
            grow_ring();
        }
        if (size > capacity_ - end_) {
            make_room(size);
        }
    } catch (const std::bad_alloc&) {
        return false;
    }
    std::memcpy(bytes_.get() + end_, request.command.data(), size);
    end_ += size;
    ring_[(first_ + count_) & (ring_.size() - 1)] = {.answered = request.answered,
                                                     .ticket = request.ticket,
                                                     .size = static_cast<std::uint32_t>(size),
                                                     .since = since,
                                                     .slot = request.slot,
                                                     .tries = request.tries,
                                                     .purpose = purpose};
    ++count_;
    return true;
}

void Pipeline::pop() noexcept {
    head_ += oldest().size;
    sent_ = std::max(sent_, head_);  // it will not be sent any more
    first_ = (first_ + 1) & (ring_.size() - 1);
    --count_;
    if (count_ != 0) {
        return;
    }
    head_ = sent_ = end_ = 0;
    if (capacity_ > kept_bytes) {
        bytes_.reset();
        capacity_ = 0;
    }
}

void Pipeline::grow_ring() {
    std::vector<Waiting> larger(std::max(first_ring, 2 * ring_.size()));
    for (std::size_t i = 0; i < count_; ++i) {
        larger[i] = ring_[(first_ + i) & (ring_.size() - 1)];
    }
    ring_ = std::move(larger);
    first_ = 0;
}

// Moves what is there to the front where that frees half, so that it is moved once per half.
void Pipeline::make_room(std::size_t size) {
    const std::size_t used = end_ - head_;
    if (used + size > capacity_ / 2) {
        const std::size_t larger = std::max({first_bytes, 2 * capacity_, 2 * (used + size)});
        auto bytes = std::make_unique_for_overwrite<char[]>(larger);
        if (used != 0) {
            std::memcpy(bytes.get(), bytes_.get() + head_, used);
        }
        bytes_ = std::move(bytes);
        capacity_ = larger;
    } else {
        std::memmove(bytes_.get(), bytes_.get() + head_, used);
    }
    sent_ -= head_;
    end_ = used;
    head_ = 0;
}

}  // namespace chihaya::redis
