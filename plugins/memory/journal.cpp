#include "plugins/memory/journal.hpp"

#include "plugins/memory/bytes.hpp"
#include "plugins/memory/checksum.hpp"
#include "plugins/memory/limits.hpp"
#include "plugins/memory/registry_code.hpp"

#include <algorithm>
#include <array>

namespace chihaya::memory {
namespace {

constexpr std::array<std::uint8_t, 8> journal_magic{'C', 'H', 'I', 'H', 'A', 'Y', 'A', 'J'};
constexpr std::uint32_t journal_version = 1;
constexpr std::size_t journal_header_bytes = 16;
constexpr std::size_t record_header_bytes = 8;  // length, checksum
constexpr std::size_t record_bytes_max = std::size_t{1} * 1024 * 1024;

std::vector<std::uint8_t> journal_header() {
    std::vector<std::uint8_t> bytes;
    ByteWriter to(bytes);
    to.append(journal_magic);
    to.number(journal_version);
    to.number(checksum({bytes}));
    return bytes;
}

template <class Record, class Show>
bool decode_all(ByteReader& from, Show show) {
    const std::uint32_t count = from.short_number();
    if (from.failed() || count > limits::records_at_once) {
        return false;
    }
    std::vector<Record> records(count);
    for (Record& record : records) {
        if (!decode(from, record)) {
            return false;
        }
    }
    if (!from.is_done()) {
        return false;
    }
    show(std::span<const Record>(records));
    return true;
}

/// A record that was being written when the process was killed: nothing of worth is behind it.
bool is_torn(const File& file, std::uint64_t offset, std::uint64_t size) {
    std::array<std::uint8_t, record_header_bytes> header{};
    if (file.read(header, offset) != header.size()) {
        return true;
    }
    const auto length = ByteReader(header).number<std::uint32_t>();
    return length <= record_bytes_max && offset + header.size() + length >= size;
}

/// Returns: where the sound part ends
std::uint64_t read_records(const File& file, JournalReading& reading, JournalSink& sink) {
    const std::uint64_t size = reading.bytes;
    std::uint64_t offset = journal_header_bytes;
    std::vector<std::uint8_t> payload;
    std::array<std::uint8_t, record_header_bytes> header{};
    while (file.read(header, offset, reading.unreadable) == header.size()) {
        ByteReader from(header);
        const auto length = from.number<std::uint32_t>();
        const auto sum = from.number<std::uint32_t>();
        if (length > record_bytes_max || offset + header.size() + length > size) {
            break;
        }
        payload.resize(length);
        if (file.read(payload, offset + header.size(), reading.unreadable) != length ||
            sum != checksum({std::span(header).first(4), payload})) {
            break;
        }
        sink.at(offset);
        if (!decode_change(payload, sink)) {
            break;
        }
        offset += header.size() + length;
    }
    return offset;
}

}  // namespace

Trouble Journal::make(std::uint64_t generation, File& fresh) const {
    Trouble trouble = fresh.create(shelf_.journal(generation));
    if (trouble.empty()) {
        trouble = fresh.write(journal_header());
    }
    if (!trouble.empty()) {
        remove_file(shelf_.journal(generation));
    }
    return trouble;
}

Journal::Unsynced Journal::go_on(std::shared_ptr<File> fresh, std::uint64_t generation) {
    Unsynced before = unsynced();
    file_ = std::move(fresh);
    generation_ = generation;
    bytes_ = journal_header_bytes;
    synced_bytes_ = 0;
    return before;
}

template <class Record>
Trouble Journal::append(Change change, std::span<const Record> records) {
    const std::uint64_t begin = bytes_;
    while (!records.empty()) {
        const auto some = records.first(std::min(limits::records_at_once, records.size()));
        records = records.subspan(some.size());
        buffer_.assign(record_header_bytes, 0);
        ByteWriter to(buffer_);
        to.number(static_cast<std::uint8_t>(change));
        to.short_number(static_cast<std::uint32_t>(some.size()));
        for (const Record& record : some) {
            encode(record, to);
        }
        if (Trouble trouble = write_out(); !trouble.empty()) {
            bytes_ = begin;
            if (file_ != nullptr && !file_->cut(begin).empty()) {
                file_ = nullptr;  // nothing can follow what is torn
            }
            return trouble;
        }
    }
    return {};
}

/// Writes the record in the buffer.
Trouble Journal::write_out() {
    const auto payload = std::span<const std::uint8_t>(buffer_).subspan(record_header_bytes);
    std::vector<std::uint8_t> header;
    ByteWriter to(header);
    to.number(static_cast<std::uint32_t>(payload.size()));
    to.number(checksum({header, payload}));
    std::ranges::copy(header, buffer_.begin());
    if (file_ == nullptr) {
        return "there is no journal";
    }
    if (Trouble trouble = file_->write(buffer_); !trouble.empty()) {
        return trouble;
    }
    bytes_ += buffer_.size();
    return {};
}

template Trouble Journal::append(Change, std::span<const UserRecord>);
template Trouble Journal::append(Change, std::span<const TorrentRecord>);
template Trouble Journal::append(Change, std::span<const ClientRecord>);
template Trouble Journal::append(Change, std::span<const TokenRecord>);
template Trouble Journal::append(Change, std::span<const UserId>);
template Trouble Journal::append(Change, std::span<const TorrentErasure>);
template Trouble Journal::append(Change, std::span<const PeerIdPrefix>);

Journal::Unsynced Journal::unsynced() const {
    if (file_ == nullptr || synced_bytes_ == bytes_) {
        return {};
    }
    return {.file = file_, .generation = generation_, .bytes = bytes_};
}

void Journal::synced(const Unsynced& what) noexcept {
    if (what.generation == generation_) {
        synced_bytes_ = what.bytes;
    }
}

JournalReading read_journal(const std::filesystem::path& path, JournalSink& sink) {
    JournalReading reading;
    File file;
    reading.unreadable = file.open(path);
    if (!reading.unreadable.empty()) {
        return reading;
    }
    reading.bytes = file.size();
    std::vector<std::uint8_t> header(journal_header_bytes);
    if (file.read(header, 0, reading.unreadable) != header.size()) {
        reading.is_torn = reading.unreadable.empty();  // killed while it was being made
        return reading;
    }
    if (header != journal_header()) {
        reading.trouble = "its header is damaged, or of a newer version";
        return reading;
    }
    reading.good_bytes = read_records(file, reading, sink);
    if (reading.good_bytes == reading.bytes || !reading.unreadable.empty()) {
        return reading;
    }
    reading.is_torn = is_torn(file, reading.good_bytes, reading.bytes);
    if (!reading.is_torn) {
        reading.trouble = "it is damaged at byte " + std::to_string(reading.good_bytes);
    } else {
        static_cast<void>(
            cut_file(path, reading.good_bytes));  // or else it is torn again next time
    }
    return reading;
}

bool decode_change(std::span<const std::uint8_t> payload, JournalSink& sink) {
    ByteReader from(payload);
    const auto put = [&](auto records) {
        sink.put(records);
    };
    const auto erase = [&](auto records) {
        sink.erase(records);
    };
    switch (static_cast<Change>(from.number<std::uint8_t>())) {
        case Change::put_users:
            return decode_all<UserRecord>(from, put);
        case Change::put_torrents:
            return decode_all<TorrentRecord>(from, put);
        case Change::put_clients:
            return decode_all<ClientRecord>(from, put);
        case Change::put_tokens:
            return decode_all<TokenRecord>(from, put);
        case Change::erase_users:
            return decode_all<UserId>(from, erase);
        case Change::erase_torrents:
            return decode_all<TorrentErasure>(from, erase);
        case Change::erase_clients:
            return decode_all<PeerIdPrefix>(from, erase);
        case Change::erase_tokens:
            return decode_all<TokenRecord>(from, erase);
    }
    return false;
}

}  // namespace chihaya::memory
