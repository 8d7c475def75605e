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
#include <utility>

namespace chihaya::memory {
namespace {

using Steady = std::chrono::steady_clock;

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
      kept_(control, shelf_, stock_.secret, plan.registry != nullptr),
      saved_at_(stock_.now().second),
      interval_(plan.interval) {}

Keeper::~Keeper() {
    finish(Last::none);
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

bool Keeper::take_files(std::chrono::seconds patience, Trouble& trouble) {
    const auto until = Steady::now() + patience;
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
    if (Trouble trouble; !take_files(limits::lock_wait, trouble)) {
        say(Severity::error, "tracker.params.snapshot: found " + shelf_.file().string() + ", " +
                                 (trouble.empty() ? "which another process has"
                                                  : "which cannot be locked: " + trouble) +
                                 "; accepted is a file in a folder that only this process writes "
                                 "to; give each tracker a state_dir of its own");
        return false;
    }
    const auto began = Steady::now();
    Restore restore(shelf_, stock_, kept_.saved(),
                    [this](Severity severity, std::string_view text) { say(severity, text); });
    Restored restored = restore.run();
    if (!restored.unreadable.empty()) {
        say(Severity::error, "tracker.params.snapshot: found " + restored.unreadable +
                                 "; accepted are files that this process may read; change whose "
                                 "they are, or move them away to start without them");
        return false;
    }
    const double seconds = Seconds(Steady::now() - began).count();
    generation_ = restored.generation;
    last_snapshot_ = restored.snapshot_generation;
    snapshot_bytes_ = restored.snapshot_bytes;
    if (restored.snapshot_generation != 0) {
        saved_at_ = restored.written_at;
    }
    restored_peers_ = restored.peers;
    restore_seconds_ = seconds;
    kept_.settle(std::move(restored.damaged_journals));
    if (restored.snapshot_generation != 0 || restored.changes != 0) {
        say(Severity::info, "snapshot: restored " + std::to_string(restored.peers) + " peers in " +
                                std::to_string(restored.swarms) + " swarms (the file holds " +
                                std::to_string(restored.saved_peers) + " peers and histories in " +
                                std::to_string(restored.saved_swarms) + ") and " +
                                std::to_string(restored.changes) +
                                " later changes of the registry in " + rounded(seconds));
    }
    has_all_ = restored.is_final;
    if (!begin_life()) {
        return false;
    }
    owns_files_ = true;
    run_thread();
    return true;
}

/// What was restored is not final any more: so say the journal that is begun now, or, where there
/// is no room for one, the snapshot's name. Without a journal changes are refused until there is
/// one.
bool Keeper::begin_life() {
    const bool has_begun = begin_journal();
    if (!has_all_) {
        return true;
    }
    Trouble trouble = has_begun ? Trouble() : rename_file(shelf_.file(), shelf_.previous());
    if (trouble.empty()) {
        trouble = sync_folder(shelf_.file().parent_path());
    }
    if (!trouble.empty()) {
        say(Severity::error, "snapshot " + shelf_.file().string() +
                                 ": its folder cannot be written to: " + trouble +
                                 "; a tracker that was killed could not be told from one that was "
                                 "stopped; accepted is a folder that this process may write to");
    }
    return trouble.empty();
}

bool Keeper::start_anew() {
    if (!take_folder()) {
        return false;
    }
    Trouble trouble;
    File probe;
    if (!probe.lock(shelf_.lock(), trouble) && !trouble.empty()) {
        say(Severity::error, "tracker.params.snapshot: found " + shelf_.file().string() +
                                 ", beside which no lock can be had: " + trouble +
                                 "; accepted is a file in a folder that this process may write to");
        return false;
    }
    probe.close();
    kept_.settle_anew();
    run_thread();
    return true;
}

/// In a file of its own, after whatever there is.
bool Keeper::begin_journal() {
    ++generation_;
    return kept_.begin(generation_);
}

void Keeper::run_thread() {
    thread_ = std::thread([this] { run(); });
}

void Keeper::run() noexcept {
    step_back();
    std::unique_lock lock(mutex_);
    auto due = Steady::now() + interval_;
    while (!is_ending_) {
        const auto pause =
            owns_files_ ? std::min<std::chrono::milliseconds>(interval_, limits::journal_sync)
                        : lock_pause;  // nothing survives this process until then
        wakes_.wait_for(lock, pause, [&] { return is_ending_; });
        if (is_ending_ || !is_open_) {
            continue;
        }
        due = std::min(due, Steady::now() + interval_);
        lock.unlock();
        if (!owns_files_) {
            const bool is_due = Steady::now() >= due;
            if (take_over(is_due)) {
                due = Steady::now();
            } else if (is_due) {
                due += std::chrono::hours(24);
            }
        } else if (!sync_journal()) {
            due = Steady::now();
        }
        if (owns_files_ && Steady::now() >= due) {
            save(Last::none);
            due = Steady::now() + std::chrono::hours(24);
        }
        lock.lock();
    }
}

void Keeper::set_interval(std::chrono::milliseconds interval) {
    const std::lock_guard lock(mutex_);
    interval_ = interval;
}

/// Has the process that had the files left them to this one? `is_due`: a snapshot is
bool Keeper::take_over(bool is_due) noexcept {
    try {
        Trouble trouble;
        if (lock_.lock(shelf_.lock(), trouble)) {
            const Restored found = Restore(shelf_, stock_, kept_.saved(), {}).look();
            if (found.unreadable.empty()) {
                generation_ = found.generation;
                static_cast<void>(begin_journal());
                owns_files_ = true;
                return true;
            }
            trouble = found.unreadable;
            lock_.close();
        }
        note_absence(trouble, is_due);
    } catch (const std::exception&) {
        lock_.close();  // the next second will do
    }
    return false;
}

/// At the end: the process whose place this one has taken lets go of the files when it ends, soon.
bool Keeper::wait_to_take_over() noexcept {
    const auto until = Steady::now() + limits::lock_wait;
    while (Steady::now() < until) {
        if (take_over(false)) {
            return true;
        }
        std::this_thread::sleep_for(lock_pause);
    }
    return take_over(true);
}

/// Says once why nothing is saved.
void Keeper::note_absence(const Trouble& trouble, bool is_due) {
    failures_ += is_due ? 1 : 0;
    if ((is_due || !trouble.empty()) && !std::exchange(is_failing_, true)) {
        say(trouble.empty() ? Severity::warning : Severity::error,
            "snapshot " + shelf_.file().string() + ": cannot be written: " +
                (trouble.empty() ? "another process has the files" : trouble) +
                "; it is tried again, and until then neither swarms nor changes of the registry "
                "survive this process");
    } else if (!is_failing_ && !std::exchange(is_waiting_, true)) {
        say(Severity::info, "snapshot: another process has the files; waiting for it to end");
    }
}

/// `last`: what it is of the end; none while announces go on.
void Keeper::save(Last last) noexcept {
    if (kept_.waits_for_load()) {
        return;  // the host does not have the registry yet, and would show less than there is
    }
    const auto began = Steady::now();
    Trouble trouble;
    try {
        trouble = save_now(last);
    } catch (const std::exception&) {
        trouble = "out of memory";
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

Trouble Keeper::save_now(Last last) {
    SnapshotHeader header;
    header.tick_seconds = stock_.ticks.seconds();
    header.written_at = stock_.now().second;
    header.has_registry = registry_ != nullptr;
    header.is_final = last == Last::final;
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
                                 .journal_bytes = [this] { return kept_.journal_bytes(); },
                                 .ends = gives_up_,
                                 .haste = last == Last::none ? Haste::leisurely : Haste::hurried});
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
    kept_.recover();
    kept_.forget_before(oldest - std::min<std::uint64_t>(oldest, 1));
    snapshot_bytes_ = writer.bytes();
    saved_at_ = header.written_at;
    return {};
}

/// Returns: false when a snapshot must come to its help
bool Keeper::sync_journal() noexcept {
    try {
        if (kept_.lacks_journal()) {
            static_cast<void>(begin_journal());  // the disk may have room by now
        }
        return kept_.sync();
    } catch (const std::exception&) {
        return true;  // the next second will do
    }
}

void Keeper::finish(Last last) noexcept {
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
    if (last != Last::none && is_open_ && (owns_files_ || wait_to_take_over())) {
        save(last);
        static_cast<void>(sync_journal());
    }
    kept_.end();
    owns_files_ = false;
    lock_.close();
}

void Keeper::report(MetricSink& sink) noexcept {
    const std::uint64_t saved_at = saved_at_;
    const std::uint64_t now = stock_.now().second;
    sink.gauge("snapshot_age_seconds", saved_at > now ? 0.0 : static_cast<double>(now - saved_at));
    sink.gauge("snapshot_bytes", static_cast<double>(snapshot_bytes_.load()));
    sink.gauge("snapshot_seconds", snapshot_seconds_.load());
    sink.gauge("restored_peers", static_cast<double>(restored_peers_.load()));
    sink.gauge("restore_seconds", restore_seconds_.load());
    sink.counter("snapshots", snapshots_.load());
    sink.counter("snapshot_failures", failures_.load());
    sink.gauge("journal_bytes", static_cast<double>(kept_.journal_bytes_about()));
}

}  // namespace chihaya::memory
