#include "plugins/redis/redis_session.hpp"

#include "plugins/redis/scripts.hpp"

#include <chrono>
#include <exception>

namespace chihaya::redis {
namespace {

constexpr std::chrono::milliseconds tick_pause{1000};

}  // namespace

RedisSession::RedisSession(Host& host, Shared& shared)
    : host_(host),
      due_lists_(shared.parameters.prefix),
      announces_(host, shared, due_lists_),
      scrapes_(host, shared),
      sweeper_(host, shared, due_lists_),
      heartbeat_(shared),
      shared_(shared),
      store_(make_store(host, shared.parameters, swarm_scripts())) {
    tick();
}

void RedisSession::announce(std::span<const AnnounceCall> batch) noexcept {
    announces_.send(*store_, batch);
    if (!has_timer_) {
        tick();  // memory was short when the timer should have been started
    }
}

void RedisSession::tick() noexcept {
    shared_.keep_time(to_second(host_.now()));
    try {
        if (store_->is_ready()) {
            heartbeat_.beat(*store_);
            sweeper_.look(*store_);
        }
    } catch (const std::exception& error) {
        host_.log(Severity::error, error.what());
    }
    store_->flush();
    has_timer_ =
        host_.start_timer(tick_pause, Task::to<&RedisSession::tick>(*this)) != TimerId::none;
}

}  // namespace chihaya::redis
