#pragma once

/// @file recorder.hpp
/// A registry sink that keeps what it is told, for tests.

#include "chihaya/registry.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace chihaya::redis::test {

/// Thread: any
class Recorder final : public RegistrySink {
public:
    // Set before anybody calls.
    Status answer{};                     // to every call
    std::function<void()> while_called;  // runs inside every call but `lapsed`

    Status put_users(std::span<const UserRecord> users) noexcept override {
        return note("put_users", users, [&](const UserRecord& user) {
            users_[static_cast<std::uint64_t>(user.id)] = user;
            return std::to_string(static_cast<std::uint64_t>(user.id)) + '=' +
                   std::string(user.passkey.view());
        });
    }
    Status put_torrents(std::span<const TorrentRecord> torrents) noexcept override {
        return note("put_torrents", torrents, [&](const TorrentRecord& torrent) {
            torrents_[torrent.info_hash.bytes] = torrent;
            return std::to_string(torrent.info_hash.bytes[0]);
        });
    }
    Status put_clients(std::span<const ClientRecord> clients) noexcept override {
        return note("put_clients", clients, [](const auto& one) { return text_of(one.prefix); });
    }
    Status put_tokens(std::span<const TokenRecord> tokens) noexcept override {
        return note("put_tokens", tokens, [](const auto& token) { return text_of(token); });
    }
    Status erase_users(std::span<const UserId> users) noexcept override {
        return note("erase_users", users, [&](UserId user) {
            users_.erase(static_cast<std::uint64_t>(user));
            return std::to_string(static_cast<std::uint64_t>(user));
        });
    }
    Status erase_torrents(std::span<const TorrentErasure> torrents) noexcept override {
        return note("erase_torrents", torrents, [&](const TorrentErasure& torrent) {
            torrents_.erase(torrent.info_hash.bytes);
            return std::to_string(torrent.info_hash.bytes[0]) + '=' + torrent.reason.data();
        });
    }
    Status erase_clients(std::span<const PeerIdPrefix> clients) noexcept override {
        return note("erase_clients", clients, [](const auto& prefix) { return text_of(prefix); });
    }
    Status erase_tokens(std::span<const TokenRecord> tokens) noexcept override {
        return note("erase_tokens", tokens, [](const auto& token) { return text_of(token); });
    }
    Status remember_peers(const InfoHash& /*info_hash*/,
                          std::span<const PeerRecord> /*peers*/) noexcept override {
        return {StatusCode::internal, "from a backend driver only"};
    }
    void lapsed() noexcept override {
        const std::lock_guard lock(mutex_);
        ++lapses_;
    }

    /// One line a call: "put_users 7=secret 8=other".
    [[nodiscard]] std::vector<std::string> calls() const { return copy(calls_); }
    [[nodiscard]] std::map<std::uint64_t, UserRecord> users() const { return copy(users_); }
    [[nodiscard]] std::size_t user_count() const {
        const std::lock_guard lock(mutex_);
        return users_.size();
    }
    [[nodiscard]] auto torrents() const { return copy(torrents_); }
    [[nodiscard]] std::size_t lapses() const { return copy(lapses_); }
    [[nodiscard]] bool has(const std::string& call) const {
        const auto all = calls();
        return std::ranges::find(all, call) != all.end();
    }

private:
    static std::string text_of(const PeerIdPrefix& prefix) {
        return {prefix.bytes.begin(), prefix.bytes.begin() + prefix.size};
    }
    static std::string text_of(const TokenRecord& token) {
        return std::to_string(static_cast<std::uint64_t>(token.user)) + '/' +
               std::to_string(token.info_hash.bytes[0]);
    }
    template <class Record, class Text>
    Status note(const char* name, std::span<const Record> records, Text text) noexcept {
        if (while_called) {
            while_called();
        }
        const std::lock_guard lock(mutex_);
        std::string call = name;
        for (const Record& record : records) {
            const std::string one = text(record);
            call += records.size() > 10 ? "" : ' ' + one;
        }
        calls_.push_back(std::move(call));
        return answer;
    }
    template <class Value>
    Value copy(const Value& value) const {
        const std::lock_guard lock(mutex_);
        return value;
    }

    mutable std::mutex mutex_;
    std::vector<std::string> calls_;
    std::map<std::uint64_t, UserRecord> users_;
    std::map<std::array<std::uint8_t, 20>, TorrentRecord> torrents_;
    std::size_t lapses_ = 0;
};

}  // namespace chihaya::redis::test
