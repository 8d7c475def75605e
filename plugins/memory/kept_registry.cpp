#include "plugins/memory/kept_registry.hpp"

#include <algorithm>
#include <exception>
#include <type_traits>
#include <utility>

namespace chihaya::memory {
namespace {

constexpr Status out_of_memory{StatusCode::unavailable, "out of memory"};

}  // namespace

void KeptRegistry::settle(std::vector<std::uint64_t> damaged) {
    damaged_ = std::move(damaged);
    is_loaded_ = saved_.is_empty();
}

void KeptRegistry::settle_anew() {
    is_loaded_ = true;
}

bool KeptRegistry::begin(std::uint64_t generation) {
    auto fresh = std::make_shared<File>();
    const Trouble trouble = journal_.make(generation, *fresh);
    Journal::Unsynced before;
    {
        const std::lock_guard lock(mutex_);
        is_writing_ = is_wanted_;
        if (trouble.empty()) {
            before = journal_.go_on(std::move(fresh), generation);
            bytes_about_ = journal_.bytes();
        }
        if (!has_lost_) {
            note(trouble);
        }
    }
    static_cast<void>(bring_out(before));
    return trouble.empty();
}

bool KeptRegistry::sync() {
    Journal::Unsynced what;
    {
        const std::lock_guard lock(mutex_);
        if (!has_lost_) {
            what = journal_.unsynced();
        }
    }
    return bring_out(what);
}

/// What a disk has refused once it may refuse silently the next time: only a snapshot helps.
bool KeptRegistry::bring_out(const Journal::Unsynced& what) {
    if (what.file == nullptr) {
        return true;
    }
    const Trouble trouble = what.file->sync();
    const std::lock_guard lock(mutex_);
    if (trouble.empty()) {
        journal_.synced(what);
    } else {
        note("it cannot be brought to the disk, and a power failure may take back what it holds: " +
             trouble);
        has_lost_ = true;
    }
    return trouble.empty();
}

void KeptRegistry::recover() {
    const std::lock_guard lock(mutex_);
    if (std::exchange(has_lost_, false)) {
        note({});
    }
}

void KeptRegistry::forget_before(std::uint64_t generation) {
    for (const std::uint64_t old : shelf_.journals()) {
        if (old >= generation) {
            continue;
        }
        const auto path = shelf_.journal(old);
        if (std::ranges::find(damaged_, old) == damaged_.end()) {
            remove_file(path);
        } else {
            control_.log(Severity::warning, "journal " + path.string() + ": snapshots have taken " +
                                                "its place; " + shelf_.set_aside(path, "damaged"));
        }
    }
}

void KeptRegistry::end() noexcept {
    const std::lock_guard lock(mutex_);
    is_writing_ = false;
}

/// Under the mutex.
void KeptRegistry::note(const Trouble& trouble) {
    if (trouble.empty() == is_failing_) {
        is_failing_ = !trouble.empty();
        if (is_failing_) {
            control_.log(Severity::error, "journal of " + shelf_.file().string() +
                                              ": cannot be written: " + trouble +
                                              "; changes of the registry are refused until it can");
        } else {
            control_.log(Severity::info, "journal: it can be written again");
        }
    }
}

/// What has not been loaded yet is changed where it is.
template <class Record>
void KeptRegistry::change_saved(Change what, std::span<const Record> records) {
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
Status KeptRegistry::change(Change what, std::span<const Record> records,
                            const std::function<Status()>& apply) noexcept {
    constexpr Status refused{StatusCode::unavailable, "the change cannot be written to disk"};
    try {
        const std::lock_guard lock(mutex_);
        if (is_writing_) {
            if (has_lost_) {
                return refused;
            }
            const Trouble trouble = journal_.append(what, records);
            bytes_about_ = journal_.bytes();
            note(trouble);
            if (!trouble.empty()) {
                return refused;
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
template Status KeptRegistry::change(Change, std::span<const UserRecord>, const Apply&) noexcept;
template Status KeptRegistry::change(Change, std::span<const TorrentRecord>, const Apply&) noexcept;
template Status KeptRegistry::change(Change, std::span<const ClientRecord>, const Apply&) noexcept;
template Status KeptRegistry::change(Change, std::span<const TokenRecord>, const Apply&) noexcept;
template Status KeptRegistry::change(Change, std::span<const UserId>, const Apply&) noexcept;
template Status KeptRegistry::change(Change, std::span<const TorrentErasure>,
                                     const Apply&) noexcept;
template Status KeptRegistry::change(Change, std::span<const PeerIdPrefix>, const Apply&) noexcept;

Status KeptRegistry::load(RegistrySink& sink) noexcept {
    try {
        const std::lock_guard lock(mutex_);
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

bool KeptRegistry::waits_for_load() {
    const std::lock_guard lock(mutex_);
    return is_wanted_ && !is_loaded_;
}

bool KeptRegistry::lacks_journal() {
    const std::lock_guard lock(mutex_);
    return is_wanted_ && !journal_.is_open();
}

std::uint64_t KeptRegistry::journal_bytes() {
    const std::lock_guard lock(mutex_);
    return journal_.bytes();
}

}  // namespace chihaya::memory
