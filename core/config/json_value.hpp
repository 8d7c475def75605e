#pragma once

/// @file json_value.hpp
/// A JSON document as the reader walks it: in the order and with the lines of the file, which an
/// operator is told about. core/config/json_parser.hpp makes one from text.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace chihaya::config {

struct Member;

/// A number, with the text it is written back as.
struct Number {
    std::string text;
    double value = 0;
};

using List = std::vector<struct Value>;
using Object = std::vector<Member>;  // in the order of the file; names may not repeat

/// One value of a document.
struct Value {
    std::variant<std::nullptr_t, bool, Number, std::string, List, Object> content;
    std::uint32_t line = 0;  // from 1; 0 where it is not known

    /// The content if it has this type, else null.
    template <class Type>
    [[nodiscard]] const Type* as() const noexcept {
        return std::get_if<Type>(&content);
    }
};

struct Member {
    std::string name;
    Value value;
};

/// `compact` is everything in one line.
enum class Layout { compact, indented };

/// The JSON text of `value`, members in their order.
[[nodiscard]] std::string json_text(const Value& value, Layout layout = Layout::compact);

/// For messages: `the number 30`, `the text "abc"`, `a list`. Cut and escaped where needed.
[[nodiscard]] std::string described(const Value& value);

/// The same for a secret: only what kind of value it is.
[[nodiscard]] std::string_view kind_of(const Value& value) noexcept;

/// `text` in quotes for a message, escaped, and cut where it is long.
[[nodiscard]] std::string in_quotes(std::string_view text);

}  // namespace chihaya::config
