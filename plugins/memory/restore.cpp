#include "plugins/memory/restore.hpp"

#include "plugins/memory/limits.hpp"
#include "plugins/memory/transit.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

namespace chihaya::memory {
namespace {

constexpr std::uint64_t always = ~std::uint64_t{0};

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

/// Swarms and accounts that were erased after the snapshot had been begun: up to where in its
/// journal. What was copied after that is newer than the erasure.
struct Restore::Erased {
    std::unordered_map<std::uint64_t, std::uint64_t> users;
    std::vector<std::pair<InfoHash, std::uint64_t>> swarms;  // by name

    [[nodiscard]] bool has_swarm(const SavedPiece& piece) const noexcept {
        const auto by_name = [](const auto& a, const auto& b) {
            return a.first.bytes < b.first.bytes;
        };
        const auto found =
            std::ranges::lower_bound(swarms, std::pair(piece.info_hash, std::uint64_t{0}), by_name);
        return found != swarms.end() && found->first == piece.info_hash &&
               found->second >= piece.journal_bytes;
    }
    [[nodiscard]] bool has_user(UserId user, const SavedPiece& piece) const {
        const auto found = users.find(static_cast<std::uint64_t>(user));
        return found != users.end() && found->second >= piece.journal_bytes;
    }
    void settle() {
        std::ranges::sort(swarms, [](const auto& a, const auto& b) {
            return a.first.bytes != b.first.bytes ? a.first.bytes < b.first.bytes
                                                  : a.second > b.second;
        });
        const auto same = [](const auto& a, const auto& b) {
            return a.first == b.first;
        };
        swarms.erase(std::unique(swarms.begin(), swarms.end(), same), swarms.end());
    }
};

/// Hears only what is erased.
class Restore::Effects final : public JournalSink {
public:
    Effects(Erased& erased, std::uint64_t generation) : erased_(erased), snapshot_(generation) {}

    void begin(std::uint64_t generation) {
        matters_ = generation >= snapshot_;
        is_later_ = generation > snapshot_;
    }
    void at(std::uint64_t offset) override { offset_ = is_later_ ? always : offset; }
    void put(std::span<const UserRecord> /*users*/) override {}
    void put(std::span<const TorrentRecord> /*torrents*/) override {}
    void put(std::span<const ClientRecord> /*clients*/) override {}
    void put(std::span<const TokenRecord> /*tokens*/) override {}
    void erase(std::span<const UserId> users) override {
        for (const UserId user : matters_ ? users : std::span<const UserId>()) {
            erased_.users[static_cast<std::uint64_t>(user)] = offset_;
        }
    }
    void erase(std::span<const TorrentErasure> torrents) override {
        for (const TorrentErasure& torrent :
             matters_ ? torrents : std::span<const TorrentErasure>()) {
            erased_.swarms.emplace_back(torrent.info_hash, offset_);
        }
    }
    void erase(std::span<const PeerIdPrefix> /*clients*/) override {}
    void erase(std::span<const TokenRecord> /*tokens*/) override {}

private:
    Erased& erased_;
    std::uint64_t snapshot_;
    std::uint64_t offset_ = 0;
    bool matters_ = true;
    bool is_later_ = false;
};

/// Puts into the registry what was put, and takes out what was erased.
class Restore::Replay final : public JournalSink {
public:
    explicit Replay(SavedRegistry& registry) : registry_(registry) {}

    void at(std::uint64_t /*offset*/) override { ++changes; }
    void put(std::span<const UserRecord> users) override { registry_.put(users); }
    void put(std::span<const TorrentRecord> torrents) override { registry_.put(torrents); }
    void put(std::span<const ClientRecord> clients) override { registry_.put(clients); }
    void put(std::span<const TokenRecord> tokens) override { registry_.put(tokens); }
    void erase(std::span<const UserId> users) override { registry_.erase(users); }
    void erase(std::span<const TorrentErasure> torrents) override { registry_.erase(torrents); }
    void erase(std::span<const PeerIdPrefix> clients) override { registry_.erase(clients); }
    void erase(std::span<const TokenRecord> tokens) override { registry_.erase(tokens); }

    std::uint64_t changes = 0;

private:
    SavedRegistry& registry_;
};

/// Puts into the shards what one thread reads.
class Restore::Filler final : public SavedSink {
public:
    Filler(const Stock& stock, const Erased& erased, SavedRegistry& registry, std::mutex& mutex)
        : stock_(stock),
          erased_(erased),
          registry_(registry),
          mutex_(mutex),
          rules_(stock.rules()),
          now_(stock.now()) {}

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
            const Seen seen = take_in(swarm, peer.record, in);
            keep_ages(swarm, seen, peer, in);
            is_any_left_out =
                is_any_left_out ||
                (seen.member == absent && seen.position[0] == absent && seen.position[1] == absent);
        }
        if (is_any_left_out) {
            swarm.tidy(in);
        }
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
    const Rules rules_;
    const Moment now_;
};

Restore::Restore(const Shelf& shelf, const Stock& stock, SavedRegistry& registry,
                 std::function<void(Severity, std::string_view)> log)
    : shelf_(shelf), stock_(stock), registry_(registry), log_(std::move(log)) {}

Restored Restore::look() const {
    Restored found;
    const auto journals = shelf_.journals();
    found.generation = journals.empty() ? 0 : journals.back();
    for (const auto& path : {shelf_.file(), shelf_.previous(), shelf_.fresh()}) {
        const SnapshotReader reader(path);
        if (reader.verdict() == SnapshotReader::Verdict::good) {
            found.generation = std::max(found.generation, reader.header().generation);
        }
    }
    return found;
}

Restored Restore::run() {
    Restored restored = look();
    const auto reader = choose();
    const std::uint64_t generation = reader == nullptr ? 0 : reader->header().generation;
    const std::uint64_t first = generation == 0 ? 0 : generation - 1;
    Erased erased;
    Effects effects(erased, generation);
    read_journals(first, effects, false, [&](std::uint64_t number) { effects.begin(number); });
    erased.settle();
    if (reader != nullptr) {
        restored.snapshot_generation = generation;
        restored.snapshot_bytes = reader->size();
        restored.written_at = reader->header().written_at;
        restored.swarms = reader->totals().swarms;
        restored.peers = reader->totals().peers;
        fill(*reader, erased, restored);
    } else if (is_anything_bad_) {
        log_(Severity::error, "snapshot: there is no good one; starting without swarms");
    }
    Replay replay(registry_);
    read_journals(first, replay, true, [](std::uint64_t /*number*/) {});
    restored.changes = replay.changes;
    register_torrents();
    return restored;
}

/// The newest one that is sound. A file that was never finished is no news; what else cannot be
/// read is said, and set aside.
std::unique_ptr<SnapshotReader> Restore::choose() {
    using Verdict = SnapshotReader::Verdict;
    struct Candidate {
        std::filesystem::path path;
        std::unique_ptr<SnapshotReader> reader;
    };
    std::vector<Candidate> all;
    for (const auto& path : {shelf_.file(), shelf_.fresh(), shelf_.previous()}) {
        all.push_back({path, std::make_unique<SnapshotReader>(path)});
    }
    std::ranges::stable_sort(all, [](const Candidate& a, const Candidate& b) {
        return a.reader->header().generation > b.reader->header().generation;
    });
    std::unique_ptr<SnapshotReader> best;
    for (Candidate& candidate : all) {
        SnapshotReader& reader = *candidate.reader;
        if (best == nullptr) {
            reader.examine();
        }
        const bool is_unfinished = candidate.path == shelf_.fresh();
        if (reader.verdict() == Verdict::good && best == nullptr) {
            best = std::move(candidate.reader);
            if (is_unfinished && !shelf_.publish().empty()) {
                log_(Severity::warning, "snapshot: the newest one cannot be renamed");
            }
        } else if (reader.verdict() == Verdict::damaged && is_unfinished) {
            remove_file(candidate.path);
        } else if (reader.verdict() == Verdict::damaged || reader.verdict() == Verdict::newer) {
            refuse(candidate.path, reader);
        }
    }
    return best;
}

void Restore::refuse(const std::filesystem::path& path, const SnapshotReader& reader) {
    is_anything_bad_ = true;
    const bool is_newer = reader.verdict() == SnapshotReader::Verdict::newer;
    log_(Severity::error, "snapshot " + path.string() + ": " + reader.fault() +
                              ", accepted is a whole one of " +
                              (is_newer ? "version " + std::to_string(snapshot_version)
                                        : std::string("this driver")) +
                              "; " + shelf_.set_aside(path, is_newer ? "newer" : "damaged"));
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
            Filler filler(stock_, erased, registry_, registry_mutex);
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

void Restore::read_journals(std::uint64_t from, JournalSink& sink, bool says_what_is_wrong,
                            const std::function<void(std::uint64_t)>& begin) {
    for (const std::uint64_t number : shelf_.journals()) {
        if (number < from) {
            continue;
        }
        begin(number);
        const auto path = shelf_.journal(number);
        const JournalReading reading = read_journal(path, sink);
        if (says_what_is_wrong && !reading.trouble.empty()) {
            log_(Severity::error, "journal " + path.string() + ": " + reading.trouble +
                                      "; changes of the registry after that are lost");
        }
        if (!says_what_is_wrong && reading.is_torn) {
            log_(Severity::warning,
                 "journal " + path.string() +
                     ": its last record was never finished and nobody was told ok; it is cut off");
        }
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
