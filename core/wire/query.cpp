#include "core/wire/query.hpp"

#include "core/wire/byte_class.hpp"

#include <algorithm>
#include <limits>

namespace chihaya::wire {
namespace {

constexpr std::int64_t integer_max = std::numeric_limits<std::int64_t>::max();

}  // namespace

bool QueryCursor::next(QueryItem& item) noexcept {
    while (at_ != end_) {
        const char* const begin = at_;
        const char* at = begin;
        while (at != end_ && !is_any(*at, byte_class::query_separator | byte_class::equals_sign)) {
            ++at;
        }
        const char* const key_end = at;
        while (at != end_ && !is_any(*at, byte_class::query_separator)) {
            ++at;
        }
        at_ = at == end_ ? at : at + 1;
        if (at == begin) {
            continue;
        }
        if (seen_ == limits::query_items_max) {
            too_many_ = true;
            at_ = end_;
            return false;
        }
        ++seen_;
        const char* const value = key_end == at ? at : key_end + 1;
        item.key = {begin, static_cast<std::size_t>(key_end - begin)};
        item.value = {value, static_cast<std::size_t>(at - value)};
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
    std::int64_t value = 0;
    for (const char c : decoded) {
        if (c < '0' || c > '9') {
            return std::nullopt;
        }
        const int digit = c - '0';
        value = value > (integer_max - digit) / 10 ? integer_max : value * 10 + digit;
    }
    return negative ? -value : value;
}

}  // namespace chihaya::wire
