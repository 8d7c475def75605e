#pragma once

/// @file site_tracker.hpp
/// A tracker as small as the site's calls need it: a registry in maps, and numbers to be set.

#include "chihaya/backend_driver.hpp"
#include "chihaya/registry.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chihaya::gazelle::test {

inline InfoHash hash_of(std::uint8_t byte) {
    InfoHash info_hash;
    info_hash.bytes.fill(byte);
    return info_hash;
}

inline Passkey passkey_of_text(std::string_view text) {
    Passkey passkey;
    text.copy(passkey.text.data(), passkey.text.size());
    return passkey;
}

inline UserRecord user_of(std::uint64_t id, char letter) {
    UserRecord user;
    user.id = UserId{id};
    user.passkey = passkey_of_text(std::string(32, letter));
    return user;
}

inline TorrentRecord torrent_of(std::uint64_t id, std::uint8_t byte) {
    TorrentRecord torrent;
    torrent.id = TorrentId{id};
    torrent.info_hash = hash_of(byte);
    return torrent;
}

inline TokenRecord token_of(std::uint64_t user, std::uint8_t byte) {
    return {.user = UserId{user}, .info_hash = hash_of(byte)};
}

inline ClientRecord client_of(std::string_view text) {
    ClientRecord client;
    for (const char c : text) {
        client.prefix.bytes[client.prefix.size++] = static_cast<std::uint8_t>(c);
    }
    return client;
}

/// Thread: any
class SiteTracker final : public RegistrySink, public TrackerView {
public:
    Status answer{};  // to every change; set before anybody calls

    Status put_users(std::span<const UserRecord> users) noexcept override {
        return each(users, [&](const UserRecord& user) { users_[user.id] = user; });
    }
    Status put_torrents(std::span<const TorrentRecord> torrents) noexcept override {
        return each(torrents, [&](const TorrentRecord& torrent) {
            torrents_[torrent.info_hash.bytes] = torrent;
            reasons_.erase(torrent.info_hash.bytes);
        });
    }
    Status put_clients(std::span<const ClientRecord> clients) noexcept override {
        return each(clients,
                    [&](const ClientRecord& client) { clients_.insert(text_of(client.prefix)); });
    }
    Status put_tokens(std::span<const TokenRecord> tokens) noexcept override {
        return each(tokens, [&](const TokenRecord& token) { tokens_.insert(key_of(token)); });
    }
    Status erase_users(std::span<const UserId> users) noexcept override {
        return each(users, [&](UserId user) { users_.erase(user); });
    }
    Status erase_torrents(std::span<const TorrentErasure> torrents) noexcept override {
        return each(torrents, [&](const TorrentErasure& torrent) {
            torrents_.erase(torrent.info_hash.bytes);
            reasons_[torrent.info_hash.bytes] = torrent.reason.data();
        });
    }
    Status erase_clients(std::span<const PeerIdPrefix> clients) noexcept override {
        return each(clients, [&](const PeerIdPrefix& client) {
            clients_.erase(text_of(client));
            fewest_clients_ = std::min(fewest_clients_, clients_.size());
        });
    }
    Status erase_tokens(std::span<const TokenRecord> tokens) noexcept override {
        return each(tokens, [&](const TokenRecord& token) { tokens_.erase(key_of(token)); });
    }
    Status remember_peers(const InfoHash& /*info_hash*/,
                          std::span<const PeerRecord> /*peers*/) noexcept override {
        return {};
    }
    void lapsed() noexcept override { ++lapses; }
    int lapses = 0;

    bool find_user(std::string_view passkey, UserRecord& user) noexcept override {
        const std::lock_guard lock(mutex_);
        for (const auto& [id, known] : users_) {
            if (known.passkey.view() == passkey) {
                user = known;
                return true;
            }
        }
        return false;
    }
    bool find_torrent(const InfoHash& info_hash, TorrentRecord& torrent) noexcept override {
        const std::lock_guard lock(mutex_);
        const auto found = torrents_.find(info_hash.bytes);
        if (found == torrents_.end()) {
            return false;
        }
        torrent = found->second;
        return true;
    }
    void numbers(TrackerNumbers& numbers) noexcept override {
        const std::lock_guard lock(mutex_);
        numbers = numbers_;
    }
    Status set_interval(std::chrono::seconds interval,
                        std::chrono::seconds jitter) noexcept override {
        const std::lock_guard lock(mutex_);
        numbers_.interval = interval;
        numbers_.interval_jitter = jitter;
        return {};
    }

    /// To be set. Lifetime: nobody calls meanwhile
    [[nodiscard]] TrackerNumbers& now() { return numbers_; }

    [[nodiscard]] std::optional<UserRecord> user(std::uint64_t id) const {
        const std::lock_guard lock(mutex_);
        const auto found = users_.find(UserId{id});
        return found == users_.end() ? std::nullopt : std::optional(found->second);
    }
    [[nodiscard]] std::optional<TorrentRecord> torrent(std::uint8_t byte) const {
        const std::lock_guard lock(mutex_);
        const auto found = torrents_.find(hash_of(byte).bytes);
        return found == torrents_.end() ? std::nullopt : std::optional(found->second);
    }
    [[nodiscard]] std::string reason(std::uint8_t byte) const {
        const std::lock_guard lock(mutex_);
        const auto found = reasons_.find(hash_of(byte).bytes);
        return found == reasons_.end() ? "not erased" : found->second;
    }
    [[nodiscard]] bool has_token(std::uint64_t user, std::uint8_t byte) const {
        const std::lock_guard lock(mutex_);
        return tokens_.contains(key_of(token_of(user, byte)));
    }
    [[nodiscard]] std::set<std::string> clients() const {
        const std::lock_guard lock(mutex_);
        return clients_;
    }
    [[nodiscard]] std::size_t tokens() const {
        const std::lock_guard lock(mutex_);
        return tokens_.size();
    }
    [[nodiscard]] std::size_t users() const {
        const std::lock_guard lock(mutex_);
        return users_.size();
    }
    /// How short the list of clients has been after something was taken from it.
    [[nodiscard]] std::size_t fewest_clients() const {
        const std::lock_guard lock(mutex_);
        return fewest_clients_;
    }

private:
    using Hash = std::array<std::uint8_t, 20>;
    using TokenKey = std::pair<UserId, Hash>;

    static TokenKey key_of(const TokenRecord& token) { return {token.user, token.info_hash.bytes}; }
    static std::string text_of(const PeerIdPrefix& prefix) {
        return {prefix.bytes.begin(), prefix.bytes.begin() + prefix.size};
    }
    template <class Items, class Apply>
    Status each(const Items& items, Apply apply) noexcept {
        const std::lock_guard lock(mutex_);
        if (answer.ok()) {
            for (const auto& item : items) {
                apply(item);
            }
        }
        return answer;
    }

    mutable std::mutex mutex_;
    std::map<UserId, UserRecord> users_;
    std::map<Hash, TorrentRecord> torrents_;
    std::map<Hash, std::string> reasons_;
    std::set<std::string> clients_;
    std::set<TokenKey> tokens_;
    std::size_t fewest_clients_ = SIZE_MAX;
    TrackerNumbers numbers_{};
};

}  // namespace chihaya::gazelle::test
