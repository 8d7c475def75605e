#pragma once

/// @file token_end.hpp
/// The ways in which used freeleech tokens are ended: by a call to the site, or in its database.

#include "chihaya/types.hpp"
#include "plugins/gazelle/parameters.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace chihaya::gazelle {

/// A token that has been used: its user has downloaded this torrent to the end.
struct UsedToken {
    UserId user = UserId::none;
    TorrentId torrent = TorrentId::none;
    InfoHash info_hash{};  // of that torrent
};

enum class TokenOutcome : std::uint8_t {
    done,
    failed,   // the site or the database is away
    refused,  // it answered, and does not want to
};

struct TokensEnded {
    TokenOutcome outcome = TokenOutcome::done;
    std::string text{};  // of what went wrong, for the log; without secrets
};

/// Thread: one at a time, but for `interrupt`; blocks for `limits::token_call_timeout` at most, and
///         as long as the system takes to look a name up
class TokenEnd {
public:
    virtual ~TokenEnd() = default;

    /// Ends all of them, or none that anybody knows of.
    /// Errors: std::bad_alloc
    [[nodiscard]] virtual TokensEnded end(std::span<const UsedToken> tokens) = 0;

    /// How many of these, from the first, fit into one call: at least one.
    [[nodiscard]] virtual std::size_t fit(std::span<const UsedToken> tokens) const = 0;

    /// From now on every call ends at once. Thread: any
    virtual void interrupt() noexcept = 0;
};

/// By `GET <url>/tools.php?key=<site_password>&type=expiretoken&action=ocelot&tokens=1:2,3:4`.
/// Done is a status of 200 and a blank body: a site that refuses sends a page with that status.
/// Lifetime: `parameters` outlives it
[[nodiscard]] std::unique_ptr<TokenEnd> token_end_by_site(const Parameters& parameters);

/// By UPDATE of users_freeleeches. Lifetime: `parameters` outlives it
[[nodiscard]] std::unique_ptr<TokenEnd> token_end_by_sql(const Parameters& parameters);

/// That of the parameters; null: tokens are not ended.
/// Lifetime: `parameters` outlives it
[[nodiscard]] std::unique_ptr<TokenEnd> token_end(const Parameters& parameters);

}  // namespace chihaya::gazelle
