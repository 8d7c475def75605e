#pragma once

/// @file redis_session.hpp
/// One worker's way into Redis.

#include "chihaya/tracker_driver.hpp"
#include "plugins/redis/announces.hpp"
#include "plugins/redis/due_lists.hpp"
#include "plugins/redis/heartbeat.hpp"
#include "plugins/redis/scrapes.hpp"
#include "plugins/redis/shared.hpp"
#include "plugins/redis/store.hpp"
#include "plugins/redis/sweeper.hpp"

#include <memory>
#include <span>

namespace chihaya::redis {

class RedisSession final : public TrackerSession {
public:
    /// Lifetime: both outlive the session
    /// Errors:   std::bad_alloc
    RedisSession(Host& host, Shared& shared);
    ~RedisSession() { host_.forget(this); }
    RedisSession(const RedisSession&) = delete;
    RedisSession& operator=(const RedisSession&) = delete;

    void announce(std::span<const AnnounceCall> batch) noexcept override;
    void scrape(std::span<const ScrapeCall> batch) noexcept override {
        scrapes_.send(*store_, batch);
    }
    void release() noexcept override { delete this; }

private:
    void tick() noexcept;

    Host& host_;
    DueLists due_lists_;
    Announces announces_;
    Scrapes scrapes_;
    Sweeper sweeper_;
    Heartbeat heartbeat_;
    Shared& shared_;
    bool has_timer_ = false;
    std::unique_ptr<Store> store_;  // goes first: it tells the others what has failed
};

}  // namespace chihaya::redis
