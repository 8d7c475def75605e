#pragma once

/// @file sql_text.hpp
/// Writes values into a statement so that every server takes them, strict or not, and none takes
/// them for SQL.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

namespace chihaya::gazelle {

/// Largest number of a BIGINT and of an INT, as most columns are.
inline constexpr std::uint64_t bigint_max = std::numeric_limits<std::int64_t>::max();
inline constexpr std::uint64_t int_max = std::numeric_limits<std::int32_t>::max();

/// `bytes` as text of up to `characters_max` characters in utf8mb3, the narrower one of MariaDB's
/// two: what is no such character, control characters included, becomes '?'.
[[nodiscard]] std::string clean_text(std::string_view bytes, std::size_t characters_max);

/// Errors: std::bad_alloc from every member that writes
class SqlText {
public:
    /// `sql` as it is: never a value.
    SqlText& raw(std::string_view sql);

    /// The number, or `most` where it is greater.
    SqlText& number(std::uint64_t value, std::uint64_t most = bigint_max);
    SqlText& signed_number(std::int64_t value);

    /// Shape: X'…', that no mode of the server reads in another way
    SqlText& bytes(std::span<const std::uint8_t> value);

    /// See `clean_text`.
    SqlText& text(std::string_view value, std::size_t characters_max);

    [[nodiscard]] std::string_view view() const noexcept { return text_; }
    [[nodiscard]] std::size_t size() const noexcept { return text_.size(); }
    void clear() noexcept { text_.clear(); }

    /// Takes back what was written after the first `size` bytes.
    void cut(std::size_t size) { text_.resize(size); }

private:
    std::string text_;
};

}  // namespace chihaya::gazelle
