#include "plugins/memory/snapshot_reader.hpp"

#include "plugins/memory/limits.hpp"
#include "plugins/memory/registry_code.hpp"

#include <array>
#include <system_error>
#include <utility>

namespace chihaya::memory {
namespace {

template <class Record, class Show>
bool decode_records(ByteReader& from, Show show) {
    std::vector<Record> records;
    while (!from.is_done()) {
        if (records.size() == limits::records_at_once) {
            show(std::span<const Record>(records));
            records.clear();
        }
        if (!decode(from, records.emplace_back())) {
            return false;
        }
    }
    show(std::span<const Record>(records));
    return true;
}

bool decode_swarms(ByteReader& from, SavedTime time, SavedSink& sink) {
    SavedPiece piece;
    std::vector<SavedPeer> peers;
    time.as_of = from.number<std::uint32_t>();
    piece.journal_bytes = from.number<std::uint64_t>();
    while (!from.failed() && !from.is_done()) {
        if (!decode_piece(from, time, piece, peers)) {
            return false;
        }
        sink.swarm(piece, peers);
    }
    return !from.failed();
}

}  // namespace

bool decode_block(BlockType type, std::span<const std::uint8_t> payload, const SavedTime& time,
                  SavedSink& sink) {
    ByteReader from(payload);
    switch (type) {
        case BlockType::swarms:
            return decode_swarms(from, time, sink);
        case BlockType::users:
            return decode_records<UserRecord>(from, [&](auto users) { sink.users(users); });
        case BlockType::torrents:
            return decode_records<TorrentRecord>(from, [&](auto all) { sink.torrents(all); });
        case BlockType::clients:
            return decode_records<ClientRecord>(from, [&](auto all) { sink.clients(all); });
        case BlockType::tokens:
            return decode_records<TokenRecord>(from, [&](auto tokens) { sink.tokens(tokens); });
        case BlockType::end:
            break;
    }
    return false;
}

void SavedCount::swarm(const SavedPiece& piece, std::span<const SavedPeer> peers) {
    totals.swarms += piece.is_continued ? 0 : 1;
    totals.peers += peers.size();
}

SnapshotReader::SnapshotReader(const std::filesystem::path& path) {
    std::error_code failed;
    if (!std::filesystem::exists(path, failed) && !failed) {
        return;
    }
    if (const Trouble trouble = file_.open(path); !trouble.empty()) {
        give_up(trouble);
        return;
    }
    size_ = file_.size();
    std::array<std::uint8_t, snapshot_header_bytes> bytes{};
    Trouble trouble;
    const std::size_t count = file_.read(bytes, 0, trouble);
    if (!trouble.empty()) {
        give_up(trouble);
        return;
    }
    switch (decode(std::span(bytes).first(count), header_)) {
        case HeaderFault::none:
            verdict_ = Verdict::good;
            break;
        case HeaderFault::newer:
            verdict_ = Verdict::newer;
            fault_ = "written by a newer version";
            break;
        case HeaderFault::damaged:
            condemn("its header is damaged");
            break;
    }
}

void SnapshotReader::condemn(std::string fault) {
    verdict_ = Verdict::damaged;
    fault_ = std::move(fault);
}

void SnapshotReader::give_up(const Trouble& trouble) {
    verdict_ = Verdict::unreadable;
    fault_ = "cannot be read: " + trouble;
}

bool SnapshotReader::read_block(std::uint64_t offset, std::uint32_t number, Block& block,
                                Trouble& trouble) {
    std::array<std::uint8_t, block_header_bytes> bytes{};
    if (file_.read(bytes, offset, trouble) != bytes.size()) {
        return false;
    }
    block.header = decode_block_header(bytes);
    if (block.header.number != number || block.header.length > limits::block_bytes_max) {
        return false;
    }
    block.payload.resize(block.header.length);
    return file_.read(block.payload, offset + bytes.size(), trouble) == block.payload.size();
}

void SnapshotReader::examine() {
    if (verdict_ != Verdict::good) {
        return;
    }
    SavedCount count;
    Block block;
    std::uint64_t offset = snapshot_header_bytes;
    const SavedTime time{.tick_seconds = header_.tick_seconds};
    for (std::uint32_t number = 0;; ++number) {
        const auto here = " at byte " + std::to_string(offset);
        if (offset >= size_) {
            return condemn("it ends" + here + ", before its end");
        }
        Trouble trouble;
        const bool is_read = read_block(offset, number, block, trouble);
        if (!trouble.empty()) {
            return give_up(trouble);
        }
        if (!is_read || !is_sound(block.header, block.payload)) {
            return condemn("it is damaged or cut off" + here);
        }
        offset += block_header_bytes + block.payload.size();
        const auto type = static_cast<BlockType>(block.header.type);
        if (type == BlockType::end) {
            break;
        }
        if (!decode_block(type, block.payload, time, count)) {
            return condemn("what it says makes no sense" + here);
        }
    }
    ByteReader end(block.payload);
    totals_ = decode_totals(end);
    if (end.failed() || !end.is_done() || totals_ != count.totals || offset != size_) {
        condemn("its end does not say what it holds");
    }
}

bool SnapshotReader::next_block(Block& block) {
    const std::lock_guard lock(mutex_);
    Trouble ignored;  // who asks has read all of it before
    if (!read_block(offset_, number_, block, ignored) ||
        static_cast<BlockType>(block.header.type) == BlockType::end) {
        return false;
    }
    offset_ += block_header_bytes + block.payload.size();
    ++number_;
    return true;
}

}  // namespace chihaya::memory
