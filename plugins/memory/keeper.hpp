#pragma once

/// @file keeper.hpp
/// Keeps what the driver holds in files: a snapshot now and then and at the end, and a journal of
/// what the registry is told in between. Start here, then snapshot_writer and restore; the files
/// are shelf.hpp's and SNAPSHOT.md's.

#include "chihaya/host.hpp"
#include "chihaya/registry.hpp"
#include "plugins/memory/kept_registry.hpp"
#include "plugins/memory/restore.hpp"
#include "plugins/memory/shelf.hpp"
#include "plugins/memory/stock.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <mutex>
#include <span>
#include <string>
#include <thread>

namespace chihaya::memory {

/// Thread: any, `start` and `finish` one at a time
class Keeper {
public:
    struct Plan {
        std::filesystem::path file;  // absolute
        std::chrono::milliseconds interval{};
        RegistrySource* registry = nullptr;  // null: there is none to save
    };

    /// Lifetime: `control` and what the stock refers to outlive the keeper
    Keeper(Host& control, Stock stock, Plan plan);
    ~Keeper();
    Keeper(const Keeper&) = delete;
    Keeper& operator=(const Keeper&) = delete;

    /// Takes the files for this process, restores what they hold, and begins to save.
    /// Returns: false, after a line to the log, when that cannot be
    [[nodiscard]] bool start();
    /// The same without restoring: swarms and registry come from somewhere else. The files may be
    /// another process's until that one ends.
    [[nodiscard]] bool start_anew();

    /// There is something to save from now on: somebody can announce.
    void open() noexcept { is_open_.store(true, std::memory_order_relaxed); }
    void set_interval(std::chrono::milliseconds interval);
    [[nodiscard]] const std::filesystem::path& file() const noexcept { return shelf_.file(); }

    /// Where changes of the registry are written down. Thread: as it says
    [[nodiscard]] KeptRegistry& registry() noexcept { return kept_; }

    /// How it ends.
    enum class Last : std::uint8_t {
        none,   // without a snapshot
        usual,  // after one
        final,  // after one that has every announce that was answered, and current histories
    };
    /// Ends the thread. Harmless when there is none.
    void finish(Last last) noexcept;

    /// What was restored was final: no announce is missing.
    [[nodiscard]] bool has_all() const noexcept { return has_all_; }

    void report(MetricSink& sink) noexcept;

private:
    using Seconds = std::chrono::duration<double>;

    [[nodiscard]] bool take_folder();
    [[nodiscard]] bool take_files(std::chrono::seconds patience, Trouble& trouble);
    [[nodiscard]] bool take_over(bool is_due) noexcept;
    [[nodiscard]] bool wait_to_take_over() noexcept;
    void note_absence(const Trouble& trouble, bool is_due);
    [[nodiscard]] bool begin_journal();
    void run_thread();
    void run() noexcept;
    void save(Last last) noexcept;
    [[nodiscard]] Trouble save_now(Last last);
    [[nodiscard]] bool begin_life();
    [[nodiscard]] bool sync_journal() noexcept;
    void say(Severity severity, std::string_view text) noexcept { control_.log(severity, text); }

    Host& control_;
    const Stock stock_;
    const Shelf shelf_;
    RegistrySource* const registry_;
    File lock_;
    std::uint64_t generation_ = 0;     // the highest that has been used
    std::uint64_t last_snapshot_ = 0;  // generation of the last good one
    std::atomic<bool> is_open_{false};
    std::atomic<bool> owns_files_{false};
    bool is_failing_ = false;
    bool is_waiting_ = false;  // another process has the files, and the log says so
    bool has_all_ = false;
    KeptRegistry kept_;

    std::atomic<std::uint64_t> snapshot_bytes_{0};
    std::atomic<double> snapshot_seconds_{0};
    std::atomic<std::uint64_t> snapshots_{0};
    std::atomic<std::uint64_t> failures_{0};
    std::atomic<std::uint64_t> saved_at_;  // when it was begun, as long as there is none
    std::atomic<std::uint64_t> restored_peers_{0};
    std::atomic<double> restore_seconds_{0};

    std::mutex mutex_;  // protects what follows
    std::condition_variable wakes_;
    std::chrono::milliseconds interval_;
    bool is_ending_ = false;
    std::atomic<bool> gives_up_{false};
    std::thread thread_;
};

}  // namespace chihaya::memory
