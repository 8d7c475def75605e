#include "core/wire/query.hpp"

#include "core/wire/byte_class.hpp"

#include <algorithm>
#include <bit>
#include <limits>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace chihaya::wire {
namespace {

constexpr std::int64_t integer_max = std::numeric_limits<std::int64_t>::max();

/// Bit i says that byte i of the next `size` bytes, at most 64, separates items or is a '='.
/// Finding all of them at once spares a mispredicted branch at the end of each key and value.
std::uint64_t marks_of(const char* at, std::size_t size) noexcept {
    std::uint64_t marks = 0;
    std::size_t i = 0;
#if defined(__SSE2__)
    const auto all = [](char byte) {
        return _mm_set1_epi8(byte);
    };
    for (; i + 16 <= size; i += 16) {
        const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at + i));
        const __m128i first =
            _mm_or_si128(_mm_cmpeq_epi8(bytes, all('&')), _mm_cmpeq_epi8(bytes, all('=')));
        const __m128i second =
            _mm_or_si128(_mm_cmpeq_epi8(bytes, all(';')), _mm_cmpeq_epi8(bytes, all('?')));
        const int hits = _mm_movemask_epi8(_mm_or_si128(first, second));
        marks |= static_cast<std::uint64_t>(static_cast<unsigned>(hits)) << i;
    }
#endif
    for (; i < size; ++i) {
        const bool hit = is_any(at[i], byte_class::query_separator | byte_class::equals_sign);
        marks |= static_cast<std::uint64_t>(hit) << i;
    }
    return marks;
}

}  // namespace

const char* QueryCursor::next_mark() noexcept {
    while (marks_ == 0) {
        block_ = block_end_;
        if (block_ == end_) {
            return end_;
        }
        const auto size = std::min<std::size_t>(64, static_cast<std::size_t>(end_ - block_));
        marks_ = marks_of(block_, size);
        block_end_ = block_ + size;
    }
    const char* const mark = block_ + std::countr_zero(marks_);
    marks_ &= marks_ - 1;
    return mark;
}

bool QueryCursor::next(QueryItem& item) noexcept {
    while (at_ != end_) {
        const char* const begin = at_;
        const char* const key_end = next_mark();
        const char* end = key_end;
        while (end != end_ && *end == '=') {
            end = next_mark();
        }
        at_ = end == end_ ? end : end + 1;
        if (end == begin) {
            continue;
        }
        if (seen_ == limits::query_items_max) {
            too_many_ = true;
            at_ = end_;
            return false;
        }
        ++seen_;
        const char* const value = key_end == end ? end : key_end + 1;
        item.key = {begin, static_cast<std::size_t>(key_end - begin)};
        item.value = {value, static_cast<std::size_t>(end - value)};
        return true;
    }
    return false;
}

bool is_escaped(std::string_view raw) noexcept {
    return std::ranges::any_of(raw, [](char c) { return c == '%' || c == '+'; });
}

std::optional<std::size_t> decode(std::string_view raw, std::span<std::uint8_t> out) noexcept {
    std::size_t size = 0;
    const char* at = raw.data();
    const char* const end = at + raw.size();
    while (at != end) {
        auto byte = static_cast<std::uint8_t>(*at++);
        if (byte == '%') {
            if (end - at < 2) {
                return std::nullopt;
            }
            const int value = hex_value(at[0]) * 16 | hex_value(at[1]);
            if (value < 0) {
                return std::nullopt;
            }
            byte = static_cast<std::uint8_t>(value);
            at += 2;
        } else if (byte == '+') {
            byte = ' ';
        }
        if (size < out.size()) {
            out[size] = byte;
        }
        ++size;
    }
    return size;
}

std::optional<std::int64_t> read_integer(std::string_view decoded) noexcept {
    const bool negative = !decoded.empty() && decoded.front() == '-';
    decoded.remove_prefix(negative ? 1 : 0);
    if (decoded.empty()) {
        return std::nullopt;
    }
    const bool can_exceed = decoded.size() > 18;
    std::int64_t value = 0;
    for (const char c : decoded) {
        const auto digit = static_cast<unsigned char>(c - '0');
        if (digit > 9) {
            return std::nullopt;
        }
        value = can_exceed && value > (integer_max - digit) / 10 ? integer_max : value * 10 + digit;
    }
    return negative ? -value : value;
}

}  // namespace chihaya::wire
