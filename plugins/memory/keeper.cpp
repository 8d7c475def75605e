#include "plugins/memory/keeper.hpp"

#include "plugins/memory/limits.hpp"
#include "plugins/memory/snapshot_writer.hpp"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <system_error>
#include <type_traits>
#include <utility>

namespace chihaya::memory {
namespace {

using Steady = std::chrono::steady_clock;

constexpr Status out_of_memory{StatusCode::unavailable, "out of memory"};
constexpr int niceness = 10;
constexpr std::chrono::milliseconds lock_pause{50};

/// Announces go first. On Linux this is the calling thread's alone.
void step_back() noexcept {
    static_cast<void>(
        ::setpriority(PRIO_PROCESS, static_cast<id_t>(::syscall(SYS_gettid)), niceness));
}

std::string rounded(double seconds) {
    return std::to_string(std::lround(seconds * 1000)) + " ms";
}

}  // namespace

Keeper::Keeper(Host& control, Stock stock, Plan plan)
    : control_(control),
      stock_(std::move(stock)),
      shelf_(std::move(plan.file)),
      registry_(plan.registry),
      journal_(shelf_),
      saved_(stock_.secret),
      interval_(plan.interval) {}

Keeper::~Keeper() {
    finish(false);
}

bool Keeper::take_folder() {
    const auto folder = shelf_.file().parent_path();
    std::error_code failed;
    std::filesystem::create_directories(folder, failed);
    if (failed) {
        say(Severity::error, "tracker.params.snapshot: found " + shelf_.file().string() +
                                 ", whose folder cannot be made: " + failed.message() +
                                 "; accepted is a file in a folder that this process may write to");
    }
    return !failed;
}

bool Keeper::take_files(std::chrono::seconds patience) {
    const auto until = Steady::now() + patience;
    Trouble trouble;
    bool is_said = false;
    while (!lock_.lock(shelf_.lock(), trouble)) {
        if (!trouble.empty() || Steady::now() >= until) {
            return false;
        }
        if (!std::exchange(is_said, true)) {
            say(Severity::info, "snapshot: another process has the files; waiting for it to end");
        }
        std::this_thread::sleep_for(lock_pause);
    }
    return true;
}

bool Keeper::start() {
    if (!take_folder()) {
        return false;
    }
    if (!take_files(limits::lock_wait)) {
        say(Severity::error, "tracker.params.snapshot: found " + shelf_.file().string() +
                                 ", which another process has, or whose folder cannot be written "
                                 "to; give each tracker a state_dir of its own");
        return false;
    }
    const auto began = Steady::now();
    Restore restore(shelf_, stock_, saved_,
                    [this](Severity severity, std::string_view text) { say(severity, text); });
    const Restored restored = restore.run();
    const double seconds = Seconds(Steady::now() - began).count();
    generation_ = restored.generation;
    last_snapshot_ = restored.snapshot_generation;
    snapshot_bytes_ = restored.snapshot_bytes;
    saved_at_ = restored.written_at;
    restored_peers_ = restored.peers;
    restore_seconds_ = seconds;
    is_loaded_ = saved_.is_empty();
    if (restored.snapshot_generation != 0 || restored.changes != 0) {
        say(Severity::info, "snapshot: restored " + std::to_string(restored.peers) + " peers in " +
                                std::to_string(restored.swarms) + " swarms and " +
                                std::to_string(restored.changes) +
                                " later changes of the registry in " + rounded(seconds));
    }
    static_cast<void>(begin_journal());  // without one, changes are refused until there is one
    owns_files_ = true;
    run_thread();
    return true;
}

bool Keeper::start_anew() {
    if (!take_folder()) {
        return false;
    }
    is_loaded_ = true;
    run_thread();
    return true;
}

/// In a file of its own, after whatever there is.
bool Keeper::begin_journal() {
    const std::lock_guard lock(journal_mutex_);
    ++generation_;
    if (registry_ == nullptr) {
        return true;
    }
    const Trouble trouble = journal_.begin(generation_);
    note_journal(trouble);
    return trouble.empty();
}

void Keeper::run_thread() {
    thread_ = std::thread([this] { run(); });
}

void Keeper::run() noexcept {
    step_back();
    auto due = Steady::now() + interval_;
    std::unique_lock lock(mutex_);
    while (!is_ending_) {
        const auto pause = std::min<std::chrono::milliseconds>(interval_, limits::journal_sync);
        wakes_.wait_for(lock, pause, [&] { return is_ending_; });
        if (is_ending_ || !is_open_) {
            continue;
        }
        due = std::min(due, Steady::now() + interval_);
        lock.unlock();
        if (!owns_files_) {
            if (take_files(std::chrono::seconds(0))) {
                generation_ = Restore(shelf_, stock_, saved_, {}).look().generation;
                static_cast<void>(begin_journal());
                owns_files_ = true;
                due = Steady::now();
            }
        } else {
            sync_journal();
        }
        if (owns_files_ && Steady::now() >= due) {
            save();
            due = Steady::now() + std::chrono::hours(24);
        }
        lock.lock();
    }
}

void Keeper::set_interval(std::chrono::milliseconds interval) {
    const std::lock_guard lock(mutex_);
    interval_ = interval;
}

bool Keeper::waits_for_load() {
    const std::lock_guard lock(journal_mutex_);
    return registry_ != nullptr && !is_loaded_;
}

void Keeper::save() noexcept {
    if (waits_for_load()) {
        return;  // the host does not have the registry yet, and would show less than there is
    }
    const auto began = Steady::now();
    Trouble trouble;
    try {
        trouble = save_now();
    } catch (const std::exception&) {
        trouble = out_of_memory.reason;
    }
    if (trouble.empty()) {
        snapshot_seconds_ = Seconds(Steady::now() - began).count();
        ++snapshots_;
        if (std::exchange(is_failing_, false)) {
            say(Severity::info, "snapshot: it can be written again");
        }
        return;
    }
    remove_file(shelf_.fresh());
    if (gives_up_) {
        return;
    }
    ++failures_;
    if (!std::exchange(is_failing_, true)) {
        say(Severity::error, "snapshot " + shelf_.file().string() + ": cannot be written: " +
                                 trouble + "; the one before stays, and it is tried again");
    }
}

Trouble Keeper::save_now() {
    SnapshotHeader header;
    header.tick_seconds = stock_.ticks.seconds();
    header.written_at = stock_.now().second;
    header.has_registry = registry_ != nullptr;
    if (!begin_journal()) {
        return "its journal cannot be begun";
    }
    header.generation = generation_;
    File file;
    if (Trouble trouble = file.create(shelf_.fresh()); !trouble.empty()) {
        return trouble;
    }
    SnapshotWriter writer(file, {.stock = stock_,
                                 .registry = registry_,
                                 .journal_bytes =
                                     [this] {
                                         const std::lock_guard lock(journal_mutex_);
                                         return journal_.bytes();
                                     },
                                 .ends = gives_up_});
    Trouble trouble = writer.write(header);
    file.close();
    if (trouble.empty()) {
        trouble = shelf_.publish();
    }
    if (!trouble.empty()) {
        return trouble;
    }
    // The one before needs its journals as long as it may be needed itself.
    const std::uint64_t before = std::exchange(last_snapshot_, header.generation);
    const std::uint64_t oldest = before == 0 ? header.generation : before;
    const std::lock_guard lock(journal_mutex_);
    journal_.forget_before(oldest - std::min<std::uint64_t>(oldest, 1));
    snapshot_bytes_ = writer.bytes();
    saved_at_ = header.written_at;
    return {};
}

void Keeper::sync_journal() noexcept {
    try {
        std::unique_lock lock(journal_mutex_);
        if (registry_ != nullptr && !journal_.is_open()) {
            lock.unlock();
            static_cast<void>(begin_journal());  // the disk may have room by now
            return;
        }
        note_journal(journal_.sync());
    } catch (const std::exception&) {
        return;  // the next second will do
    }
}

/// Under the journal's mutex.
void Keeper::note_journal(const Trouble& trouble) {
    if (trouble.empty() == is_journal_failing_) {
        is_journal_failing_ = !trouble.empty();
        if (is_journal_failing_) {
            say(Severity::error, "journal of " + shelf_.file().string() +
                                     ": cannot be written: " + trouble +
                                     "; changes of the registry are refused until it can");
        } else {
            say(Severity::info, "journal: it can be written again");
        }
    }
}

/// What has not been loaded yet is changed where it is.
template <class Record>
void Keeper::change_saved(Change what, std::span<const Record> records) {
    if constexpr (std::is_same_v<Record, TokenRecord>) {
        what == Change::put_tokens ? saved_.put(records) : saved_.erase(records);
    } else if constexpr (std::is_same_v<Record, UserRecord> ||
                         std::is_same_v<Record, TorrentRecord> ||
                         std::is_same_v<Record, ClientRecord>) {
        saved_.put(records);
    } else {
        saved_.erase(records);
    }
}

template <class Record>
Status Keeper::change(Change what, std::span<const Record> records,
                      const std::function<Status()>& apply) noexcept {
    try {
        const std::lock_guard lock(journal_mutex_);
        if (registry_ != nullptr && owns_files_) {
            const Trouble trouble = journal_.append(what, records);
            note_journal(trouble);
            if (!trouble.empty()) {
                return {StatusCode::unavailable, "the change cannot be written to disk"};
            }
        }
        if (!is_loaded_) {
            change_saved(what, records);
        }
        return apply();
    } catch (const std::exception&) {
        return out_of_memory;
    }
}

using Apply = std::function<Status()>;
template Status Keeper::change(Change, std::span<const UserRecord>, const Apply&) noexcept;
template Status Keeper::change(Change, std::span<const TorrentRecord>, const Apply&) noexcept;
template Status Keeper::change(Change, std::span<const ClientRecord>, const Apply&) noexcept;
template Status Keeper::change(Change, std::span<const TokenRecord>, const Apply&) noexcept;
template Status Keeper::change(Change, std::span<const UserId>, const Apply&) noexcept;
template Status Keeper::change(Change, std::span<const TorrentErasure>, const Apply&) noexcept;
template Status Keeper::change(Change, std::span<const PeerIdPrefix>, const Apply&) noexcept;

Status Keeper::load(RegistrySink& sink) noexcept {
    try {
        const std::lock_guard lock(journal_mutex_);
        if (is_loaded_) {
            return {};
        }
        const Status shown = saved_.show(sink);
        if (shown.ok()) {
            is_loaded_ = true;
            saved_.clear();
        }
        return shown;
    } catch (const std::exception&) {
        return out_of_memory;
    }
}

void Keeper::finish(bool saves) noexcept {
    {
        const std::lock_guard lock(mutex_);
        is_ending_ = true;
        gives_up_ = true;
    }
    wakes_.notify_all();
    if (thread_.joinable()) {
        thread_.join();
    }
    gives_up_ = false;
    if (saves && owns_files_ && is_open_) {
        save();
        sync_journal();
    }
    owns_files_ = false;
    lock_.close();
}

void Keeper::report(MetricSink& sink) noexcept {
    const std::uint64_t saved_at = saved_at_;
    const std::uint64_t now = stock_.now().second;
    sink.gauge("snapshot_age_seconds",
               saved_at == 0 || saved_at > now ? 0.0 : static_cast<double>(now - saved_at));
    sink.gauge("snapshot_bytes", static_cast<double>(snapshot_bytes_.load()));
    sink.gauge("snapshot_seconds", snapshot_seconds_.load());
    sink.gauge("restored_peers", static_cast<double>(restored_peers_.load()));
    sink.gauge("restore_seconds", restore_seconds_.load());
    sink.counter("snapshots", snapshots_.load());
    sink.counter("snapshot_failures", failures_.load());
    const std::lock_guard lock(journal_mutex_);
    sink.gauge("journal_bytes", static_cast<double>(journal_.bytes()));
}

}  // namespace chihaya::memory
