#include "plugins/memory/memory_session.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <random>

namespace chihaya::memory {
namespace {

using std::chrono::milliseconds;

constexpr Status out_of_memory{StatusCode::unavailable, "out of memory"};
constexpr milliseconds sweep_pause{250};
constexpr milliseconds sweep_on{1};

std::uint64_t draw_seed() {
    std::random_device device;
    return (std::uint64_t{device()} << 32U) | device();
}

Sighting sighting_of(const AnnounceRequest& request, const Moment& now) noexcept {
    Sighting sighting;
    sighting.ipv4 = request.ipv4.present() ? request.ipv4 : Ipv4Endpoint{};
    sighting.ipv6 = request.ipv6.present() ? request.ipv6 : Ipv6Endpoint{};
    sighting.peer_id = request.peer_id;
    sighting.user = request.user;
    sighting.uploaded = request.uploaded;
    sighting.downloaded = request.downloaded;
    sighting.left = request.left;
    sighting.corrupt = request.corrupt;
    sighting.client_key = request.key;
    sighting.new_stay = request.event == Event::started;
    sighting.at = now;
    if (request.left == 0) {
        sighting.flags = PeerFlags::seeder;
    } else if (request.event == Event::paused) {
        sighting.flags = PeerFlags::paused;
    }
    if (has(request.flags, AnnounceFlags::hidden)) {
        sighting.flags = sighting.flags | PeerFlags::hidden;
    }
    return sighting;
}

}  // namespace

MemorySession::MemorySession(MemoryDriver& driver, Host& host)
    : driver_(driver), host_(host), chooser_(draw_seed()), swept_(host.now()) {
    farewells_.reserve(SweepSlice::farewells_max);
    look_at_clock();
    start_timer(sweep_pause);
}

Moment MemorySession::look_at_clock() noexcept {
    const Moment now = driver_.rules().ticks.moment(host_.now());
    driver_.keep_time(now);
    return now;
}

void MemorySession::release() noexcept {
    if (has_accounts_) {
        driver_.note_accounts();
    }
    delete this;
}

void MemorySession::announce(std::span<const AnnounceCall> batch) noexcept {
    const Rules rules = driver_.rules();
    const Moment now = look_at_clock();
    while (!batch.empty()) {
        const auto round = batch.first(std::min(round_max, batch.size()));
        has_accounts_ = has_accounts_ || round.front().request->user != UserId::none;
        announce_round(round, rules, now);
        batch = batch.subspan(round.size());
    }
    if (!timer_runs_) {
        start_timer(sweep_pause);  // memory was short when it should have been started
    }
}

void MemorySession::announce_round(std::span<const AnnounceCall> round, const Rules& rules,
                                   const Moment& now) noexcept {
    std::array<std::uint64_t, round_max> hashes{};
    for (std::size_t i = 0; i < round.size(); ++i) {
        hashes[i] = driver_.hash(round[i].request->info_hash);
    }
    fetch_ahead(std::span(hashes).first(round.size()));
    for (std::size_t i = 0; i < round.size(); ++i) {
        AnnounceReply reply;
        try {
            driver_.shard_of(hashes[i]).swarms.with([&](SwarmTable& table) {
                const Surroundings in{table.heap(), driver_.secret(), rules, now};
                announce_one(*round[i].request, hashes[i], in, table, reply);
            });
        } catch (const std::bad_alloc&) {
            round[i].sink->failed(out_of_memory);
            continue;
        }
        round[i].sink->done(reply);
    }
}

void MemorySession::announce_one(const AnnounceRequest& request, std::uint64_t hash,
                                 const Surroundings& in, SwarmTable& table, AnnounceReply& reply) {
    const auto low = static_cast<std::uint32_t>(hash);
    const Sighting sighting = sighting_of(request, in.now);
    if (request.event == Event::stopped) {
        Swarm* const swarm = table.find(low, request.info_hash);
        if (swarm != nullptr) {
            const EmptySwarm empty(table, *swarm, in.rules);
            table.change(*swarm, [&] { reply.history = swarm->leave(sighting, in).history; });
            reply.counts = swarm->counts();
        }
        return;
    }
    Swarm& swarm = table.find_or_add(low, request.info_hash, in.now.tick);
    const EmptySwarm empty(table, swarm, in.rules);
    Seen seen;
    table.change(swarm, [&] { seen = swarm.see(sighting, in); });
    reply.history = seen.history;
    if (request.event == Event::completed && request.left == 0 && !seen.history.was_seeder) {
        swarm.count_snatch();
    }
    reply.counts = swarm.counts();
    chooser_.choose(swarm, request, seen, in, reply);
}

void MemorySession::fetch_ahead(std::span<const std::uint64_t> hashes) noexcept {
    if (hashes.size() < 2) {
        return;
    }
    for (const std::uint64_t hash : hashes) {
        prefetch_line(&driver_.shard_of(hash));
        prefetch_line(reinterpret_cast<const char*>(&driver_.shard_of(hash)) + 64);
    }
    for (const std::uint64_t hash : hashes) {
        const IndexHint& hint = driver_.shard_of(hash).hint;
        const std::uint32_t mask = hint.mask.load(std::memory_order_relaxed);
        const std::uint32_t* const table = hint.table.load(std::memory_order_relaxed);
        if (table != nullptr) {
            prefetch_line(table + (static_cast<std::uint32_t>(hash) & mask));
        }
    }
    for (const std::uint64_t hash : hashes) {
        driver_.shard_of(hash).swarms.with(
            [&](const SwarmTable& table) { table.prefetch(static_cast<std::uint32_t>(hash)); });
    }
    for (const std::uint64_t hash : hashes) {
        driver_.shard_of(hash).swarms.with([&](const SwarmTable& table) {
            table.prefetch_peers(static_cast<std::uint32_t>(hash));
        });
    }
}

void MemorySession::scrape(std::span<const ScrapeCall> batch) noexcept {
    for (const ScrapeCall& call : batch) {
        try {
            scrape_one(*call.request, *call.sink);
        } catch (const std::bad_alloc&) {
            call.sink->failed(out_of_memory);
        }
    }
}

void MemorySession::scrape_one(const ScrapeRequest& request, ScrapeSink& sink) {
    counts_.clear();
    std::array<std::uint64_t, round_max> hashes{};
    for (auto rest = request.info_hashes; !rest.empty();) {
        const auto round = rest.first(std::min(round_max, rest.size()));
        rest = rest.subspan(round.size());
        for (std::size_t i = 0; i < round.size(); ++i) {
            hashes[i] = driver_.hash(round[i]);
        }
        fetch_ahead(std::span(hashes).first(round.size()));
        for (std::size_t i = 0; i < round.size(); ++i) {
            SwarmCounts& counts = counts_.emplace_back();
            driver_.shard_of(hashes[i]).swarms.with([&](SwarmTable& table) {
                const Swarm* const swarm =
                    table.find(static_cast<std::uint32_t>(hashes[i]), round[i]);
                counts = swarm == nullptr ? SwarmCounts{} : swarm->counts();
            });
        }
    }
    sink.done(counts_);
}

void MemorySession::start_timer(milliseconds delay) noexcept {
    timer_runs_ = host_.start_timer(delay, Task::to<&MemorySession::sweep>(*this)) != TimerId::none;
}

void MemorySession::sweep() noexcept {
    const auto pace = driver_.ceiling().is_short() ? Sweep::hurried_round : Sweep::round;
    const auto round = static_cast<std::uint64_t>(pace.count());
    const std::uint64_t debt_max = round * MemoryDriver::shard_count;
    const Rules rules = driver_.rules();
    const Moment now = look_at_clock();
    const Time time = host_.now();
    const auto passed =
        static_cast<std::uint64_t>(std::max<std::int64_t>((time - swept_).count(), 0));
    swept_ = time;
    sweep_debt_ += std::min(passed, round) * MemoryDriver::shard_count;
    sweep_debt_ = std::min(sweep_debt_, debt_max);

    const auto due = static_cast<std::uint32_t>(sweep_debt_ / round);
    SweepSlice slice{.now = now,
                     .rules = rules,
                     .secret = driver_.secret(),
                     .shards_due = due,
                     .farewells = farewells_,
                     .ceiling = driver_.ceiling()};
    driver_.sweep(slice);
    sweep_debt_ -= slice.shards_done * round;
    start_timer(slice.shards_done < due ? sweep_on : sweep_pause);
}

}  // namespace chihaya::memory
