#include "core/wire/query.hpp"

#include "core/wire/byte_block.hpp"
#include "core/wire/byte_class.hpp"

#include <bit>
#include <limits>

namespace chihaya::wire {
namespace {

constexpr std::int64_t integer_max = std::numeric_limits<std::int64_t>::max();
constexpr std::size_t digits_max = std::numeric_limits<std::int64_t>::digits10;

/// Where an item ends, and what lies in it.
struct Extent {
    const char* end = nullptr;
    const char* equals = nullptr;  // the first
    bool value_escaped = false;
};

Extent extent_of(const char* at, const char* end) noexcept {
    Extent item;
    for (;;) {
        const auto left = static_cast<std::size_t>(end - at);
        const ByteBlock block(at, left);
        const std::uint32_t separators = block.find<'&', ';', '?'>();
        const std::uint32_t mine = before_first(separators);
        std::uint32_t escapes = block.find<'%', '+'>() & mine;
        if (item.equals == nullptr) {
            const std::uint32_t equals = block.find<'='>() & mine;
            item.equals = equals == 0 ? nullptr : at + std::countr_zero(equals);
            escapes &= ~before_first(equals);  // what is before it belongs to the key
        }
        item.value_escaped = item.value_escaped || escapes != 0;
        if (separators != 0 || left <= ByteBlock::size) {
            item.end = separators != 0 ? at + std::countr_zero(separators) : end;
            return item;
        }
        at += ByteBlock::size;
    }
}

}  // namespace

bool QueryCursor::next(QueryItem& item) noexcept {
    while (at_ != end_) {
        const char* const begin = at_;
        const Extent extent = extent_of(begin, end_);
        at_ = extent.end == end_ ? end_ : extent.end + 1;
        if (extent.end == begin) {
            continue;
        }
        if (seen_ == limits::query_items_max) {
            too_many_ = true;
            at_ = end_;
            return false;
        }
        ++seen_;
        const char* const key_end = extent.equals == nullptr ? extent.end : extent.equals;
        const char* const value = extent.equals == nullptr ? extent.end : extent.equals + 1;
        item.key = {begin, static_cast<std::size_t>(key_end - begin)};
        item.value = {value, static_cast<std::size_t>(extent.end - value)};
        item.value_escaped = extent.value_escaped;
        return true;
    }
    return false;
}

std::optional<std::size_t> decode(std::string_view raw, std::span<std::uint8_t> out) noexcept {
    std::size_t size = 0;
    const char* at = raw.data();
    const char* const end = at + raw.size();
    for (; at != end; ++size) {
        int byte = static_cast<unsigned char>(*at++);
        if (byte == '%') {
            byte = end - at < 2 ? -1 : hex_value(at[0]) * 16 | hex_value(at[1]);
            if (byte < 0) {
                return std::nullopt;
            }
            at += 2;
        } else if (byte == '+') {
            byte = ' ';
        }
        if (size < out.size()) {
            out[size] = static_cast<std::uint8_t>(byte);
        }
    }
    return size;
}

std::optional<std::int64_t> read_integer(std::string_view decoded) noexcept {
    const bool negative = decoded.starts_with('-');
    decoded.remove_prefix(negative ? 1 : 0);
    if (decoded.empty()) {
        return std::nullopt;
    }
    const bool can_exceed = decoded.size() > digits_max;
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
