#include "plugins/memory/restore.hpp"

#include "plugins/memory/limits.hpp"
#include "plugins/memory/replay.hpp"
#include "plugins/memory/transit.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace chihaya::memory {
namespace {

using Verdict = SnapshotReader::Verdict;

std::uint64_t second_of(const Moment& now) noexcept {
    return now.second;
}

template <class Endpoint>
std::uint32_t keep_age(Swarm& swarm, const Seen& seen, std::uint32_t second,
                       const Surroundings& in) {
    const std::uint32_t at = seen.position[family<Endpoint>];
    const std::uint16_t tick = in.rules.ticks.moment(std::min(second, in.now.second)).tick;
    if (at == absent || second == 0) {
        return 0;
    }
    Members* const members = swarm.blocks().members;
    const Member& member = (*members)[seen.member];
    const unsigned flags = swarm.array<Endpoint>().meta(at) & ~tick_mask;
    swarm.array<Endpoint>().update(
        in, members, at, {region_of(member.flags), static_cast<std::uint16_t>(flags | tick)});
    return TickScale::age(in.now.tick, tick);
}

/// The endpoints of a member grow old each by itself.
void keep_ages(Swarm& swarm, const Seen& seen, const SavedPeer& peer, const Surroundings& in) {
    if (seen.member == absent) {
        return;
    }
    const std::uint32_t age = std::max(keep_age<Ipv4Endpoint>(swarm, seen, peer.seen[0], in),
                                       keep_age<Ipv6Endpoint>(swarm, seen, peer.seen[1], in));
    if (TickScale::age(in.now.tick, swarm.oldest()) < age) {
        swarm.set_oldest(static_cast<std::uint16_t>((in.now.tick - age) & tick_mask));
    }
}

}  // namespace

/// Puts into the shards what one thread reads.
class Restore::Filler final : public SavedSink {
public:
    struct Parts {
        const Stock& stock;
        const Erased& erased;
        SavedRegistry& registry;
        std::mutex& mutex;
        bool is_final;  // histories are current
    };
    explicit Filler(const Parts& parts)
        : stock_(parts.stock),
          erased_(parts.erased),
          registry_(parts.registry),
          mutex_(parts.mutex),
          is_final_(parts.is_final),
          rules_(parts.stock.rules()),
          now_(parts.stock.now()) {}

    void swarm(const SavedPiece& piece, std::span<const SavedPeer> peers) override {
        if (erased_.has_swarm(piece)) {
            return;
        }
        const std::uint64_t hash = stock_.secret.hash(piece.info_hash);
        stock_.shard_of(hash).swarms.with([&](SwarmTable& table) {
            Swarm& swarm =
                table.find_or_add(static_cast<std::uint32_t>(hash), piece.info_hash, now_.tick);
            const EmptySwarm empty(table, swarm, rules_);
            swarm.raise_snatches(piece.snatches);
            if (piece.is_registered) {
                table.set_registered(swarm);
            }
            table.change(swarm, [&] { fill(table, swarm, piece, peers); });
        });
    }
    void users(std::span<const UserRecord> users) override { keep(users); }
    void torrents(std::span<const TorrentRecord> torrents) override { keep(torrents); }
    void clients(std::span<const ClientRecord> clients) override { keep(clients); }
    void tokens(std::span<const TokenRecord> tokens) override { keep(tokens); }

private:
    void fill(SwarmTable& table, Swarm& swarm, const SavedPiece& piece,
              std::span<const SavedPeer> peers) {
        const Surroundings in{table.heap(), stock_.secret, rules_, now_};
        swarm.expect(piece.ipv4, piece.ipv6, in);
        bool is_any_left_out = false;
        for (const SavedPeer& peer : peers) {
            const UserId user = peer.record.user;
            if (user != UserId::none && erased_.has_user(user, piece)) {
                is_any_left_out = true;
                continue;
            }
            const Seen seen = take_one(swarm, peer.record, in);
            keep_ages(swarm, seen, peer, in);
            is_any_left_out =
                is_any_left_out ||
                (seen.member == absent && seen.position[0] == absent && seen.position[1] == absent);
        }
        if (is_any_left_out) {
            swarm.tidy(in);
        }
    }
    /// Of whom has announced since nobody knows: then histories are for the site to tell.
    [[nodiscard]] Seen take_one(Swarm& swarm, PeerRecord record, const Surroundings& in) const {
        const bool is_unsure = !is_final_ || has(record.flags, PeerFlags::unsure);
        if (record.user != UserId::none && is_unsure) {
            const auto last = record.last_announce.time_since_epoch().count();
            if (has(record.flags, PeerFlags::dormant) ||
                is_over(now_.second, static_cast<std::uint32_t>(last), rules_.peer_lifetime)) {
                return {};
            }
            record.flags = record.flags | PeerFlags::unsure;
        }
        return take_in(swarm, record, in);
    }
    template <class Record>
    void keep(std::span<const Record> records) {
        const std::lock_guard lock(mutex_);
        registry_.put(records);
    }

    const Stock& stock_;
    const Erased& erased_;
    SavedRegistry& registry_;
    std::mutex& mutex_;
    const bool is_final_;
    const Rules rules_;
    const Moment now_;
};

Restore::Restore(const Shelf& shelf, const Stock& stock, SavedRegistry& registry,
                 std::function<void(Severity, std::string_view)> log)
    : shelf_(shelf), stock_(stock), registry_(registry), log_(std::move(log)) {}

/// A file on the shelf that may hold a snapshot.
struct Restore::Candidate {
    std::filesystem::path path;
    std::unique_ptr<SnapshotReader> reader;

    [[nodiscard]] SnapshotReader::Verdict verdict() const noexcept { return reader->verdict(); }
};

std::vector<Restore::Candidate> Restore::candidates() const {
    std::vector<Candidate> all;
    for (const auto& path : {shelf_.file(), shelf_.fresh(), shelf_.previous()}) {
        all.push_back({path, std::make_unique<SnapshotReader>(path)});
    }
    std::ranges::stable_sort(all, [](const Candidate& a, const Candidate& b) {
        return a.reader->header().generation > b.reader->header().generation;
    });
    return all;
}

Restored Restore::look() const {
    Restored found;
    const auto journals = shelf_.journals();
    found.generation = journals.empty() ? 0 : journals.back();
    for (const Candidate& candidate : candidates()) {
        if (candidate.verdict() == Verdict::good) {
            found.generation = std::max(found.generation, candidate.reader->header().generation);
        } else if (candidate.verdict() == Verdict::unreadable) {
            found.unreadable = candidate.path.string() + ", which " + candidate.reader->fault();
        }
    }
    return found;
}

Restored Restore::run() {
    Restored restored = look();
    restored.unreadable.clear();
    auto all = candidates();
    Candidate* const best = choose(all, restored);
    const std::uint64_t generation = best == nullptr ? 0 : best->reader->header().generation;
    const std::uint64_t first = generation == 0 ? 0 : generation - 1;
    Erased erased;
    Effects effects(erased, generation);
    hear_erasures(first, effects, restored);
    if (!restored.unreadable.empty()) {
        return restored;
    }
    erased.settle();
    tidy(all, best);
    if (best != nullptr) {
        const SnapshotReader& reader = *best->reader;
        restored.snapshot_generation = generation;
        restored.snapshot_bytes = reader.size();
        restored.written_at = reader.header().written_at;
        restored.saved_swarms = reader.totals().swarms;
        restored.saved_peers = reader.totals().peers;
        restored.is_final = best->path != shelf_.previous() && reader.header().is_final &&
                            generation == restored.generation;
        fill(*best->reader, erased, restored);
        count(restored);
    } else if (is_anything_bad_) {
        log_(Severity::error, "snapshot: there is no good one; starting without swarms");
    }
    replay_journals(first, restored);
    register_torrents();
    return restored;
}

/// The newest one that is sound; none when there may be a better one that cannot be read.
Restore::Candidate* Restore::choose(std::vector<Candidate>& all, Restored& restored) {
    Candidate* best = nullptr;
    for (Candidate& candidate : all) {
        if (best == nullptr) {
            candidate.reader->examine();
        }
        if (candidate.verdict() == Verdict::good && best == nullptr) {
            best = &candidate;
        }
        const bool is_needed = best == nullptr || candidate.path != shelf_.previous();
        if (candidate.verdict() == Verdict::unreadable && is_needed) {
            restored.unreadable = candidate.path.string() + ", which " + candidate.reader->fault();
            return nullptr;
        }
    }
    return best;
}

/// A file that was never finished is no news; what else is not sound is said, and set aside. Only
/// then the best one gets its name: it must not push out a sound one.
void Restore::tidy(std::vector<Candidate>& all, const Candidate* best) {
    bool is_file_sound = false;
    for (const Candidate& candidate : all) {
        const bool is_unfinished = candidate.path == shelf_.fresh();
        if (candidate.verdict() == Verdict::damaged && is_unfinished) {
            remove_file(candidate.path);
        } else if (candidate.verdict() == Verdict::damaged ||
                   candidate.verdict() == Verdict::newer) {
            refuse(candidate);
        } else if (candidate.path == shelf_.file()) {
            is_file_sound = candidate.verdict() == Verdict::good;
        }
    }
    if (best != nullptr && best->path == shelf_.fresh() && !shelf_.publish(is_file_sound).empty()) {
        log_(Severity::warning, "snapshot: the newest one cannot be renamed");
    }
}

void Restore::refuse(const Candidate& candidate) {
    is_anything_bad_ = true;
    const bool is_newer = candidate.verdict() == Verdict::newer;
    log_(Severity::error, "snapshot " + candidate.path.string() + ": " + candidate.reader->fault() +
                              ", accepted is a whole one of " +
                              (is_newer ? "version " + std::to_string(snapshot_version)
                                        : std::string("this driver")) +
                              "; " +
                              shelf_.set_aside(candidate.path, is_newer ? "newer" : "damaged"));
}

void Restore::fill(SnapshotReader& reader, const Erased& erased, Restored& restored) {
    const std::uint64_t now = second_of(stock_.now());
    const SavedTime time{.tick_seconds = reader.header().tick_seconds,
                         .earlier_by = static_cast<std::uint32_t>(
                             restored.written_at > now
                                 ? std::min<std::uint64_t>(restored.written_at - now, 0xffffffff)
                                 : 0)};
    std::mutex registry_mutex;
    std::atomic<bool> failed = false;
    const auto work = [&]() noexcept {
        try {
            Filler filler({stock_, erased, registry_, registry_mutex, restored.is_final});
            Block block;
            while (!failed && reader.next_block(block)) {
                failed = failed || !is_sound(block.header, block.payload) ||
                         !decode_block(static_cast<BlockType>(block.header.type), block.payload,
                                       time, filler);
            }
        } catch (const std::exception&) {
            failed = true;
        }
    };
    const unsigned count =
        std::clamp(std::thread::hardware_concurrency(), 1U, limits::restore_threads_max);
    std::vector<std::jthread> others;
    for (unsigned number = 1; number < count; ++number) {
        others.emplace_back(work);
    }
    work();
    others.clear();  // joins them
    if (failed) {
        log_(Severity::error,
             "snapshot: memory ran out, or the file changed, while it was restored; some of the "
             "swarms are missing until their peers announce again");
    }
}

/// The first look at the journals: can all of them be read?
void Restore::hear_erasures(std::uint64_t from, Effects& effects, Restored& restored) {
    for (const std::uint64_t number : shelf_.journals()) {
        if (number < from) {
            continue;
        }
        effects.begin(number);
        const auto path = shelf_.journal(number);
        const JournalReading reading = read_journal(path, effects);
        if (!reading.unreadable.empty()) {
            restored.unreadable = path.string() + ", which cannot be read: " + reading.unreadable;
        }
        if (reading.is_torn) {
            log_(Severity::warning,
                 "journal " + path.string() +
                     ": its last record was never finished and nobody was told ok; it is cut off");
        }
    }
}

void Restore::replay_journals(std::uint64_t from, Restored& restored) {
    Replay replay(registry_);
    for (const std::uint64_t number : shelf_.journals()) {
        if (number < from) {
            continue;
        }
        const auto path = shelf_.journal(number);
        const JournalReading reading = read_journal(path, replay);
        if (!reading.trouble.empty() || !reading.unreadable.empty()) {
            restored.damaged_journals.push_back(number);
            log_(Severity::error, "journal " + path.string() + ": " + reading.trouble +
                                      reading.unreadable +
                                      "; changes of the registry after that are lost; it is kept");
        }
    }
    restored.changes = replay.changes();
}

void Restore::count(Restored& restored) const {
    for (Shard& shard : stock_.shards) {
        shard.swarms.with([&](SwarmTable& table) {
            const Tally& totals = table.totals();
            restored.swarms += table.size();
            restored.peers += std::uint64_t{totals.seeders} + totals.leechers;
        });
    }
}

/// What the journals have put is not in the swarms of the snapshot.
void Restore::register_torrents() {
    const Moment now = stock_.now();
    registry_.for_each_torrent([&](const TorrentRecord& torrent) {
        const std::uint64_t hash = stock_.secret.hash(torrent.info_hash);
        stock_.shard_of(hash).swarms.with([&](SwarmTable& table) {
            Swarm& swarm =
                table.find_or_add(static_cast<std::uint32_t>(hash), torrent.info_hash, now.tick);
            table.set_registered(swarm);
            swarm.raise_snatches(torrent.snatches);
        });
    });
}

}  // namespace chihaya::memory
