#pragma once

/// @file scripted_archive.hpp
/// A database of sums in memory, which fails when a test says so: to come to every moment at which
/// something can break. What a real one does is for the tests on a real one.

#include "plugins/gazelle/books/archive.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace chihaya::gazelle::test {

/// How the next transaction ends.
enum class Ending {
    committed,
    refused,            // a deadlock: rolled back
    lost_before,        // the connection broke, nothing was committed
    doubt_committed,    // the answer to COMMIT was lost; it was committed
    doubt_rolled_back,  // likewise; it was not
    lacks_snatches,
    lacks_all,  // torrents, tokens and snatches
};

/// Thread: any
class ScriptedArchive final : public Archive {
public:
    struct Content {
        std::map<std::uint64_t, UserSums> users{};
        std::map<std::uint64_t, std::uint64_t> snatches{};  // of torrents
        std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> tokens{};
        std::map<std::uint64_t, std::int64_t> balances{};
        std::map<PeerKey, PeerRow> peers{};
        std::map<std::uint64_t, std::uint32_t> seeders{};  // of torrents
        std::size_t snatch_rows = 0;
        std::map<SpoolId, std::uint64_t> positions{};
        std::size_t transactions = 0;
    };

    Written write(const Ledger& ledger, const Marker& marker) override {
        Ending ending = Ending::committed;
        if (on_write) {
            ending = on_write(ledger);
        }
        Written written;
        const std::lock_guard lock(mutex_);
        switch (ending) {
            case Ending::refused:
                written.error = {Remedy::repeat, 1213, "deadlock"};
                return written;
            case Ending::lost_before:
                written.error = {Remedy::reconnect, 2013, "lost"};
                return written;
            case Ending::doubt_rolled_back:
                written.error = {Remedy::reconnect, 2013, "lost"};
                written.is_in_doubt = true;
                return written;
            case Ending::lacks_snatches:
            case Ending::lacks_all:
                written.lacks_snatches = !ledger.snatches.empty();
                written.lacks_torrents = ending == Ending::lacks_all && !ledger.torrents.empty();
                written.lacks_tokens = ending == Ending::lacks_all && !ledger.tokens.empty();
                if (written.lacks_some()) {
                    written.error = {Remedy::ask_operator, 1142, "INSERT command denied"};
                    return written;
                }
                break;
            default:
                break;
        }
        commit(ledger, marker);
        if (ending == Ending::doubt_committed) {
            written.error = {Remedy::reconnect, 2013, "lost"};
            written.is_in_doubt = true;
        }
        return written;
    }

    DatabaseError read(const SpoolId& spool, std::optional<std::uint64_t>& position) override {
        const std::lock_guard lock(mutex_);
        if (is_away) {
            return {Remedy::reconnect, 2002, "refused"};
        }
        const auto found = content_.positions.find(spool);
        if (found != content_.positions.end()) {
            position = found->second;
        }
        return {};
    }

    void interrupt() noexcept override {}

    [[nodiscard]] Content content() const {
        const std::lock_guard lock(mutex_);
        return content_;
    }
    void set_content(Content content) {
        const std::lock_guard lock(mutex_);
        content_ = std::move(content);
    }

    /// Asked before every transaction. Set before anybody writes.
    std::function<Ending(const Ledger&)> on_write{};
    std::atomic<bool> is_away{false};

private:
    void commit(const Ledger& ledger, const Marker& marker) {
        for (const auto& [user, sums] : ledger.users) {
            content_.users[user].uploaded += sums.uploaded;
            content_.users[user].downloaded += sums.downloaded;
        }
        for (const auto& [torrent, sums] : ledger.torrents) {
            content_.snatches[torrent] += sums.snatches;
            content_.balances[torrent] += sums.balance;
            content_.seeders[torrent] = sums.seeders;
        }
        for (const auto& [token, downloaded] : ledger.tokens) {
            content_.tokens[{token.user, token.torrent}] += downloaded;
        }
        for (const auto& [key, row] : ledger.peers) {
            content_.peers[key] = row;
        }
        content_.snatch_rows += ledger.snatches.size();
        content_.positions[marker.spool] = marker.position;
        ++content_.transactions;
    }

    mutable std::mutex mutex_;
    Content content_;
};

}  // namespace chihaya::gazelle::test
