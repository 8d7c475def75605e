#include "plugins/gazelle/books/spool.hpp"

#include "plugins/gazelle/limits.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <limits>
#include <new>
#include <random>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace chihaya::gazelle {
namespace {

constexpr std::uint64_t for_ever = std::numeric_limits<std::uint64_t>::max();

// Numbers go on so far behind the last one that is on disk: the database may know of a few more,
// and what comes next must not be taken for those.
constexpr std::uint64_t gap = std::uint64_t{1} << 32U;

constexpr std::string_view segment_prefix = "entries-";
constexpr std::string_view ledger_prefix = "ledger-";

[[noreturn]] void fail(const std::filesystem::path& path, const std::string& why) {
    throw std::runtime_error("spool " + path.string() + ": " + why);
}

std::string in_hex(std::uint64_t number) {
    std::array<char, 16> digits{};
    for (std::size_t i = digits.size(); i > 0; --i, number >>= 4U) {
        digits[i - 1] = "0123456789abcdef"[number & 15U];
    }
    return {digits.data(), digits.size()};
}

/// The numbers behind `prefix`, 16 digits each, or nothing when the name has another form.
template <std::size_t count>
std::optional<std::array<std::uint64_t, count>> numbers_of(std::string_view name,
                                                           std::string_view prefix) {
    std::array<std::uint64_t, count> numbers{};
    if (!name.starts_with(prefix) || name.size() != prefix.size() + count * 17 - 1) {
        return std::nullopt;
    }
    name.remove_prefix(prefix.size());
    for (std::size_t i = 0; i < count; ++i) {
        const std::string_view digits = name.substr(i * 17, 16);
        const auto [end, error] =
            std::from_chars(digits.data(), digits.data() + digits.size(), numbers[i], 16);
        if (error != std::errc() || end != digits.data() + digits.size()) {
            return std::nullopt;
        }
    }
    return numbers;
}

std::string segment_name(std::uint64_t from) {
    return std::string(segment_prefix) + in_hex(from);
}

/// No client calls itself so.
SpoolId drawn_id() {
    constexpr std::string_view prefix = "-CHIHAYA-";
    constexpr std::string_view letters =
        "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUV";
    SpoolId id{};
    std::ranges::copy(prefix, id.begin());
    std::random_device dice;
    std::uniform_int_distribution<std::size_t> letter(0, letters.size() - 1);
    std::generate(id.begin() + prefix.size(), id.end(),
                  [&] { return static_cast<std::uint8_t>(letters[letter(dice)]); });
    return id;
}

}  // namespace

std::string Spool::LedgerFile::name() const {
    return std::string(ledger_prefix) + in_hex(low) + '-' + in_hex(high) + '-' + in_hex(from) +
           '-' + in_hex(to);
}

Spool::Spool(const std::filesystem::path& folder) : folder_(folder) {
    std::error_code failed;
    std::filesystem::create_directories(folder_, failed);
    if (!failed) {  // who downloaded what is nobody else's business
        std::filesystem::permissions(folder_, std::filesystem::perms::owner_all, failed);
    }
    if (failed) {
        fail(folder_, failed.message());
    }
    lock();
    const bool is_new = find_id();
    read_confirmed();
    find_files();
    end_ = std::max(confirmed_, end_of_segments());
    for (const LedgerFile& ledger : ledgers_) {
        end_ = std::max(end_, ledger.to);
    }
    end_ += is_new ? 0 : gap;
    measure();
}

void Spool::lock() {
    lock_ = File::open(folder_ / "lock", O_RDWR | O_CREAT);
    if (!lock_.is_open()) {
        fail(folder_, std::generic_category().message(errno));
    }
    if (::flock(lock_.descriptor(), LOCK_EX | LOCK_NB) != 0) {
        fail(folder_, "another process has it; give each tracker a state_dir of its own");
    }
}

/// True: there was none, and one has been drawn.
bool Spool::find_id() {
    const auto path = folder_ / "id";
    File file = File::open(path, O_RDONLY);
    if (file.is_open()) {
        if (file.read(id_) != id_.size()) {
            fail(path, "found fewer than 20 bytes, accepted the name of the spool");
        }
        return false;
    }
    id_ = drawn_id();
    auto unfinished = path;
    unfinished += ".new";
    file = File::open(unfinished, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file.is_open() || !file.write(id_) || !file.sync() ||
        ::rename(unfinished.c_str(), path.c_str()) != 0) {
        fail(path, std::generic_category().message(errno));
    }
    return true;
}

/// Twice, the second time inverted: written in place, it may be half old and half new.
void Spool::read_confirmed() {
    confirmed_file_ = File::open(folder_ / "confirmed", O_RDWR | O_CREAT);
    if (!confirmed_file_.is_open()) {
        fail(folder_ / "confirmed", std::generic_category().message(errno));
    }
    std::array<std::uint64_t, 2> words{};
    const std::span<std::uint8_t> room(static_cast<std::uint8_t*>(static_cast<void*>(words.data())),
                                       sizeof(words));
    if (confirmed_file_.read(room) == room.size() && words[0] == ~words[1]) {
        confirmed_ = words[0];
    }
}

void Spool::write_confirmed() noexcept {
    const std::array<std::uint64_t, 2> words{confirmed_, ~confirmed_};
    // Lost, it costs nothing but a look at the database, which knows better.
    static_cast<void>(::pwrite(confirmed_file_.descriptor(), words.data(), sizeof(words), 0) < 0);
}

void Spool::find_files() {
    for (const auto& file : std::filesystem::directory_iterator(folder_)) {
        const std::string name = file.path().filename().string();
        if (const auto from = numbers_of<1>(name, segment_prefix)) {
            segments_.emplace((*from)[0], file.file_size());
        } else if (const auto range = numbers_of<4>(name, ledger_prefix)) {
            ledgers_.push_back({(*range)[0], (*range)[1], (*range)[2], (*range)[3]});
        } else if (name.ends_with(".new")) {
            std::filesystem::remove(file.path());  // was never finished
        }
    }
    // A ledger may have been finished, and what it stands for not removed yet.
    for (const LedgerFile& ledger : std::vector(ledgers_)) {
        forget_replaced(ledger);
    }
}

std::uint64_t Spool::end_of_segments() {
    if (segments_.empty()) {
        return 0;
    }
    const std::uint64_t last = segments_.rbegin()->first;
    const SegmentEnd found =
        read_segment(folder_ / segment_name(last), id_, [](std::uint64_t, const Entry&) {});
    if (!found.is_ours) {
        // An empty head is what a power cut leaves of a file that has just been made.
        return last;
    }
    return last + found.entries;
}

/// Or has the operator moved it away?
bool Spool::is_there(const std::string& name) const {
    return std::filesystem::exists(folder_ / name);
}

void Spool::replay(std::uint64_t position, std::uint64_t until,
                   const std::function<void(const Entry&)>& take_entry,
                   const std::function<void(const Ledger&, bool)>& take_ledger) {
    for (const LedgerFile& file : ledgers_) {
        if (!file.holds_at(position) || file.from >= until) {
            continue;
        }
        Ledger ledger;
        if (!read_ledger(folder_ / file.name(), id_, ledger) && is_there(file.name())) {
            fail(folder_ / file.name(), "it is not sound; move it away to go on without it");
        }
        take_ledger(ledger, file.was_set_aside());
    }
    for (const auto& [from, bytes] : segments_) {
        if (from >= until) {
            break;
        }
        const SegmentEnd end = read_segment(folder_ / segment_name(from), id_,
                                            [&](std::uint64_t number, const Entry& entry) {
                                                if (number >= position && number < until) {
                                                    take_entry(entry);
                                                }
                                            });
        if (!end.is_ours && bytes > 0 && is_there(segment_name(from))) {
            fail(folder_ / segment_name(from),
                 "it is none of this spool and this version; move it away to go on without it");
        }
    }
    // What would have held after a transaction that never was.
    std::erase_if(ledgers_, [&](const LedgerFile& file) {
        const bool is_future = file.low > position;
        if (is_future) {
            remove(file.name());
        }
        return is_future;
    });
    // Nor was the one that they were to end with.
    for (LedgerFile& file : ledgers_) {
        if (file.was_set_aside() && file.holds_at(position) && file.high != for_ever) {
            rename(file, for_ever);
        }
    }
    confirm(position);
}

bool Spool::begin_segment() noexcept {
    try {
        const auto place = segments_.emplace(end_, 0).first;
        segment_ = SegmentWriter::create(folder_ / segment_name(end_), id_, end_);
        if (segment_.is_open()) {
            place->second = segment_.size();
            sync_folder(folder_);
        } else {
            segments_.erase(place);
        }
    } catch (const std::bad_alloc&) {
        segments_.erase(end_);
        segment_ = SegmentWriter();
    }
    return segment_.is_open();
}

bool Spool::append(std::span<const Entry> entries) noexcept {
    const bool is_full = segment_.is_open() && segment_.size() >= limits::segment_bytes;
    bool is_written = (segment_.is_open() && !is_full) || begin_segment();
    while (!entries.empty()) {
        const auto block =
            entries.first(std::min<std::size_t>(entries.size(), limits::entries_per_block));
        is_written = is_written && segment_.append(block);
        end_ += block.size();
        entries = entries.subspan(block.size());
    }
    if (!is_written) {
        roll();  // what comes next has other numbers than the end of that file
    } else {
        segments_.rbegin()->second = segment_.size();
    }
    measure();
    return is_written;
}

bool Spool::replace(std::uint64_t from, std::uint64_t to, const Ledger& ledger) {
    const LedgerFile file{.low = 0, .high = to, .from = from, .to = to};
    if (from >= to || !write_ledger(folder_ / file.name(), id_, ledger)) {
        return false;
    }
    roll();
    ledgers_.push_back(file);
    forget_replaced(file);
    measure();
    return true;
}

std::uint64_t Spool::size_of(const LedgerFile& file) const noexcept {
    std::error_code absent;
    const auto size = std::filesystem::file_size(folder_ / file.name(), absent);
    return absent ? 0 : size;
}

std::uint64_t Spool::replaceable(std::uint64_t from) const noexcept {
    std::uint64_t sum = 0;
    for (const LedgerFile& file : ledgers_) {
        sum += !file.was_set_aside() && file.from >= from ? size_of(file) : 0;
    }
    for (auto segment = segments_.lower_bound(from); segment != segments_.end(); ++segment) {
        sum += segment->second;
    }
    return sum;
}

/// Everything that `by` stands for.
void Spool::forget_replaced(const LedgerFile& by) noexcept {
    std::erase_if(segments_, [&](const auto& segment) {
        const bool is_replaced = segment.first >= by.from && segment.first < by.to;
        if (is_replaced) {
            remove(segment_name(segment.first));
        }
        return is_replaced;
    });
    std::erase_if(ledgers_, [&](const LedgerFile& other) {
        const bool is_replaced = !other.was_set_aside() && other.from >= by.from &&
                                 other.to <= by.to && other.name() != by.name();
        if (is_replaced) {
            remove(other.name());
        }
        return is_replaced;
    });
}

bool Spool::set_aside(std::uint64_t position, const Ledger& ledger) {
    const LedgerFile file{.low = position, .high = for_ever, .from = position, .to = position};
    if (!write_ledger(folder_ / file.name(), id_, ledger)) {
        return false;
    }
    aside_ = file;
    return true;
}

void Spool::take_up(std::uint64_t position) noexcept {
    taken_up_ = position;
    for (LedgerFile& file : ledgers_) {
        if (file.high == for_ever) {
            rename(file, position);
        }
    }
    sync_folder(folder_);  // or a power cut after the COMMIT would bring them a second time
}

void Spool::abandon() noexcept {
    if (!aside_ && taken_up_ == 0) {
        return;
    }
    if (aside_) {
        remove(aside_->name());
        aside_.reset();
    }
    for (LedgerFile& file : ledgers_) {
        if (taken_up_ != 0 && file.high == taken_up_ && file.was_set_aside()) {
            rename(file, for_ever);
        }
    }
    taken_up_ = 0;
    sync_folder(folder_);  // those rows are brought with another transaction
}

void Spool::rename(LedgerFile& file, std::uint64_t high) noexcept {
    const auto before = folder_ / file.name();
    file.high = high;
    ::rename(before.c_str(), (folder_ / file.name()).c_str());
}

void Spool::confirm(std::uint64_t position) noexcept {
    confirmed_ = std::max(confirmed_, position);
    end_ = std::max(end_, position);
    write_confirmed();
    if (aside_ && aside_->low <= position) {
        ledgers_.push_back(*aside_);
    }
    aside_.reset();
    taken_up_ = 0;
    forget_before(position);
    measure();
}

void Spool::forget_before(std::uint64_t position) noexcept {
    std::erase_if(ledgers_, [&](const LedgerFile& file) {
        if (file.high <= position) {
            remove(file.name());
        }
        return file.high <= position;
    });
    while (!segments_.empty()) {
        const auto first = segments_.begin();
        const auto next = std::next(first);
        const std::uint64_t to = next != segments_.end() ? next->first : end_;
        const bool is_last = next == segments_.end();
        if (to > position) {
            break;
        }
        if (is_last) {
            segment_ = SegmentWriter();
        }
        remove(segment_name(first->first));
        segments_.erase(first);
    }
}

void Spool::remove(const std::string& name) noexcept {
    ::unlink((folder_ / name).c_str());
}

void Spool::measure() noexcept {
    std::uint64_t sum = 0;
    for (const auto& [from, bytes] : segments_) {
        sum += bytes;
    }
    for (const LedgerFile& file : ledgers_) {
        sum += size_of(file);
    }
    bytes_.store(sum, std::memory_order_relaxed);
}

}  // namespace chihaya::gazelle
