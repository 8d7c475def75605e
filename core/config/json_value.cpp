#include "core/config/json_value.hpp"

#include "core/base/text.hpp"

#include <array>
#include <cstdio>

namespace chihaya::config {
namespace {

constexpr std::size_t quoted_max = 60;

class Writer {
public:
    explicit Writer(Layout layout) : indented_(layout == Layout::indented) {}

    void write(const Value& value) {
        std::visit([this](const auto& content) { put(content); }, value.content);
    }

    [[nodiscard]] std::string take() { return std::move(out_); }

private:
    void put(std::nullptr_t) { out_ += "null"; }
    void put(bool flag) { out_ += flag ? "true" : "false"; }
    void put(const Number& number) { out_ += number.text; }

    void put(const std::string& text) {
        out_ += '"';
        for (const char letter : text) {
            if (letter == '"' || letter == '\\') {
                out_ += '\\';
                out_ += letter;
            } else if (const auto byte = static_cast<unsigned char>(letter); byte < 0x20) {
                std::array<char, 8> escaped{};
                std::snprintf(escaped.data(), escaped.size(), "\\u%04x", unsigned{byte});
                out_ += escaped.data();
            } else {
                out_ += letter;
            }
        }
        out_ += '"';
    }

    void put(const List& list) {
        // A list stands in one line: what a configuration lists is short.
        out_ += '[';
        for (std::size_t i = 0; i < list.size(); ++i) {
            out_ += i == 0 ? "" : indented_ ? ", " : ",";
            write(list[i]);
        }
        out_ += ']';
    }

    void put(const Object& object) {
        out_ += '{';
        ++depth_;
        for (std::size_t i = 0; i < object.size(); ++i) {
            out_ += i == 0 ? "" : ",";
            break_line();
            put(object[i].name);
            out_ += indented_ ? ": " : ":";
            write(object[i].value);
        }
        --depth_;
        if (!object.empty()) {
            break_line();
        }
        out_ += '}';
    }

    void break_line() {
        if (indented_) {
            out_ += '\n';
            out_.append(2 * depth_, ' ');
        }
    }

    bool indented_;
    std::size_t depth_ = 0;
    std::string out_;
};

}  // namespace

std::string json_text(const Value& value, Layout layout) {
    Writer writer(layout);
    writer.write(value);
    return writer.take();
}

std::string in_quotes(std::string_view text) {
    const bool whole = text.size() <= quoted_max;
    return '"' + text::printable(text.substr(0, quoted_max)) + (whole ? "\"" : "...\"");
}

std::string described(const Value& value) {
    if (const auto* number = value.as<Number>()) {
        return "the number " + number->text;
    }
    if (const auto* text = value.as<std::string>()) {
        return "the text " + in_quotes(*text);
    }
    if (const auto* flag = value.as<bool>()) {
        return *flag ? "true" : "false";
    }
    return std::string(kind_of(value));
}

std::string_view kind_of(const Value& value) noexcept {
    constexpr std::array<std::string_view, 6> kinds{"null",   "true or false", "a number",
                                                    "a text", "a list",        "an object"};
    return kinds.at(value.content.index());
}

}  // namespace chihaya::config
