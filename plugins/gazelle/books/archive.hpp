#pragma once

/// @file archive.hpp
/// Where the books go: the site's database, as the bookkeeper sees it.

#include "plugins/gazelle/books/ledger.hpp"
#include "plugins/gazelle/database/trouble.hpp"

#include <array>
#include <cstdint>
#include <optional>

namespace chihaya::gazelle {

/// Names a spool, for as long as it exists. Shape: the 20 bytes of a peer id that no client has
using SpoolId = std::array<std::uint8_t, 20>;

/// Up to where a spool is in the database. It is written in the same transaction as what it counts,
/// so that whoever reads it back knows whether that transaction was committed: nothing is written
/// twice, whatever broke.
///
/// Shape: a row of xbt_files_users with uid 0 and fid 0, `peer_id` the spool's id, `uploaded` the
///        position, active 0 and remaining 1 so that no page of a site counts it, mtime 2^31 - 1 so
///        that no task of a site removes it
struct Marker {
    SpoolId spool{};
    std::uint64_t position = 0;
};

/// How a transaction ended.
struct Written {
    DatabaseError error{};
    bool is_in_doubt = false;         // the COMMIT was sent, and nobody said that it went well
    std::uint64_t rejected_rows = 0;  // left out because the database will never take them

    // With `ask_operator`: the right to, or the table of, these is missing, and nothing else is.
    // Without those rows the same transaction would have gone through.
    bool lacks_torrents = false;
    bool lacks_tokens = false;
    bool lacks_snatches = false;

    [[nodiscard]] bool ok() const noexcept { return error.ok(); }
    [[nodiscard]] bool lacks_some() const noexcept {
        return lacks_torrents || lacks_tokens || lacks_snatches;
    }
};

/// Thread: one at a time, but for `interrupt`; blocks
class Archive {
public:
    virtual ~Archive() = default;

    /// Writes all of it in one transaction, the marker included. With an error nothing was
    /// committed, unless it is in doubt. `repeat` may be tried again at once.
    [[nodiscard]] virtual Written write(const Ledger& ledger, const Marker& marker) = 0;

    /// The position that the database has for this spool; nothing when it has none.
    [[nodiscard]] virtual DatabaseError read(const SpoolId& spool,
                                             std::optional<std::uint64_t>& position) = 0;

    /// Lets a call that waits end soon. Thread: any
    virtual void interrupt() noexcept = 0;
};

}  // namespace chihaya::gazelle
