#include "core/frontend/full_scrape.hpp"

#include "core/base/limits.hpp"
#include "core/wire/byte_writer.hpp"
#include "core/wire/scrape_reply.hpp"

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

namespace chihaya::frontend {
namespace {

using Entry = std::pair<InfoHash, SwarmCounts>;

// "flags", its key and number, and the ends of three dictionaries.
constexpr std::size_t around_the_swarms = 128;

/// Copies the counts of each swarm once.
class Collector final : public SwarmSink {
public:
    bool swarm(const SwarmRecord& swarm, std::span<const PeerRecord> /*peers*/) noexcept override {
        try {
            if (found.empty() || found.back().first != swarm.info_hash) {
                found.emplace_back(swarm.info_hash, swarm.counts);
            }
            return found.size() < limits::full_scrape_swarms_max;
        } catch (const std::exception&) {
            return false;
        }
    }

    std::vector<Entry> found;
};

std::string written(std::vector<Entry>& swarms, std::uint32_t min_request_interval) {
    std::ranges::sort(swarms, wire::sorts_before, &Entry::first);
    std::string body(swarms.size() * wire::scrape_swarm_max + around_the_swarms, '\0');
    wire::ByteWriter out(body);
    wire::open_scrape(out);
    for (const auto& [info_hash, counts] : swarms) {
        wire::write_swarm(out, info_hash, counts);
    }
    wire::close_scrape(out, min_request_interval);
    body.resize(out.size());
    body.shrink_to_fit();
    return body;
}

}  // namespace

std::shared_ptr<const std::string> FullScrape::body() noexcept {
    try {
        return state_.with([this](State& state) {
            const auto age = std::chrono::steady_clock::now() - state.made;
            const bool is_old = state.body == nullptr || age > limits::full_scrape_age;
            if (!is_old || state.being_made) {
                return state.body;
            }
            run_cold_([this] { make(); });
            state.being_made = true;
            return state.body;
        });
    } catch (const std::exception&) {
        return nullptr;
    }
}

void FullScrape::make() noexcept {
    std::shared_ptr<const std::string> made;
    try {
        Collector collector;
        if (tracker_.read_swarms(collector).ok()) {
            made = std::make_shared<const std::string>(
                written(collector.found, min_request_interval_));
        }
    } catch (const std::exception&) {
        made = nullptr;  // out of memory: the old one stays
    }
    state_.with([&](State& state) {
        state.being_made = false;
        if (made != nullptr) {
            state.body = std::move(made);
            state.made = std::chrono::steady_clock::now();
        }
    });
}

}  // namespace chihaya::frontend
