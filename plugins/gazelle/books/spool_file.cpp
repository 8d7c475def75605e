#include "plugins/gazelle/books/spool_file.hpp"

#include "plugins/gazelle/limits.hpp"

#include <Poco/Checksum.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <new>

namespace chihaya::gazelle {
namespace {

enum class Kind : std::uint32_t { segment = 1, ledger = 2 };

/// Shape: numbers as this machine has them; `magic` read the other way round is another machine's
struct Head {
    std::uint64_t magic = 0x31'4c'4f'4f'50'53'48'43;  // "CHSPOOL1"
    Kind kind = Kind::segment;
    std::uint32_t entry_size = sizeof(Entry);
    SpoolId spool{};
    std::uint32_t reserved = 0;
    std::uint64_t from = 0;
    std::uint64_t checksum = 0;  // of what stands before
};
static_assert(sizeof(Head) == 56);

struct BlockHead {
    std::uint32_t entries = 0;
    std::uint32_t checksum = 0;  // of the entries
};

template <class Value>
std::span<const std::uint8_t> bytes_of(const Value& value) noexcept {
    static_assert(std::is_trivially_copyable_v<Value>);
    return {static_cast<const std::uint8_t*>(static_cast<const void*>(&value)), sizeof(Value)};
}

template <class Value>
std::span<std::uint8_t> room_of(Value& value) noexcept {
    static_assert(std::is_trivially_copyable_v<Value>);
    return {static_cast<std::uint8_t*>(static_cast<void*>(&value)), sizeof(Value)};
}

std::uint32_t checksum_of(std::span<const std::uint8_t> bytes) {
    constexpr std::size_t piece = std::size_t{1} << 30U;  // it takes no more than 32 bits of length
    Poco::Checksum sum;
    while (!bytes.empty()) {
        const auto some = bytes.first(std::min(piece, bytes.size()));
        sum.update(static_cast<const char*>(static_cast<const void*>(some.data())),
                   static_cast<unsigned>(some.size()));
        bytes = bytes.subspan(some.size());
    }
    return sum.checksum();
}

Head head_of(Kind kind, const SpoolId& spool, std::uint64_t from) {
    Head head;
    head.kind = kind;
    head.spool = spool;
    head.from = from;
    head.checksum = checksum_of(bytes_of(head).first(offsetof(Head, checksum)));
    return head;
}

bool read_head(File& file, Kind kind, const SpoolId& spool, Head& head) {
    return file.read(room_of(head)) == sizeof(head) && head.magic == Head{}.magic &&
           head.kind == kind && head.entry_size == sizeof(Entry) && head.spool == spool &&
           head.checksum == checksum_of(bytes_of(head).first(offsetof(Head, checksum)));
}

/// The five parts of a ledger, one behind the other, each with its number of rows before it.
class LedgerText {
public:
    explicit LedgerText(std::vector<std::uint8_t>& bytes) : bytes_(bytes) {}

    template <class Value>
    void put(const Value& value) {
        const auto more = bytes_of(value);
        bytes_.insert(bytes_.end(), more.begin(), more.end());
    }
    template <class Map>
    void put_map(const Map& map) {
        put(static_cast<std::uint64_t>(map.size()));
        for (const auto& [key, value] : map) {
            put(key);
            put(value);
        }
    }

private:
    std::vector<std::uint8_t>& bytes_;
};

/// Takes them apart again; `is_good` ends with the first that is not there.
class LedgerSource {
public:
    explicit LedgerSource(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}

    template <class Value>
    void take(Value& value) {
        is_good = is_good && bytes_.size() >= sizeof(Value);
        if (is_good) {
            std::memcpy(&value, bytes_.data(), sizeof(Value));
            bytes_ = bytes_.subspan(sizeof(Value));
        }
    }
    /// So many rows of this size can there be at most.
    [[nodiscard]] std::uint64_t take_count(std::size_t row_size) {
        std::uint64_t count = 0;
        take(count);
        is_good = is_good && count <= bytes_.size() / row_size;
        return is_good ? count : 0;
    }
    template <class Map>
    void take_map(Map& map) {
        typename Map::key_type key{};
        typename Map::mapped_type value{};
        const std::uint64_t count = take_count(sizeof(key) + sizeof(value));
        map.reserve(count);
        for (std::uint64_t i = 0; i < count; ++i) {
            take(key);
            take(value);
            map.insert_or_assign(key, value);
        }
    }
    [[nodiscard]] bool is_at_end() const noexcept { return bytes_.empty(); }

    bool is_good = true;

private:
    std::span<const std::uint8_t> bytes_;
};

std::vector<std::uint8_t> text_of(const Ledger& ledger) {
    std::vector<std::uint8_t> bytes;
    bytes.reserve(ledger.bytes() + 64);
    LedgerText text(bytes);
    text.put_map(ledger.users);
    text.put_map(ledger.torrents);
    text.put_map(ledger.tokens);
    text.put_map(ledger.peers);
    text.put(static_cast<std::uint64_t>(ledger.snatches.size()));
    std::ranges::for_each(ledger.snatches, [&](const Snatch& snatch) { text.put(snatch); });
    return bytes;
}

}  // namespace

void sync_folder(const std::filesystem::path& folder) noexcept {
    File file = File::open(folder, O_RDONLY | O_DIRECTORY);
    static_cast<void>(file.is_open() && file.sync());
}

File::~File() {
    if (is_open()) {
        ::close(descriptor_);
    }
}

File File::open(const std::filesystem::path& path, int flags) noexcept {
    return File(::open(path.c_str(), flags | O_CLOEXEC, 0600));
}

bool File::write(std::span<const std::uint8_t> bytes) noexcept {
    while (!bytes.empty()) {
        const ssize_t count = ::write(descriptor_, bytes.data(), bytes.size());
        if (count < 0 && errno != EINTR) {
            return false;
        }
        bytes = bytes.subspan(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    }
    return true;
}

std::size_t File::read(std::span<std::uint8_t> room) noexcept {
    std::size_t all = 0;
    while (all < room.size()) {
        const ssize_t count = ::read(descriptor_, room.data() + all, room.size() - all);
        if (count == 0 || (count < 0 && errno != EINTR)) {
            break;
        }
        all += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    }
    return all;
}

bool File::sync() noexcept {
    return ::fdatasync(descriptor_) == 0;
}

bool File::cut_to(std::uint64_t size) noexcept {
    return ::ftruncate(descriptor_, static_cast<off_t>(size)) == 0 &&
           ::lseek(descriptor_, static_cast<off_t>(size), SEEK_SET) >= 0;
}

SegmentWriter SegmentWriter::create(const std::filesystem::path& path, const SpoolId& spool,
                                    std::uint64_t from) {
    SegmentWriter writer;
    writer.file_ = File::open(path, O_WRONLY | O_CREAT | O_EXCL);
    const Head head = head_of(Kind::segment, spool, from);
    if (writer.file_.is_open() && !writer.file_.write(bytes_of(head))) {
        writer.file_ = File();
        ::unlink(path.c_str());
    }
    writer.size_ = sizeof(head);
    return writer;
}

bool SegmentWriter::append(std::span<const Entry> entries) {
    const auto payload = std::as_bytes(entries);
    const std::span<const std::uint8_t> bytes(
        static_cast<const std::uint8_t*>(static_cast<const void*>(payload.data())), payload.size());
    const BlockHead head{.entries = static_cast<std::uint32_t>(entries.size()),
                         .checksum = checksum_of(bytes)};
    const auto of_head = bytes_of(head);
    try {
        block_.assign(of_head.begin(), of_head.end());
        block_.insert(block_.end(), bytes.begin(), bytes.end());
    } catch (const std::bad_alloc&) {
        return false;
    }
    if (!file_.write(block_)) {
        if (!file_.cut_to(size_)) {
            file_ = File();  // its end cannot be told any more: a reader stops there
        }
        return false;
    }
    size_ += block_.size();
    entries_ += entries.size();
    return true;
}

SegmentEnd read_segment(const std::filesystem::path& path, const SpoolId& spool,
                        const std::function<void(std::uint64_t, const Entry&)>& take) {
    SegmentEnd end;
    File file = File::open(path, O_RDONLY);
    Head head;
    if (!file.is_open() || !read_head(file, Kind::segment, spool, head)) {
        return end;
    }
    end.is_ours = true;
    end.from = head.from;
    std::vector<Entry> entries;
    for (;;) {
        BlockHead block;
        const std::size_t count = file.read(room_of(block));
        if (count == 0) {
            end.is_whole = true;
            return end;
        }
        if (count != sizeof(block) || block.entries > limits::entries_per_block) {
            return end;
        }
        entries.resize(block.entries);
        const std::span<std::uint8_t> room(
            static_cast<std::uint8_t*>(static_cast<void*>(entries.data())),
            entries.size() * sizeof(Entry));
        if (file.read(room) != room.size() || checksum_of(room) != block.checksum) {
            return end;
        }
        for (const Entry& entry : entries) {
            take(end.from + end.entries++, entry);
        }
    }
}

bool write_ledger(const std::filesystem::path& path, const SpoolId& spool, const Ledger& ledger) {
    const std::vector<std::uint8_t> text = text_of(ledger);
    const Head head = head_of(Kind::ledger, spool, text.size());
    const std::uint64_t checksum = checksum_of(text);
    auto unfinished = path;
    unfinished += ".new";
    File file = File::open(unfinished, O_WRONLY | O_CREAT | O_TRUNC);
    const bool is_written = file.is_open() && file.write(bytes_of(head)) && file.write(text) &&
                            file.write(bytes_of(checksum)) && file.sync() &&
                            ::rename(unfinished.c_str(), path.c_str()) == 0;
    if (!is_written) {
        ::unlink(unfinished.c_str());
        return false;
    }
    sync_folder(path.parent_path());
    return true;
}

bool read_ledger(const std::filesystem::path& path, const SpoolId& spool, Ledger& ledger) {
    File file = File::open(path, O_RDONLY);
    Head head;
    std::error_code failed;
    const auto size = std::filesystem::file_size(path, failed);
    if (!file.is_open() || failed || !read_head(file, Kind::ledger, spool, head) ||
        head.from != size - sizeof(head) - sizeof(std::uint64_t)) {
        return false;
    }
    std::vector<std::uint8_t> text(head.from);
    std::uint64_t checksum = 0;
    if (file.read(text) != text.size() || file.read(room_of(checksum)) != sizeof(checksum) ||
        checksum != checksum_of(text)) {
        return false;
    }
    LedgerSource source(text);
    source.take_map(ledger.users);
    source.take_map(ledger.torrents);
    source.take_map(ledger.tokens);
    source.take_map(ledger.peers);
    ledger.snatches.resize(source.take_count(sizeof(Snatch)));
    std::ranges::for_each(ledger.snatches, [&](Snatch& snatch) { source.take(snatch); });
    return source.is_good && source.is_at_end();
}

}  // namespace chihaya::gazelle
