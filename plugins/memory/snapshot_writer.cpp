#include "plugins/memory/snapshot_writer.hpp"

#include "plugins/memory/limits.hpp"
#include "plugins/memory/registry_code.hpp"
#include "plugins/memory/saved_swarm.hpp"

#include <algorithm>
#include <exception>
#include <thread>

namespace chihaya::memory {

bool BlockStream::begin(BlockType type) {
    if (!buffer_.empty() && type == type_) {
        return false;
    }
    flush();
    type_ = type;
    buffer_.resize(block_header_bytes);
    return true;
}

void BlockStream::settle() {
    if (buffer_.size() >= limits::block_bytes) {
        flush();
    }
    if (haste_ == Haste::leisurely) {
        rest();
    }
}

/// The system would let a worker wait for some milliseconds at a time, whatever the niceness.
void BlockStream::rest() noexcept {
    if (std::chrono::steady_clock::now() - began_ >= limits::snapshot_stretch) {
        std::this_thread::sleep_for(limits::snapshot_rest);
        began_ = std::chrono::steady_clock::now();
    }
}

void BlockStream::flush() {
    if (buffer_.empty()) {
        return;
    }
    const auto header = encode(type_, number_++, std::span(buffer_).subspan(block_header_bytes));
    std::ranges::copy(header, buffer_.begin());
    write(buffer_);
    buffer_.clear();
}

void BlockStream::write(std::span<const std::uint8_t> bytes) {
    if (trouble_.empty()) {
        trouble_ = file_.write(bytes);
        bytes_ += bytes.size();
    }
}

/// The registry on its way into the file.
class SnapshotWriter::RegistryPart final : public RegistrySink {
public:
    explicit RegistryPart(SnapshotWriter& writer) noexcept : writer_(writer) {}

    Status put_users(std::span<const UserRecord> users) noexcept override {
        return add(BlockType::users, users, writer_.totals_.users);
    }
    Status put_torrents(std::span<const TorrentRecord> torrents) noexcept override {
        return add(BlockType::torrents, torrents, writer_.totals_.torrents);
    }
    Status put_clients(std::span<const ClientRecord> clients) noexcept override {
        return add(BlockType::clients, clients, writer_.totals_.clients);
    }
    Status put_tokens(std::span<const TokenRecord> tokens) noexcept override {
        return add(BlockType::tokens, tokens, writer_.totals_.tokens);
    }
    // Nothing is erased from what is shown.
    Status erase_users(std::span<const UserId> /*users*/) noexcept override { return {}; }
    Status erase_torrents(std::span<const TorrentErasure> /*all*/) noexcept override { return {}; }
    Status erase_clients(std::span<const PeerIdPrefix> /*all*/) noexcept override { return {}; }
    Status erase_tokens(std::span<const TokenRecord> /*tokens*/) noexcept override { return {}; }
    Status remember_peers(const InfoHash& /*info_hash*/,
                          std::span<const PeerRecord> /*peers*/) noexcept override {
        return {};
    }
    void lapsed() noexcept override {}

private:
    template <class Record>
    Status add(BlockType type, std::span<const Record> records, std::uint64_t& count) noexcept {
        try {
            for (const Record& record : records) {
                writer_.blocks_.begin(type);
                ByteWriter to = writer_.blocks_.payload();
                encode(record, to);
                writer_.blocks_.settle();
            }
        } catch (const std::exception&) {
            return {StatusCode::unavailable, "out of memory"};
        }
        count += records.size();
        return writer_.blocks_.trouble().empty()
                   ? Status{}
                   : Status{StatusCode::unavailable, "the snapshot cannot be written"};
    }

    SnapshotWriter& writer_;
};

SnapshotWriter::SnapshotWriter(File& file, Parts parts)
    : file_(file), parts_(std::move(parts)), blocks_(file, parts_.haste) {}

Trouble SnapshotWriter::write(const SnapshotHeader& header) {
    blocks_.write(encode(header));
    if (parts_.registry != nullptr) {
        if (Trouble trouble = registry(); !trouble.empty()) {
            return trouble;
        }
    }
    swarms();
    blocks_.begin(BlockType::end);
    ByteWriter end = blocks_.payload();
    encode(totals_, end);
    blocks_.flush();
    if (!blocks_.trouble().empty()) {
        return blocks_.trouble();
    }
    return parts_.ends.load() ? Trouble("interrupted") : file_.sync();
}

Trouble SnapshotWriter::registry() {
    RegistryPart part(*this);
    const Status read = parts_.registry->read(part);
    if (!blocks_.trouble().empty()) {
        return blocks_.trouble();
    }
    return read.ok() ? Trouble() : Trouble("the registry cannot be read: ") + read.reason;
}

void SnapshotWriter::swarms() {
    std::vector<InfoHash> names;  // swarms change places meanwhile; names do not
    for (Shard& shard : parts_.stock.shards) {
        shard.swarms.with([&](SwarmTable& table) {
            names.clear();
            for (std::uint32_t at = 0; at < table.size(); ++at) {
                names.push_back(table[at].info_hash());
            }
        });
        for (const InfoHash& name : names) {
            one_swarm(name);
        }
        if (parts_.ends.load() || !blocks_.trouble().empty()) {
            return;
        }
    }
}

/// What is said of a block is said before its first swarm is looked at: it is no older than that.
void SnapshotWriter::begin_block() {
    if (blocks_.begin(BlockType::swarms)) {
        as_of_ = parts_.stock.now();
        journal_bytes_ = parts_.journal_bytes();
        erased_ = parts_.stock.erased();  // after the journal's: with all whom that has
        say_block();
    }
}

void SnapshotWriter::say_block() {
    ByteWriter to = blocks_.payload();
    to.number(as_of_.second);
    to.number(journal_bytes_);
}

void SnapshotWriter::one_swarm(const InfoHash& info_hash) {
    const Stock& stock = parts_.stock;
    const std::uint64_t hash = stock.secret.hash(info_hash);
    begin_block();
    bool found = false;
    stock.shard_of(hash).swarms.with([&](SwarmTable& table) {
        const Swarm* const swarm = table.find(static_cast<std::uint32_t>(hash), info_hash);
        found = swarm != nullptr;
        if (found) {
            copy_.take(*swarm);
        }
    });
    if (!found) {
        return;
    }
    copy_.leave_out(erased_);
    SwarmEncoder encoder(copy_, stock.ticks);
    bool is_in_several = false;
    for (bool more = true; more;) {
        if (blocks_.begin(BlockType::swarms)) {
            is_in_several = true;
            say_block();  // the same as before: the copy is no newer
        }
        ByteWriter to = blocks_.payload();
        more = encoder.next(to, as_of_);
        blocks_.settle();
    }
    if (is_in_several) {
        blocks_.flush();
    }
    ++totals_.swarms;
    totals_.peers += encoder.peers();
}

}  // namespace chihaya::memory
