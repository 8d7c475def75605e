#pragma once

/// @file erased_users.hpp
/// Accounts that have been erased while peers of theirs may still be here.

#include "plugins/memory/members.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <vector>

namespace chihaya::memory {

/// Not thread-safe.
class ErasedUsers {
public:
    /// `second`: who has not announced since is to go; `round`: of the sweep.
    /// Errors: std::bad_alloc; nothing has changed
    void add(std::span<const UserId> users, std::uint32_t second, std::uint64_t round) {
        users_.reserve(users_.size() + users.size());
        for (const UserId user : users) {
            users_.push_back({static_cast<std::uint64_t>(user), second, round});
        }
        // Of several about one account the latest says it all.
        std::ranges::sort(users_, [](const User& a, const User& b) {
            return a.user != b.user ? a.user < b.user : a.second > b.second;
        });
        const auto repeats =
            std::unique(users_.begin(), users_.end(),
                        [](const User& a, const User& b) { return a.user == b.user; });
        users_.erase(repeats, users_.end());
    }
    /// Those of earlier rounds have no peers any more.
    void forget_before(std::uint64_t round) noexcept {
        std::erase_if(users_, [&](const User& user) { return user.round < round; });
    }

    [[nodiscard]] bool has(const Member& member) const noexcept {
        const auto found = std::ranges::lower_bound(users_, member.user, {}, &User::user);
        return found != users_.end() && found->user == member.user && member.has_account() &&
               member.last_announce <= found->second;
    }
    [[nodiscard]] bool is_empty() const noexcept { return users_.empty(); }

private:
    struct User {
        std::uint64_t user;
        std::uint32_t second;
        std::uint64_t round;
    };
    std::vector<User> users_;  // by user
};

}  // namespace chihaya::memory
