#include "plugins/memory/snapshot_writer.hpp"

#include "plugins/memory/snapshot_reader.hpp"
#include "plugins/memory/transit.hpp"
#include "tests/memory/kept_files.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <vector>

TEST_SUITE_BEGIN("what a snapshot's blocks say");

namespace chihaya::memory::test {
namespace {

/// Shards with one swarm of so many accounts, and one of a single peer.
class Shards {
public:
    explicit Shards(std::uint32_t count) {
        add(ubuntu, count);
        add(swarm_name(1), 1);
    }

    [[nodiscard]] Stock stock() {
        return {.shards = {shards_.get(), shard_count},
                .secret = secret_,
                .ticks = ticks_,
                .now = [this] { return now_; },
                .rules = [this] { return rules_; },
                .erased =
                    [] {
                        return ErasedUsers();
                    }};
    }

private:
    static constexpr std::size_t shard_count = 2;

    void add(const InfoHash& name, std::uint32_t count) {
        const std::uint64_t hash = secret_.hash(name);
        const Stock all = stock();
        all.shard_of(hash).swarms.with([&](SwarmTable& table) {
            Swarm& swarm = table.find_or_add(static_cast<std::uint32_t>(hash), name, now_.tick);
            const Surroundings in{table.heap(), secret_, rules_, now_};
            table.change(swarm, [&] {
                for (std::uint32_t number = 0; number < count; ++number) {
                    PeerRecord peer{.user = UserId{number + 1}, .ipv4 = ipv4(number)};
                    peer.last_announce = std::chrono::sys_seconds(seconds(now_.second));
                    take_in(swarm, peer, in);
                }
            });
        });
    }

    HashSecret secret_;
    TickScale ticks_{lifetime};
    Moment now_ = ticks_.moment(1'700'000'000);
    Rules rules_{.ticks = ticks_,
                 .limit_ticks = ticks_.limit(lifetime),
                 .peer_lifetime = 600,
                 .history_lifetime = 600};
    std::unique_ptr<Shard[]> shards_ = std::make_unique<Shard[]>(shard_count);
};

/// Where the journal was when each piece of the swarm was copied, as the file has it.
class Places final : public SavedSink {
public:
    void swarm(const SavedPiece& piece, std::span<const SavedPeer> some) override {
        peers += some.size();
        if (piece.info_hash == ubuntu) {
            of_large.push_back(piece.journal_bytes);
        }
    }
    void users(std::span<const UserRecord> /*users*/) override {}
    void torrents(std::span<const TorrentRecord> /*all*/) override {}
    void clients(std::span<const ClientRecord> /*all*/) override {}
    void tokens(std::span<const TokenRecord> /*tokens*/) override {}

    std::vector<std::uint64_t> of_large;
    std::size_t peers = 0;
};

}  // namespace

TEST_CASE("all blocks of a swarm say the place of the journal from before the swarm was copied") {
    const chihaya::test::TempDir folder;
    constexpr std::uint32_t accounts = 20'000;
    Shards shards(accounts);
    const Stock stock = shards.stock();
    std::uint64_t asked = 0;
    const std::atomic<bool> ends{false};
    {
        File file;
        REQUIRE(file.create(folder / "snapshot").empty());
        // A journal that grows whenever somebody looks.
        SnapshotWriter writer(file, {.stock = stock,
                                     .registry = nullptr,
                                     .journal_bytes = [&] { return ++asked; },
                                     .ends = ends});
        REQUIRE(writer.write({.generation = 1}).empty());
    }
    SnapshotReader reader(folder / "snapshot");
    reader.examine();
    REQUIRE(reader.verdict() == SnapshotReader::Verdict::good);
    Places places;
    Block block;
    while (reader.next_block(block)) {
        REQUIRE(decode_block(static_cast<BlockType>(block.header.type), block.payload,
                             {.tick_seconds = reader.header().tick_seconds}, places));
    }
    CHECK(places.peers == accounts + 1);
    REQUIRE(places.of_large.size() > 2);
    for (const std::uint64_t place : places.of_large) {
        CHECK(place == places.of_large.front());
    }
}

}  // namespace chihaya::memory::test
TEST_SUITE_END();
