#include "plugins/gazelle/database/site_archive.hpp"

#include "plugins/gazelle/database/archive_rows.hpp"

#include <charconv>
#include <new>
#include <utility>

namespace chihaya::gazelle {

DatabaseError SiteArchive::prepare() {
    DatabaseError error = connection_.open();
    if (error.ok() && dialect_of_ != connection_.times_opened()) {
        error = find_dialect(connection_, parameters_, dialect_);
        dialect_of_ = error.ok() ? connection_.times_opened() : 0;
    }
    return error;
}

Written SiteArchive::write(const Ledger& ledger, const Marker& marker) {
    if (parameters_.is_read_only) {
        return {.error = {Remedy::ask_operator, 0,
                          "readonly is true, and the spool has something of an earlier run"}};
    }
    try {
        if (DatabaseError error = prepare(); !error.ok()) {
            return {.error = std::move(error)};
        }
        Written written = attempt(ledger, marker, false);
        if (written.error.remedy == Remedy::drop_row && !written.is_in_doubt) {
            dialect_of_ = 0;  // a column may be narrower than it was
            if (DatabaseError error = prepare(); !error.ok()) {
                return {.error = std::move(error)};
            }
            written = attempt(ledger, marker, true);
        }
        return written;
    } catch (const std::bad_alloc&) {
        connection_.close();
        return {.error = {Remedy::reconnect, 0, "no memory for a statement"}};
    }
}

Written SiteArchive::attempt(const Ledger& ledger, const Marker& marker, bool leaves_rows_out) {
    BulkWriter writer(connection_);
    if (leaves_rows_out) {
        writer.leave_out([this](const char* table, const DatabaseError& error) {
            say_once(table, error,
                     "a row is left out that the database will never take; compare the table with "
                     "Gazelle's");
        });
    }
    Written written;
    written.error = connection_.execute("START TRANSACTION");
    if (written.ok()) {
        written.error = fill(writer, ledger, written);
    }
    if (written.ok() && written.lacks_some()) {
        written.error = lack_;
    }
    if (written.ok()) {
        written.error = commit(marker, written);
    }
    if (!written.ok()) {
        static_cast<void>(roll_back());
        return written;
    }
    written.rejected_rows = writer.rejected();
    return written;
}

DatabaseError SiteArchive::fill(BulkWriter& writer, const Ledger& ledger, Written& written) {
    ArchiveRows rows(connection_, dialect_, writer);
    const auto set_aside = [&](const std::string& table, const Step& step, bool& is_lacking) {
        const std::uint64_t rejected = writer.rejected();
        DatabaseError aside = try_table(table, step, is_lacking);
        if (is_lacking) {
            writer.set_rejected(rejected);
        }
        return aside;
    };
    DatabaseError error = rows.write_users(ledger, [this](const DatabaseError& lack) {
        say_once(dialect_.user_totals, lack,
                 "users without a row are not counted; grant INSERT on it");
    });
    if (error.ok()) {
        error = set_aside(
            dialect_.torrent_totals, [&] { return rows.write_torrents(ledger); },
            written.lacks_torrents);
    }
    if (error.ok()) {
        error = set_aside(
            "users_freeleeches", [&] { return rows.write_tokens(ledger); }, written.lacks_tokens);
    }
    if (error.ok()) {
        error = rows.write_peers(ledger);
    }
    if (error.ok()) {
        error = set_aside(
            "xbt_snatched", [&] { return rows.write_snatches(ledger); }, written.lacks_snatches);
    }
    return error;
}

/// Either all of a table is written or nothing, and the rest is tried.
DatabaseError SiteArchive::try_table(const std::string& table, const Step& step, bool& is_lacking) {
    if (DatabaseError error = connection_.execute("SAVEPOINT before_it"); !error.ok()) {
        return error;
    }
    DatabaseError error = step();
    if (error.remedy != Remedy::ask_operator) {
        return error;
    }
    is_lacking = true;
    say_once(table, error, "its rows wait until somebody has mended that");
    lack_ = std::move(error);
    return connection_.execute("ROLLBACK TO SAVEPOINT before_it");
}

DatabaseError SiteArchive::commit(const Marker& marker, Written& written) {
    if (DatabaseError error = connection_.execute(marker_statement(marker).view()); !error.ok()) {
        return error;
    }
    DatabaseError error = connection_.execute("COMMIT");
    written.is_in_doubt = !error.ok();  // not every error of a COMMIT undoes it
    return error;
}

DatabaseError SiteArchive::roll_back() {
    if (!connection_.is_open()) {
        return {};
    }
    DatabaseError error = connection_.execute("ROLLBACK");
    if (!error.ok()) {
        connection_.close();
    }
    return error;
}

DatabaseError SiteArchive::read(const SpoolId& spool, std::optional<std::uint64_t>& position) {
    position.reset();
    if (DatabaseError error = connection_.open(); !error.ok()) {
        return error;
    }
    // It locks the row: a COMMIT that is still under way is waited for.
    SqlText sql = marker_query(spool);
    sql.raw(parameters_.is_read_only ? "" : " FOR UPDATE");
    DatabaseError error = connection_.query(sql.view(), [&](std::span<const Field> row) {
        const std::string_view text = row.front().text;
        std::uint64_t value = 0;
        std::from_chars(text.data(), text.data() + text.size(), value);
        position = value;
        return true;
    });
    DatabaseError rolled_back = roll_back();
    return error.ok() ? rolled_back : error;
}

void SiteArchive::say_once(const std::string& table, const DatabaseError& error,
                           const std::string& what) {
    if (said_.insert(table + ' ' + std::to_string(error.number)).second) {
        host_.log(Severity::error, "the site's table " + table + ": " + error.text + "; " + what);
    }
}

}  // namespace chihaya::gazelle
