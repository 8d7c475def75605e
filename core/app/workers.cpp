#include "core/app/workers.hpp"

#include "core/base/limits.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <iterator>
#include <string_view>
#include <utility>

namespace chihaya::app {
namespace {

constexpr std::chrono::milliseconds no_patience{0};

/// Waits for several threads. Shared with them: one may come late.
class Countdown {
public:
    explicit Countdown(std::size_t count) : left_(count) {}

    void one_less() noexcept {
        const std::lock_guard lock(mutex_);
        --left_;
        changed_.notify_all();
    }
    [[nodiscard]] bool wait_for(std::chrono::milliseconds patience) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, patience, [this] { return left_ == 0; });
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::size_t left_;
};

/// What `left` has and `right` has not.
std::vector<net::Place> without(const std::vector<net::Place>& left,
                                const std::vector<net::Place>& right) {
    std::vector<net::Place> rest;
    std::ranges::copy_if(left, std::back_inserter(rest), [&](const net::Place& place) {
        return std::ranges::find(right, place) == right.end();
    });
    return rest;
}

}  // namespace

bool Workers::adopt(std::shared_ptr<const WorkerSettings> settings, Prepared prepared, bool rests) {
    const std::lock_guard lock(changing_);
    const auto now = std::chrono::steady_clock::now();
    const Posts before = std::exchange(posts_, std::move(prepared.posts));
    settings_ = std::move(settings);
    std::erase_if(chosen_, [&](const Chosen& one) {
        const auto& wanted = one.transport == net::Transport::tcp ? posts_.http : posts_.udp;
        return std::ranges::find(wanted, one.place) == wanted.end();
    });
    chosen_.insert(chosen_.end(), prepared.chosen.begin(), prepared.chosen.end());
    const auto given_up = without(before.http, posts_.http);
    std::vector<net::Place> resumed;
    std::erase_if(draining_, [&](const Draining& one) {
        const bool is_wanted = std::ranges::find(posts_.http, one.place) != posts_.http.end();
        if (is_wanted) {
            resumed.push_back(one.place);
        }
        return is_wanted;
    });
    for (const net::Place& place : given_up) {
        draining_.push_back({place, now + limits::listener_drain_time});
    }
    std::erase_if(closing_, [now](const Draining& one) { return one.until < now; });
    for (const net::Place& place : without(before.udp, posts_.udp)) {
        closing_.push_back({place, now + limits::listener_drain_time});
    }
    if (before.workers > posts_.workers) {
        steer(posts_.workers);
        leave_at_ = now + limits::listener_drain_time;
    }
    bool all_serve = true;
    members_.resize(std::max<std::size_t>(members_.size(), posts_.workers));
    for (std::uint32_t number = 0; number < members_.size(); ++number) {
        Member& member = members_[number];
        const bool stays = number < posts_.workers;
        WorkerChange change;
        if (stays && number < prepared.sockets.size()) {
            change.http = std::move(prepared.sockets[number].http);
            change.udp = std::move(prepared.sockets[number].udp);
        }
        if (member.worker == nullptr) {
            change.rests = rests;
            all_serve = all_serve && (!stays || begin(number, std::move(change)));
            continue;
        }
        change.settings = settings_;
        change.resumed_http = resumed;
        change.drained_http = given_up;
        change.finished_udp = without(member.udp, posts_.udp);
        if (member.leaves != !stays) {
            change.leaves = member.leaves = !stays;
        }
        member.udp = without(member.udp, change.finished_udp);
        if (stays) {
            const auto more = without(posts_.http, member.http);
            member.http.insert(member.http.end(), more.begin(), more.end());
            member.udp = posts_.udp;
        }
        member.worker->adopt(std::move(change));
    }
    if (is_steered_) {
        steer(somebody_leaves() ? posts_.workers : 0);
    }
    forget_given();
    counting_.with([&](Counting& counting) { counting.workers = posts_.workers; });
    return all_serve;
}

bool Workers::begin(std::uint32_t number, WorkerChange first) {
    Member& member = members_[number];
    bool begins = false;
    try {
        member.worker = std::make_unique<Worker>(number, shared_, counters_of(number));
        begins = member.worker->start(settings_, std::move(first));
    } catch (const std::exception& error) {  // no thread, descriptor or memory for it
        shared_.log.write(Severity::error, "worker", "a worker cannot begin",
                          {{"reason", std::string_view(error.what())}});
    }
    if (!begins) {
        member.worker.reset();
        posts_.workers = number;
        return false;
    }
    member.http = posts_.http;
    member.udp = posts_.udp;
    member.leaves = false;
    return true;
}

metrics::WorkerCounters& Workers::counters_of(std::uint32_t number) {
    return *counting_.with([&](Counting& counting) {
        while (counting.of_worker.size() <= number) {
            counting.of_worker.push_back(std::make_unique<metrics::WorkerCounters>());
            on_counters_(*counting.of_worker.back());
        }
        return counting.of_worker[number].get();
    });
}

std::optional<Workers::Moment> Workers::tend(Moment now) {
    const std::lock_guard lock(changing_);
    finish_drained(now);
    end_those_who_left(now);
    std::optional<Moment> next;
    for (const Draining& one : draining_) {
        next = std::min(next.value_or(one.until), one.until);
    }
    if (somebody_leaves()) {
        constexpr std::chrono::milliseconds look_again{100};
        const Moment then = std::max(leave_at_, now + look_again);
        next = std::min(next.value_or(then), then);
    } else if (is_steered_) {
        steer(0);
    }
    return next;
}

void Workers::finish_drained(Moment now) {
    std::vector<net::Place> done;
    std::erase_if(draining_, [&](const Draining& one) {
        if (one.until > now) {
            return false;
        }
        done.push_back(one.place);
        return true;
    });
    for (Member& member : members_) {
        if (!done.empty() && member.worker != nullptr) {
            WorkerChange change;
            change.finished_http = done;
            member.http = without(member.http, done);
            member.worker->adopt(std::move(change));
        }
    }
}

void Workers::end_those_who_left(Moment now) {
    for (Member& member : members_) {
        if (!member.leaves || member.worker == nullptr || now < leave_at_) {
            continue;
        }
        if (!member.http.empty() || !member.udp.empty()) {
            WorkerChange change;
            change.finished_http = std::exchange(member.http, {});
            change.finished_udp = std::exchange(member.udp, {});
            member.worker->adopt(std::move(change));
        } else if (!member.worker->has_connections()) {
            member.worker->stop(no_patience);
            member.worker->join();
            member = {};
        }
    }
    while (!members_.empty() && members_.back().worker == nullptr) {
        members_.pop_back();
    }
}

bool Workers::somebody_leaves() const noexcept {
    return std::ranges::any_of(members_, &Member::leaves);
}

/// The first worker has a socket of every place.
void Workers::steer(std::uint32_t sockets) {
    is_steered_ = sockets != 0;
    if (!members_.empty() && members_.front().worker != nullptr) {
        WorkerChange change;
        change.steer_to = sockets;
        members_.front().worker->adopt(std::move(change));
    }
}

void Workers::stop(std::chrono::milliseconds patience) noexcept {
    given_.forget_but({});
    for (const Member& member : members_) {
        if (member.worker != nullptr) {
            member.worker->stop(patience);
        }
    }
    for (const Member& member : members_) {
        if (member.worker != nullptr) {
            member.worker->join();
        }
    }
}

void Workers::for_each(const std::function<void(Worker&)>& work) {
    for (const Member& member : members_) {
        if (member.worker != nullptr) {
            work(*member.worker);
        }
    }
}

bool Workers::with_front_ends(const FrontEndWork& work, std::chrono::milliseconds patience) {
    std::shared_ptr<Countdown> done;
    {
        const std::lock_guard lock(changing_);
        std::size_t number = 0;
        for_each([&](Worker& /*worker*/) { ++number; });
        done = std::make_shared<Countdown>(std::exchange(number, 0));
        for_each([&](Worker& worker) {
            worker.with_front_ends([work, number, done](auto& http, auto& udp) {
                work(number, http, udp);
                done->one_less();
            });
            ++number;
        });
    }
    return done->wait_for(patience);
}

void Workers::show_pulses(const std::function<void(const Pulse&)>& each) {
    const std::lock_guard lock(changing_);
    for_each([&](Worker& worker) {
        each({.name = worker.name(), .post = [&worker](std::function<void()> work) {
                  worker.post(std::move(work));
              }});
    });
}

void Workers::change_sessions(
    const std::function<void(std::size_t number, SessionChange& change)>& part) {
    std::size_t number = 0;
    for_each([&](Worker& worker) {
        worker.change_session([number, part](SessionChange& change) { part(number, change); });
        ++number;
    });
}

bool Workers::change_sessions(
    const std::function<void(std::size_t number, SessionChange& change)>& part,
    std::chrono::milliseconds patience) {
    const auto done = std::make_shared<Countdown>(count());
    change_sessions([part, done](std::size_t number, SessionChange& change) {
        part(number, change);
        done->one_less();
    });
    return done->wait_for(patience);
}

std::size_t Workers::count() {
    const std::lock_guard lock(changing_);
    std::size_t count = 0;
    for_each([&](Worker& /*worker*/) { ++count; });
    return count;
}

metrics::PopularityTotals Workers::popular_clients() {
    metrics::PopularityTotals totals;
    counting_.with([&](const Counting& counting) {
        for (const auto& counters : counting.of_worker) {
            counters->popularity.add_clients_to(totals, std::chrono::steady_clock::now());
        }
    });
    metrics::settle(totals);
    return totals;
}

metrics::PopularityTotals Workers::popular_swarms() {
    metrics::PopularityTotals totals;
    counting_.with([&](const Counting& counting) {
        for (const auto& counters : counting.of_worker) {
            counters->popularity.add_swarms_to(totals, std::chrono::steady_clock::now());
        }
    });
    metrics::settle(totals);
    return totals;
}

metrics::Snapshot Workers::counters() {
    metrics::Snapshot sum;
    counting_.with([&](const Counting& counting) {
        for (const auto& counters : counting.of_worker) {
            sum.add(*counters);
        }
        sum.workers = counting.workers;
    });
    return sum;
}

}  // namespace chihaya::app
