#pragma once

/// @file site_archive.hpp
/// Writes the books into the tables of a Gazelle. How rows are written: archive_rows.hpp.

#include "chihaya/host.hpp"
#include "plugins/gazelle/books/archive.hpp"
#include "plugins/gazelle/database/bulk_writer.hpp"
#include "plugins/gazelle/database/connection.hpp"
#include "plugins/gazelle/database/dialect.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>

namespace chihaya::gazelle {

/// Connects by itself, and looks what kind of site it is after every connect.
///
/// Rows that the database will never take are left out; the log says so once for each kind of
/// error. A column that has become narrower since is looked up again first.
/// Lifetime: parameters and host outlive it
class SiteArchive final : public Archive {
public:
    SiteArchive(const Parameters& parameters, Host& host)
        : parameters_(parameters), host_(host), connection_(parameters) {}

    [[nodiscard]] Written write(const Ledger& ledger, const Marker& marker) override;
    [[nodiscard]] DatabaseError read(const SpoolId& spool,
                                     std::optional<std::uint64_t>& position) override;
    void interrupt() noexcept override { connection_.interrupt(); }

private:
    using Step = std::function<DatabaseError()>;

    [[nodiscard]] DatabaseError prepare();
    [[nodiscard]] Written attempt(const Ledger& ledger, const Marker& marker, bool leaves_rows_out);
    [[nodiscard]] DatabaseError fill(BulkWriter& writer, const Ledger& ledger, Written& written);
    [[nodiscard]] DatabaseError try_table(const std::string& table, const Step& step,
                                          bool& is_lacking);
    [[nodiscard]] DatabaseError commit(const Marker& marker, Written& written);
    [[nodiscard]] DatabaseError roll_back();
    void say_once(const std::string& table, const DatabaseError& error, const std::string& what);

    const Parameters& parameters_;
    Host& host_;
    Connection connection_;
    Dialect dialect_;
    std::uint64_t dialect_of_ = 0;  // Connection::times_opened when it was looked up
    DatabaseError lack_;            // why a table was not written
    std::set<std::string> said_;    // kinds of errors that were logged: table and number
};

}  // namespace chihaya::gazelle
