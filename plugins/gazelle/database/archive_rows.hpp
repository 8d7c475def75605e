#pragma once

/// @file archive_rows.hpp
/// The ledger as rows of a site's tables: what is added, what is replaced, and what is never
/// touched.

#include "plugins/gazelle/books/archive.hpp"
#include "plugins/gazelle/database/bulk_writer.hpp"
#include "plugins/gazelle/database/dialect.hpp"

#include <functional>

namespace chihaya::gazelle {

/// Each writes its part of the ledger, keys ascending, within the caller's transaction. Users and
/// torrents that the site has deleted are passed over.
class ArchiveRows {
public:
    using Say = std::function<void(const DatabaseError& error)>;

    ArchiveRows(Connection& connection, const Dialect& dialect, BulkWriter& writer)
        : connection_(connection), dialect_(dialect), writer_(writer) {}

    /// `lacks_insert` hears why the row of a user who has none could not be made.
    [[nodiscard]] DatabaseError write_users(const Ledger& ledger, const Say& lacks_insert);
    [[nodiscard]] DatabaseError write_torrents(const Ledger& ledger);
    [[nodiscard]] DatabaseError write_tokens(const Ledger& ledger);
    [[nodiscard]] DatabaseError write_peers(const Ledger& ledger);
    [[nodiscard]] DatabaseError write_snatches(const Ledger& ledger);

private:
    using Peers = std::vector<std::pair<const PeerKey*, const PeerRow*>>;

    [[nodiscard]] DatabaseError write_peers(const Peers& peers, bool are_hidden);
    void write_peer(SqlText& sql, const PeerKey& key, const PeerRow& peer) const;

    Connection& connection_;
    const Dialect& dialect_;
    BulkWriter& writer_;
};

/// Shape: see Marker
[[nodiscard]] SqlText marker_statement(const Marker& marker);
[[nodiscard]] SqlText marker_query(const SpoolId& spool);

}  // namespace chihaya::gazelle
