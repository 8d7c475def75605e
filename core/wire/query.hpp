#pragma once

/// @file query.hpp
/// The query of a request target, read as clients really write it: any separator that occurs, any
/// byte in a value, escapes of either case. Nothing is copied until it is decoded.

#include "core/base/limits.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace chihaya::wire {

/// One `key=value`, still escaped.
/// Lifetime: as the query it was read from
struct QueryItem {
    std::string_view key;
    std::string_view value;      // empty when there was no '='
    bool value_escaped = false;  // has it a '%' or a '+', so that it has to be decoded?
};

/// Goes through the items of a query. They are separated by '&', ';' or a further '?'; empty ones
/// are passed over.
///
/// Lifetime: the query outlives the cursor
/// Limits:   stops after `limits::query_items_max` items
class QueryCursor final {
public:
    explicit QueryCursor(std::string_view query) noexcept
        : at_(query.data()), end_(at_ + query.size()) {}

    /// The next item in `item`; false, with `item` unchanged, when there is none.
    [[nodiscard]] bool next(QueryItem& item) noexcept;

    /// Has `next` said false because there are too many items?
    [[nodiscard]] bool too_many() const noexcept { return too_many_; }

private:
    const char* at_;
    const char* end_;
    std::size_t seen_ = 0;
    bool too_many_ = false;
};

/// Undoes percent-encoding: `%HH` is a byte, `+` is a space, every other byte is itself.
///
/// Shape:  returns the size of the decoded value; when that is more than `out` holds, `out` has its
///         first bytes
/// Errors: empty when a '%' is not followed by two hexadecimal digits; `out` is then unspecified
[[nodiscard]] std::optional<std::size_t> decode(std::string_view raw,
                                                std::span<std::uint8_t> out) noexcept;

/// Reads a decimal integer that may be negative: an optional '-', then digits and nothing else.
///
/// Limits: what is beyond 2^63 - 1 in either direction becomes 2^63 - 1 with its sign
/// Errors: empty when `decoded` is no such number
[[nodiscard]] std::optional<std::int64_t> read_integer(std::string_view decoded) noexcept;

}  // namespace chihaya::wire
