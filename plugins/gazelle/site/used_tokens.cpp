#include "plugins/gazelle/site/used_tokens.hpp"

#include <algorithm>
#include <exception>
#include <span>

namespace chihaya::gazelle {
namespace {

std::pair<std::uint64_t, std::uint64_t> pair_of(const UsedToken& token) noexcept {
    return {static_cast<std::uint64_t>(token.user), static_cast<std::uint64_t>(token.torrent)};
}

}  // namespace

UsedTokens::UsedTokens(Host& log, RegistrySink& registry, std::unique_ptr<TokenEnd> end,
                       TokenPace pace)
    : log_(log), registry_(registry), end_(std::move(end)), pace_(pace) {}

void UsedTokens::start() {
    if (end_) {
        thread_ = std::thread([this] { run(); });
    }
}

void UsedTokens::stop() noexcept {
    if (!thread_.joinable()) {
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    end_->interrupt();
    wakes_.notify_all();
    thread_.join();
}

void UsedTokens::take(const UsedToken& token) noexcept {
    if (!end_) {
        return;
    }
    const std::lock_guard lock(mutex_);
    try {
        if (!known_.insert(pair_of(token)).second) {
            return;
        }
        if (waiting_.empty()) {
            due_ = Clock::now() + std::max(pace_.collect, pause_);
        }
        waiting_.push_back(token);
        if (waiting_.size() > pace_.waiting_max) {
            drop_oldest();
        }
    } catch (const std::exception&) {  // no memory: as one that is dropped
        known_.erase(pair_of(token));
        ++dropped_;
    }
    wakes_.notify_all();
}

/// One that was not even withdrawn is left to the next announce of its user.
void UsedTokens::drop_oldest() noexcept {
    known_.erase(pair_of(waiting_.front()));
    waiting_.pop_front();
    withdrawn_ -= withdrawn_ > 0 ? 1 : 0;
    ++front_;
    ++dropped_;
}

std::size_t UsedTokens::waiting() const noexcept {
    const std::lock_guard lock(mutex_);
    return waiting_.size();
}

void UsedTokens::report(MetricSink& sink) const noexcept {
    const std::lock_guard lock(mutex_);
    sink.gauge("tokens_waiting", static_cast<double>(waiting_.size()));
    sink.counter("tokens_ended", ended_);
    sink.counter("tokens_dropped", dropped_);
    sink.counter("token_calls_failed", failures_);
}

void UsedTokens::run() noexcept {
    Lock lock(mutex_);
    while (!stopping_) {
        try {
            turn(lock);
        } catch (const std::exception&) {  // no memory: later
            if (!lock.owns_lock()) {
                lock.lock();
            }
            due_ = Clock::now() + pace_.pause_least;
        }
    }
}

bool UsedTokens::is_time() const {
    const bool is_full = pause_.count() == 0 && waiting_.size() >= limits::tokens_per_call;
    return !waiting_.empty() && (is_full || Clock::now() >= due_);
}

void UsedTokens::turn(Lock& lock) {
    if (withdrawn_ > 0 && Clock::now() - reminded_ >= limits::token_reminder) {
        withdrawn_ = 0;  // or a load of the site's database would bring them back
    }
    if (withdrawn_ < waiting_.size()) {
        return withdraw(lock);
    }
    if (is_time()) {
        return call(lock);
    }
    if (waiting_.empty()) {
        wakes_.wait(lock);
    } else {
        wakes_.wait_until(lock, due_);
    }
}

void UsedTokens::withdraw(Lock& lock) {
    std::vector<TokenRecord> tokens;
    const std::size_t count = std::min(waiting_.size() - withdrawn_, limits::load_piece);
    for (std::size_t i = 0; i < count; ++i) {
        const UsedToken& token = waiting_[withdrawn_ + i];
        tokens.push_back({.user = token.user, .info_hash = token.info_hash});
    }
    if (withdrawn_ == 0) {
        reminded_ = Clock::now();
    }
    const std::uint64_t end = front_ + withdrawn_ + count;
    lock.unlock();
    const Status taken = registry_.erase_tokens(tokens);
    lock.lock();
    if (!taken.ok()) {
        wakes_.wait_for(lock, pace_.pause_least, [this] { return stopping_; });
    } else if (end > front_) {
        withdrawn_ = end - front_;
    }
}

void UsedTokens::call(Lock& lock) {
    const std::vector<UsedToken> all(
        waiting_.begin(), waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(
                                                 waiting_.size(), limits::tokens_per_call)));
    const auto tokens = std::span(all).first(end_->fit(all));
    const std::uint64_t end = front_ + tokens.size();
    lock.unlock();
    const TokensEnded ended = end_->end(tokens);
    lock.lock();
    // Some may have been dropped meanwhile.
    settle(ended, end > front_ ? static_cast<std::size_t>(end - front_) : 0);
}

void UsedTokens::settle(const TokensEnded& ended, std::size_t count) {
    if (ended.outcome == TokenOutcome::done) {
        ended_ += count;
        for (; count > 0; --count, --withdrawn_, ++front_) {
            known_.erase(pair_of(waiting_.front()));
            waiting_.pop_front();
        }
        pause_ = {};
        due_ = Clock::now() + pace_.collect;
        if (std::exchange(has_complained_, false)) {
            log_.log(Severity::info, "the site ends used tokens again");
        }
        was_refused_ = false;
        return;
    }
    ++failures_;
    pause_ = std::clamp(2 * pause_, pace_.pause_least, pace_.pause_most);
    due_ = Clock::now() + pause_;
    if (!stopping_) {
        complain(ended);
    }
}

/// Once for each kind of trouble, until it is over.
void UsedTokens::complain(const TokensEnded& ended) {
    if (ended.outcome == TokenOutcome::refused && !was_refused_) {
        was_refused_ = has_complained_ = true;
        log_.log(Severity::error,
                 "the site refuses token expiry: " + ended.text +
                     ", accepted is status 200 with an empty body (or the UPDATE, with "
                     "token_expiry=sql): let the site's TRACKER_HOST be this address and its "
                     "TRACKER_SECRET the site_password; until then it is tried again");
    } else if (ended.outcome == TokenOutcome::failed && !has_complained_) {
        has_complained_ = true;
        log_.log(Severity::warning,
                 "used tokens are not ended: " + ended.text +
                     "; accepted is status 200 with an empty body; it is tried again, the tokens "
                     "are of no use meanwhile");
    }
}

}  // namespace chihaya::gazelle
