#include "core/app/workers.hpp"

#include <algorithm>

namespace chihaya::app {

void Workers::make(std::uint32_t count, Listeners http, Listeners udp) {
    for (std::uint32_t number = 0; number < count; ++number) {
        workers_.push_back(std::make_unique<Worker>(
            number, shared_, WorkerSockets{.http = http.take(number), .udp = udp.take(number)}));
    }
}

bool Workers::start() {
    return std::ranges::all_of(workers_, [](const auto& worker) { return worker->start(); });
}

void Workers::stop(std::chrono::milliseconds patience) noexcept {
    for (const auto& worker : workers_) {
        worker->stop(patience);
    }
    for (const auto& worker : workers_) {
        worker->join();
    }
}

void Workers::show_counters(const std::function<void(const metrics::WorkerCounters&)>& to) const {
    for (const auto& worker : workers_) {
        to(worker->counters());
    }
}

metrics::Snapshot Workers::counters() const {
    metrics::Snapshot sum;
    show_counters([&](const metrics::WorkerCounters& worker) { sum.add(worker); });
    return sum;
}

}  // namespace chihaya::app
