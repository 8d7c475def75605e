#pragma once

/// @file used_tokens.hpp
/// Used freeleech tokens on their way to the site, which ends them.

#include "chihaya/host.hpp"
#include "chihaya/registry.hpp"
#include "plugins/gazelle/limits.hpp"
#include "plugins/gazelle/site/token_end.hpp"

#include <boost/unordered/unordered_flat_set.hpp>

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace chihaya::gazelle {

/// How long is waited for what. Tests are in a hurry.
struct TokenPace {
    std::chrono::milliseconds collect{1'000};  // until a call that is not full is made
    std::chrono::milliseconds pause_least{1'000};
    std::chrono::milliseconds pause_most{60'000};  // between attempts
    std::size_t waiting_max = limits::tokens_waiting_max;
};

/// A used token is withdrawn from the registry at once, by a thread of its own. The site is told in
/// calls of many pairs, again and again until it takes them.
///
/// After a restart nothing is repeated: a token whose end the site has not heard of is loaded again
/// and may be used once more.
///
/// Thread: any, unless said otherwise
class UsedTokens {
public:
    /// `end` null: nothing is done, a token is good until the site ends it by itself.
    /// Lifetime: log and registry outlive it
    UsedTokens(Host& log, RegistrySink& registry, std::unique_ptr<TokenEnd> end,
               TokenPace pace = {});
    ~UsedTokens() { stop(); }
    UsedTokens(const UsedTokens&) = delete;
    UsedTokens& operator=(const UsedTokens&) = delete;

    /// Errors: std::system_error when there is no thread to be had
    void start();

    /// What waits is given up: see above. Takes less than a second, unless the system is looking up
    /// the site's name. Thread: the one that has started it
    void stop() noexcept;

    /// Takes over a token that was used. Never waits for anybody.
    void take(const UsedToken& token) noexcept;

    /// Pairs that wait.
    [[nodiscard]] std::size_t waiting() const noexcept;

    void report(MetricSink& sink) const noexcept;

private:
    using Clock = std::chrono::steady_clock;
    using Lock = std::unique_lock<std::mutex>;
    using Pair = std::pair<std::uint64_t, std::uint64_t>;  // user, torrent

    void run() noexcept;
    void turn(Lock& lock);
    void withdraw(Lock& lock);
    void call(Lock& lock);
    void settle(const TokensEnded& ended, std::size_t count);
    void complain(const TokensEnded& ended);
    [[nodiscard]] bool is_time() const;
    void drop_oldest() noexcept;

    Host& log_;
    RegistrySink& registry_;
    const std::unique_ptr<TokenEnd> end_;
    const TokenPace pace_;

    mutable std::mutex mutex_;
    std::condition_variable wakes_;
    // Under `mutex_`.
    bool stopping_ = false;
    std::deque<UsedToken> waiting_;  // the first `withdrawn_` are out of the registry
    boost::unordered_flat_set<Pair> known_;
    std::size_t withdrawn_ = 0;
    std::uint64_t front_ = 0;  // how many have left `waiting_` at its front
    std::uint64_t dropped_ = 0;
    std::uint64_t ended_ = 0;
    std::uint64_t failures_ = 0;
    bool has_complained_ = false;
    bool was_refused_ = false;
    std::chrono::milliseconds pause_{0};  // before the next call; 0: the last one went well
    Clock::time_point due_{};             // of the next call, while any waits
    Clock::time_point reminded_{};        // when all that wait were last withdrawn

    std::thread thread_;
};

}  // namespace chihaya::gazelle
