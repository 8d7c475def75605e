#include "plugins/gazelle/books/intake.hpp"

#include <exception>
#include <functional>
#include <thread>

namespace chihaya::gazelle {

Intake::List& Intake::list_of_this_thread() noexcept {
    static thread_local const std::size_t own =
        std::hash<std::thread::id>{}(std::this_thread::get_id());
    return lists_[own % lists_.size()];
}

std::size_t Intake::put(std::span<const AnnounceDelta> deltas) noexcept {
    std::size_t kept = 0;
    std::size_t nobodys = 0;
    try {
        List& list = list_of_this_thread();
        const std::lock_guard lock(list.mutex);
        for (const AnnounceDelta& delta : deltas) {
            if (delta.user == UserId::none || delta.torrent == TorrentId::none) {
                ++nobodys;
                continue;
            }
            list.entries.push_back(entry_of(delta));
            ++kept;
        }
    } catch (const std::exception&) {
        // No memory: those before it are there.
    }
    // Only the first one after a `take` wakes the other side: a call of the system costs more than
    // all of the above.
    if (kept > 0 && !has_some_.exchange(true)) {
        const std::lock_guard lock(waiting_);
        wakes_.notify_one();
    }
    return deltas.size() - kept - nobodys;
}

void Intake::wait_for(std::chrono::milliseconds time) {
    std::unique_lock lock(waiting_);
    wakes_.wait_for(lock, time, [this] { return is_stopped_ || has_some_.load(); });
}

void Intake::take(std::vector<Entry>& entries) {
    has_some_.store(false);
    for (List& list : lists_) {
        if (list.moving.empty()) {
            const std::lock_guard lock(list.mutex);
            list.moving.swap(list.entries);
        }
        entries.insert(entries.end(), list.moving.begin(), list.moving.end());
        list.moving.clear();
    }
}

void Intake::stop() noexcept {
    const std::lock_guard lock(waiting_);
    is_stopped_ = true;
    wakes_.notify_all();
}

}  // namespace chihaya::gazelle
