#pragma once

/// @file bencode.hpp
/// Reads bencode strictly, for tests: whatever is not canonical (keys out of order, leading zeros,
/// bytes behind the value) is no bencode here.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace chihaya::test::bencode {

class Value;
using List = std::vector<Value>;
using Dictionary = std::map<std::string, Value>;

/// One bencoded value. The accessors expect what they name; ask `is_…` first, or use `doctest`'s
/// REQUIRE, when that is in doubt.
class Value {
public:
    explicit Value(std::int64_t integer) : data_(integer) {}
    explicit Value(std::string text) : data_(std::move(text)) {}
    explicit Value(List list) : data_(std::move(list)) {}
    explicit Value(Dictionary dictionary) : data_(std::move(dictionary)) {}

    [[nodiscard]] bool is_integer() const { return std::holds_alternative<std::int64_t>(data_); }
    [[nodiscard]] bool is_text() const { return std::holds_alternative<std::string>(data_); }
    [[nodiscard]] bool is_list() const { return std::holds_alternative<List>(data_); }
    [[nodiscard]] bool is_dictionary() const { return std::holds_alternative<Dictionary>(data_); }

    [[nodiscard]] std::int64_t integer() const { return std::get<std::int64_t>(data_); }
    [[nodiscard]] const std::string& text() const { return std::get<std::string>(data_); }
    [[nodiscard]] const List& list() const { return std::get<List>(data_); }
    [[nodiscard]] const Dictionary& dictionary() const { return std::get<Dictionary>(data_); }

    /// Has this dictionary such a key?
    [[nodiscard]] bool has(const std::string& key) const {
        return is_dictionary() && dictionary().contains(key);
    }
    /// The value of a key that must be there.
    [[nodiscard]] const Value& at(const std::string& key) const { return dictionary().at(key); }

private:
    std::variant<std::int64_t, std::string, List, Dictionary> data_;
};

namespace detail {

class Parser {
public:
    explicit Parser(std::string_view text) : rest_(text) {}

    std::optional<Value> whole() {
        auto value = any(0);
        return rest_.empty() ? std::move(value) : std::nullopt;
    }

private:
    static constexpr int depth_max = 32;

    bool take(char c) {
        const bool hit = rest_.starts_with(c);
        rest_.remove_prefix(hit ? 1 : 0);
        return hit;
    }

    /// Digits without leading zeros.
    std::optional<std::int64_t> digits() {
        const std::size_t size = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
        if (size == 0 || size > 18 || (size > 1 && rest_.front() == '0')) {
            return std::nullopt;
        }
        const std::int64_t value = std::stoll(std::string(rest_.substr(0, size)));
        rest_.remove_prefix(size);
        return value;
    }

    std::optional<Value> integer() {
        const bool negative = take('-');
        const auto value = digits();
        if (!value || (negative && *value == 0) || !take('e')) {
            return std::nullopt;
        }
        return Value(negative ? -*value : *value);
    }

    std::optional<std::string> string() {
        const auto size = digits();
        if (!size || !take(':') || static_cast<std::size_t>(*size) > rest_.size()) {
            return std::nullopt;
        }
        std::string text(rest_.substr(0, static_cast<std::size_t>(*size)));
        rest_.remove_prefix(text.size());
        return text;
    }

    std::optional<Value> list(int depth) {
        List items;
        while (!take('e')) {
            auto item = any(depth + 1);
            if (!item) {
                return std::nullopt;
            }
            items.push_back(std::move(*item));
        }
        return Value(std::move(items));
    }

    std::optional<Value> dictionary(int depth) {
        Dictionary items;  // std::string compares as unsigned bytes
        while (!take('e')) {
            auto key = string();
            if (!key || (!items.empty() && *key <= items.rbegin()->first)) {
                return std::nullopt;
            }
            auto value = any(depth + 1);
            if (!value) {
                return std::nullopt;
            }
            items.emplace(std::move(*key), std::move(*value));
        }
        return Value(std::move(items));
    }

    std::optional<Value> any(int depth) {
        if (depth > depth_max) {
            return std::nullopt;
        }
        if (take('i')) {
            return integer();
        }
        if (take('l')) {
            return list(depth);
        }
        if (take('d')) {
            return dictionary(depth);
        }
        auto text = string();
        return text ? std::optional<Value>(Value(std::move(*text))) : std::nullopt;
    }

    std::string_view rest_;
};

}  // namespace detail

/// The value that `text` is, all of it; empty when it is no canonical bencode.
/// Limits: integers of 18 digits, 32 levels
inline std::optional<Value> parse(std::string_view text) {
    return detail::Parser(text).whole();
}

}  // namespace chihaya::test::bencode
