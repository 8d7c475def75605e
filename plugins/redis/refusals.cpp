#include "plugins/redis/refusals.hpp"

#include <new>
#include <utility>

namespace chihaya::redis {

Refusals::~Refusals() {
    host_.forget(this);
    tell();
}

void Refusals::add(Answered& answered, std::uint32_t ticket, Status status) noexcept {
    try {
        refused_.push_back({&answered, ticket, status});
    } catch (const std::bad_alloc&) {
        return answered.failed(ticket, status);
    }
    const Task task = Task::to<&Refusals::tell>(*this);
    if (refused_.size() == 1 && !host_.post(task)) {
        host_.start_timer(std::chrono::milliseconds(0), task);
    }
}

void Refusals::tell() noexcept {
    std::swap(refused_, being_told_);
    for (const Refused& refused : being_told_) {
        refused.answered->failed(refused.ticket, refused.status);
    }
    being_told_.clear();
}

}  // namespace chihaya::redis
