#include "plugins/memory/journal.hpp"
#include "plugins/memory/limits.hpp"
#include "plugins/memory/registry_code.hpp"
#include "plugins/memory/snapshot_reader.hpp"

#include <cstdlib>

namespace chihaya::memory {
namespace {

/// What comes out of a file is within its bounds.
class Judge final : public SavedSink, public JournalSink {
public:
    void swarm(const SavedPiece& piece, std::span<const SavedPeer> peers) override {
        require(peers.size() == std::size_t{piece.ipv4} + piece.ipv6 + piece.members);
        require(peers.size() <= limits::piece_rows);
        for (const SavedPeer& peer : peers) {
            const PeerRecord& record = peer.record;
            require(record.user != UserId::none || record.ipv4.present() || record.ipv6.present());
        }
    }
    void users(std::span<const UserRecord> users) override { write_again(users); }
    void torrents(std::span<const TorrentRecord> torrents) override { write_again(torrents); }
    void clients(std::span<const ClientRecord> clients) override { write_again(clients); }
    void tokens(std::span<const TokenRecord> tokens) override { write_again(tokens); }

    void at(std::uint64_t /*offset*/) override {}
    void put(std::span<const UserRecord> users) override { write_again(users); }
    void put(std::span<const TorrentRecord> torrents) override { write_again(torrents); }
    void put(std::span<const ClientRecord> clients) override { write_again(clients); }
    void put(std::span<const TokenRecord> tokens) override { write_again(tokens); }
    void erase(std::span<const UserId> users) override { write_again(users); }
    void erase(std::span<const TorrentErasure> torrents) override { write_again(torrents); }
    void erase(std::span<const PeerIdPrefix> clients) override { write_again(clients); }
    void erase(std::span<const TokenRecord> tokens) override { write_again(tokens); }

private:
    static void require(bool holds) {
        if (!holds) {
            std::abort();
        }
    }
    /// What has been read is written as something that can be read.
    template <class Record>
    static void write_again(std::span<const Record> records) {
        require(records.size() <= limits::records_at_once);
        for (const Record& record : records) {
            std::vector<std::uint8_t> bytes;
            ByteWriter to(bytes);
            encode(record, to);
            ByteReader from(bytes);
            Record again;
            require(decode(from, again) && from.is_done());
        }
    }
};

}  // namespace

/// The first byte says what the rest is: a block of this type, a change of the registry, a header.
// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size < 2) {
        return 0;
    }
    const std::span<const std::uint8_t> bytes(data + 1, size - 1);
    Judge judge;
    if (data[0] == 0) {
        SnapshotHeader header;
        static_cast<void>(decode(bytes, header));
    } else if (data[0] > 0x7f) {
        static_cast<void>(decode_change(bytes, judge));
    } else {
        const SavedTime time{.tick_seconds = data[0] % 7U + 1};
        static_cast<void>(decode_block(static_cast<BlockType>(data[0] % 7), bytes, time, judge));
    }
    return 0;
}

}  // namespace chihaya::memory
