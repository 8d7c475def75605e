#pragma once

/// @file replay.hpp
/// What journals do to what a snapshot holds.

#include "plugins/memory/journal.hpp"
#include "plugins/memory/saved_registry.hpp"
#include "plugins/memory/saved_swarm.hpp"

#include <cstdint>
#include <span>
#include <unordered_map>
#include <utility>
#include <vector>

namespace chihaya::memory {

/// Swarms and accounts that were erased after the snapshot had been begun: up to where in its
/// journal. What was copied after that is newer than the erasure.
struct Erased {
    std::unordered_map<std::uint64_t, std::uint64_t> users;
    std::vector<std::pair<InfoHash, std::uint64_t>> swarms;  // by name, once settled

    [[nodiscard]] bool has_swarm(const SavedPiece& piece) const noexcept;
    [[nodiscard]] bool has_user(UserId user, const SavedPiece& piece) const;
    /// Everything has been heard.
    void settle();
};

/// Hears only what is erased.
class Effects final : public JournalSink {
public:
    /// `generation`: of the snapshot. Lifetime: `erased` is borrowed
    Effects(Erased& erased, std::uint64_t generation) : erased_(erased), snapshot_(generation) {}

    /// The journal of this generation comes next.
    void begin(std::uint64_t generation) noexcept {
        matters_ = generation >= snapshot_;
        is_later_ = generation > snapshot_;
    }
    void at(std::uint64_t offset) override { offset_ = is_later_ ? always : offset; }
    void put(std::span<const UserRecord> /*users*/) override {}
    void put(std::span<const TorrentRecord> /*torrents*/) override {}
    void put(std::span<const ClientRecord> /*clients*/) override {}
    void put(std::span<const TokenRecord> /*tokens*/) override {}
    void erase(std::span<const UserId> users) override;
    void erase(std::span<const TorrentErasure> torrents) override;
    void erase(std::span<const PeerIdPrefix> /*clients*/) override {}
    void erase(std::span<const TokenRecord> /*tokens*/) override {}

private:
    static constexpr std::uint64_t always = ~std::uint64_t{0};

    Erased& erased_;
    std::uint64_t snapshot_;
    std::uint64_t offset_ = 0;
    bool matters_ = true;
    bool is_later_ = false;
};

/// Puts into the registry what was put, and takes out what was erased.
class Replay final : public JournalSink {
public:
    /// Lifetime: `registry` is borrowed
    explicit Replay(SavedRegistry& registry) : registry_(registry) {}

    void at(std::uint64_t /*offset*/) override { ++changes_; }
    void put(std::span<const UserRecord> users) override { registry_.put(users); }
    void put(std::span<const TorrentRecord> torrents) override { registry_.put(torrents); }
    void put(std::span<const ClientRecord> clients) override { registry_.put(clients); }
    void put(std::span<const TokenRecord> tokens) override { registry_.put(tokens); }
    void erase(std::span<const UserId> users) override { registry_.erase(users); }
    void erase(std::span<const TorrentErasure> torrents) override { registry_.erase(torrents); }
    void erase(std::span<const PeerIdPrefix> clients) override { registry_.erase(clients); }
    void erase(std::span<const TokenRecord> tokens) override { registry_.erase(tokens); }

    [[nodiscard]] std::uint64_t changes() const noexcept { return changes_; }

private:
    SavedRegistry& registry_;
    std::uint64_t changes_ = 0;
};

}  // namespace chihaya::memory
