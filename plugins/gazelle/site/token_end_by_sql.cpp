#include "plugins/gazelle/database/connection.hpp"
#include "plugins/gazelle/limits.hpp"
#include "plugins/gazelle/site/token_end.hpp"

#include <algorithm>
#include <tuple>
#include <vector>

namespace chihaya::gazelle {
namespace {

auto key_of(const UsedToken& token) noexcept {
    return std::tuple(static_cast<std::uint64_t>(token.user),
                      static_cast<std::uint64_t>(token.torrent));
}

/// Rows are locked in the order of their keys, as everywhere.
std::string statement_of(std::span<const UsedToken> tokens) {
    std::vector<UsedToken> sorted(tokens.begin(), tokens.end());
    std::sort(sorted.begin(), sorted.end(),
              [](const auto& a, const auto& b) { return key_of(a) < key_of(b); });
    std::string sql = "UPDATE users_freeleeches SET Expired = 1 WHERE Expired = 0 AND (";
    for (const UsedToken& token : sorted) {
        const auto [user, torrent] = key_of(token);
        sql += sql.ends_with('(') ? "" : " OR ";
        sql += "(UserID = " + std::to_string(user) + " AND TorrentID = " + std::to_string(torrent);
        sql += ')';
    }
    return sql + ')';
}

class BySql final : public TokenEnd {
public:
    explicit BySql(const Parameters& parameters) : connection_(parameters) {}

    TokensEnded end(std::span<const UsedToken> tokens) override {
        DatabaseError error = connection_.open();
        if (error.ok()) {
            error = connection_.execute(statement_of(tokens));
        }
        if (error.ok()) {
            error = connection_.execute("COMMIT");
        }
        if (error.ok()) {
            return {};
        }
        connection_.close();  // and with it what was begun
        const bool is_away = error.remedy == Remedy::reconnect || error.remedy == Remedy::repeat;
        return {is_away ? TokenOutcome::failed : TokenOutcome::refused, std::move(error.text)};
    }

    std::size_t fit(std::span<const UsedToken> tokens) const override {
        return std::min(tokens.size(), limits::tokens_per_call);
    }

    void interrupt() noexcept override { connection_.interrupt(); }

private:
    Connection connection_;
};

}  // namespace

std::unique_ptr<TokenEnd> token_end_by_sql(const Parameters& parameters) {
    return std::make_unique<BySql>(parameters);
}

std::unique_ptr<TokenEnd> token_end(const Parameters& parameters) {
    if (parameters.is_read_only || parameters.token_expiry == TokenExpiry::off) {
        return nullptr;
    }
    if (parameters.token_expiry == TokenExpiry::sql) {
        return token_end_by_sql(parameters);
    }
    return parameters.site.url.empty() ? nullptr : token_end_by_site(parameters);
}

}  // namespace chihaya::gazelle
