#pragma once

/// @file bulk_writer.hpp
/// Writes many rows by few statements.

#include "plugins/gazelle/database/connection.hpp"
#include "plugins/gazelle/database/sql_text.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace chihaya::gazelle {

/// What is around the rows of a statement, and between two of them.
struct Shape {
    std::string head{};
    std::string_view between = "),(";
    std::string tail{};
};

/// Rows of one table, to be written in order.
struct Batch {
    const char* table = "";
    const Shape& shape;
    std::size_t count = 0;
    std::function<void(SqlText& sql, std::size_t row)> write_row{};

    /// Called after each statement that succeeded, with the rows it had.
    std::function<DatabaseError(std::size_t begin, std::size_t end)> after{};
};

/// Thread: one at a time
class BulkWriter {
public:
    using Reject = std::function<void(const char* table, const DatabaseError& error)>;

    explicit BulkWriter(Connection& connection) : connection_(connection) {}

    /// From now on, rows that the database will never take are left out one by one, and each is
    /// told to `reject`; by default, the first one is the error of the whole batch.
    void leave_out(Reject reject) { reject_ = std::move(reject); }

    /// How many were left out.
    [[nodiscard]] std::uint64_t rejected() const noexcept { return rejected_; }
    /// Counts as before a batch that was rolled back.
    void set_rejected(std::uint64_t count) noexcept { rejected_ = count; }

    /// Errors: those of the statements. What was written of the batch until then stands in the
    ///         transaction. `ask_operator` when too many rows of it were left out
    [[nodiscard]] DatabaseError write(const Batch& batch);

    /// The rows from `begin` to `end` around another shape.
    [[nodiscard]] DatabaseError write_again(const Batch& batch, const Shape& shape,
                                            std::size_t begin, std::size_t end);

private:
    [[nodiscard]] std::size_t render(const Batch& batch, const Shape& shape, std::size_t begin,
                                     std::size_t end);
    [[nodiscard]] DatabaseError execute(const Batch& batch, std::size_t begin, std::size_t end);
    [[nodiscard]] DatabaseError bisect(const Batch& batch, std::size_t begin, std::size_t end,
                                       const DatabaseError& error);

    Connection& connection_;
    SqlText sql_;
    Reject reject_;
    std::uint64_t rejected_ = 0;
    std::uint64_t rejected_before_ = 0;  // this batch
};

}  // namespace chihaya::gazelle
