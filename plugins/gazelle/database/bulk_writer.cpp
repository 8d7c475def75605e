#include "plugins/gazelle/database/bulk_writer.hpp"

#include "plugins/gazelle/limits.hpp"

#include <algorithm>

namespace chihaya::gazelle {

std::size_t BulkWriter::render(const Batch& batch, const Shape& shape, std::size_t begin,
                               std::size_t end) {
    const std::size_t bytes_max =
        std::min(limits::statement_bytes_max, connection_.statement_max() / 2);
    sql_.clear();
    sql_.raw(shape.head);
    std::size_t row = begin;
    for (; row < end; ++row) {
        const std::size_t before = sql_.size();
        sql_.raw(row == begin ? std::string_view() : shape.between);
        batch.write_row(sql_, row);
        if (sql_.size() + shape.tail.size() >= bytes_max && row != begin) {
            sql_.cut(before);
            break;
        }
    }
    sql_.raw(shape.tail);
    return row;
}

DatabaseError BulkWriter::write(const Batch& batch) {
    rejected_before_ = rejected_;
    for (std::size_t begin = 0; begin < batch.count;) {
        const std::size_t end = render(batch, batch.shape, begin,
                                       std::min(batch.count, begin + limits::statement_rows_max));
        if (DatabaseError error = execute(batch, begin, end); !error.ok()) {
            return error;
        }
        begin = end;
    }
    return {};
}

DatabaseError BulkWriter::write_again(const Batch& batch, const Shape& shape, std::size_t begin,
                                      std::size_t end) {
    while (begin < end) {
        begin = render(batch, shape, begin, end);
        if (DatabaseError error = connection_.execute(sql_.view()); !error.ok()) {
            return error;
        }
    }
    return {};
}

/// Of what `render` has left in `sql_`.
DatabaseError BulkWriter::execute(const Batch& batch, std::size_t begin, std::size_t end) {
    DatabaseError error = connection_.execute(sql_.view());
    if (error.ok() && batch.after) {
        error = batch.after(begin, end);
    }
    return error.remedy == Remedy::drop_row && reject_ ? bisect(batch, begin, end, error) : error;
}

/// A statement that failed has changed nothing.
DatabaseError BulkWriter::bisect(const Batch& batch, std::size_t begin, std::size_t end,
                                 const DatabaseError& error) {
    if (end - begin == 1) {
        ++rejected_;
        reject_(batch.table, error);
        if (rejected_ - rejected_before_ > limits::rejected_rows_max) {
            return {Remedy::ask_operator, error.number,
                    "more than " + std::to_string(limits::rejected_rows_max) +
                        " rows are refused, the last one with " + error.text};
        }
        return {};
    }
    const std::size_t middle = begin + (end - begin) / 2;
    for (const auto& [from, to] : {std::pair(begin, middle), std::pair(middle, end)}) {
        static_cast<void>(render(batch, batch.shape, from, to));  // a half fits where the whole did
        if (DatabaseError next = execute(batch, from, to); !next.ok()) {
            return next;
        }
    }
    return {};
}

}  // namespace chihaya::gazelle
