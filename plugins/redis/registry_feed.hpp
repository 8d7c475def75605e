#pragma once

/// @file registry_feed.hpp
/// Follows the changes of the registry in Redis, with a thread and a connection of its own.

#include "chihaya/registry.hpp"
#include "plugins/redis/client.hpp"
#include "plugins/redis/parameters.hpp"
#include "plugins/redis/registry_keys.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace chihaya::redis {

/// Changes are numbered within an epoch, which begins when there was no registry at all. A number
/// that is missing, a server that is another one or has been started again, a count that went back:
/// each may mean that changes were missed.
struct FeedPlace {
    std::string id = "0-0";    // of the stream's entry
    std::uint64_t epoch = 0;   // 0: there is no registry yet
    std::uint64_t number = 0;  // of the change
    std::string server{};      // its run_id
};

/// Thread: as TrackerDriver says of `follow` and `unfollow`; the rest from any
class RegistryFeed {
public:
    /// Lifetime: all three outlive it
    RegistryFeed(Host& log, const Parameters& parameters, const RegistryKeys& keys) noexcept
        : log_(log), parameters_(parameters), keys_(keys) {}
    ~RegistryFeed() { stop(); }
    RegistryFeed(const RegistryFeed&) = delete;
    RegistryFeed& operator=(const RegistryFeed&) = delete;

    /// Passes on to `sink` what is committed from now on. When Redis is away it begins with a
    /// lapse once that is back.
    Status start(RegistrySink& sink) noexcept;
    void stop() noexcept;

    /// Nothing is passed on while the lock is held.
    [[nodiscard]] std::unique_lock<std::mutex> pause() { return std::unique_lock(passing_on_); }

    /// A load has failed, so there will be another lapse when Redis answers.
    void want_load() noexcept { has_missed_ = true; }

    /// The first epoch that was seen is the one whose records this process holds: 0 while none was.
    void see_epoch(std::uint64_t epoch) noexcept;
    /// It holds those of this epoch instead.
    void adopt_epoch(std::uint64_t epoch) noexcept { epoch_ = epoch; }
    [[nodiscard]] std::uint64_t known_epoch() const noexcept { return epoch_; }

    /// Logs, once, that there are records of another form.
    void tell_of_unsound(std::string_view where) noexcept;

private:
    using Clock = std::chrono::steady_clock;

    void run() noexcept;
    bool follow_on();
    [[nodiscard]] std::optional<FeedPlace> find_end();
    bool check_place();
    bool read_some();
    bool pass_on(const Reply& entry);
    void deliver(std::string_view kind, std::string_view data);
    template <class Record, class Take>
    void deliver_records(std::string_view data, Take take);
    void tell_of_lapse() noexcept;
    void rest();

    Host& log_;
    const Parameters& parameters_;
    const RegistryKeys& keys_;
    std::atomic<std::uint64_t> epoch_{0};
    std::atomic<bool> has_missed_{false};
    std::atomic<bool> has_told_{false};

    std::mutex passing_on_;
    std::mutex mutex_;
    std::condition_variable stops_;
    bool stopping_ = false;  // under `mutex_`

    // The thread's, while there is one.
    RegistrySink* sink_ = nullptr;
    std::unique_ptr<Client> client_;
    std::optional<FeedPlace> place_;  // of the last change that was passed on
    bool is_sure_ = false;            // of `place_`: nothing has happened that could have moved it
    Clock::time_point lapsed_at_{};
    std::thread thread_;
};

}  // namespace chihaya::redis
