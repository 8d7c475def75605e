#include "core/config/json_parser.hpp"

#include "core/base/limits.hpp"
#include "core/base/text.hpp"

#include <Poco/Exception.h>
#include <Poco/JSON/Handler.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace chihaya::config {
namespace {

constexpr std::size_t why_max = 100;
constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
constexpr std::string_view remedy =
    "; write UTF-8 JSON: names and texts in double quotes, a comma between two members and none "
    "behind the last, no comments";

std::string place(std::string_view text, std::size_t offset) {
    const std::string_view before = text.substr(0, offset);
    const auto line_start = before.rfind('\n') + 1;  // npos + 1 is 0
    return "line " + std::to_string(std::ranges::count(before, '\n') + 1) + ", column " +
           std::to_string(offset - line_start + 1);
}

/// Refuses what the parser must not see: text that is not UTF-8 on sight, and deep nesting.
/// Up to the first error, what is inside a text and what is not is the same here and there.
std::string unfit(std::string_view text) {
    std::size_t depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char letter = text[i];
        if (letter == '\0' || letter == '\xff' || letter == '\xfe') {
            return place(text, i) +
                   ": found a byte that no UTF-8 text has, accepted is JSON in "
                   "UTF-8; save the file as UTF-8";
        }
        if (quoted) {
            i += letter == '\\' ? 1 : 0;
            quoted = letter != '"';
        } else if (letter == '"') {
            quoted = true;
        } else if (letter == '{' || letter == '[') {
            if (++depth > limits::configuration_depth_max) {
                return place(text, i) + ": found objects or lists nested deeper than " +
                       std::to_string(limits::configuration_depth_max) +
                       " levels, accepted are fewer; a configuration needs about 4";
            }
        } else if ((letter == '}' || letter == ']') && depth > 0) {
            --depth;
        }
    }
    return {};
}

/// Where the token behind `offset` ends: a bracket, a text, a number or a word. What separates
/// tokens is skipped.
std::size_t token_end(std::string_view text, std::size_t offset) {
    constexpr std::string_view digits = "0123456789+-.eE";
    constexpr std::string_view letters = "abcdefghijklmnopqrstuvwxyz";
    std::size_t at = std::min(text.find_first_not_of(" \t\r\n,:", offset), text.size());
    if (at == text.size()) {
        return at;
    }
    if (text[at] == '"') {
        for (++at; at < text.size() && text[at] != '"'; ++at) {
            at += std::size_t{text[at] == '\\' ? 1U : 0U};
        }
        return std::min(at + 1, text.size());
    }
    const bool word = letters.find(text[at]) != std::string_view::npos;
    const std::size_t end = text.find_first_not_of(word ? letters : digits, at);
    return std::max(at + 1, std::min(end, text.size()));
}

/// Builds the tree from the parser's events. The parser does not tell where it is, but each event
/// is one token, in order: that is how lines are known.
class TreeBuilder final : public Poco::JSON::Handler {
public:
    TreeBuilder(std::string_view text, Document& document) : text_(text), document_(document) {}

    /// Where the last complete token ends.
    [[nodiscard]] std::size_t good_until() const noexcept { return position_; }

    void reset() override {}
    void startObject() override { open(Object{}); }
    void endObject() override { close(); }
    void startArray() override { open(List{}); }
    void endArray() override { close(); }
    void null() override { add({nullptr, advance()}); }
    void value(int number) override { add({whole(number), advance()}); }
    void value(unsigned number) override { add({whole(number), advance()}); }
    void value(Poco::Int64 number) override { add({whole(number), advance()}); }
    void value(Poco::UInt64 number) override { add({whole(number), advance()}); }
    void value(const std::string& text) override { add({text, advance()}); }
    void value(bool flag) override { add({flag, advance()}); }

    void value(double number) override {
        std::array<char, 32> digits{};
        auto* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
        add({Number{std::string(digits.data(), end), number}, advance()});
    }

    void key(const std::string& name) override {
        advance();
        names_.push_back(name);
    }

private:
    template <class Integer>
    static Number whole(Integer number) {
        return {std::to_string(number), static_cast<double>(number)};
    }

    /// Moves on to the end of the token that was just read; the line of that end.
    std::uint32_t advance() {
        const std::size_t now = token_end(text_, position_);
        const std::string_view passed = text_.substr(position_, now - position_);
        line_ += static_cast<std::uint32_t>(std::ranges::count(passed, '\n'));
        position_ = now;
        return line_;
    }

    template <class Container>
    void open(Container container) {
        open_.push_back({std::move(container), advance()});
    }

    void close() {
        advance();
        Value done = std::move(open_.back());
        open_.pop_back();
        if (const auto* members = done.as<Object>()) {
            report_repeated(*members);
        }
        add(std::move(done));
    }

    void report_repeated(const Object& members) {
        std::vector<const Member*> sorted;
        for (const Member& member : members) {
            sorted.push_back(&member);
        }
        std::ranges::stable_sort(
            sorted, {}, [](const Member* member) -> const std::string& { return member->name; });
        for (std::size_t i = 1; i < sorted.size(); ++i) {
            const Member& first = *sorted[i - 1];
            const Member& second = *sorted[i];
            if (first.name == second.name) {
                document_.repeated.push_back(
                    path() + text::printable(first.name) + ": found in lines " +
                    std::to_string(first.value.line) + " and " + std::to_string(second.value.line) +
                    ", accepted is once; remove one of them");
            }
        }
    }

    void add(Value value) {
        if (open_.empty()) {
            document_.root = std::move(value);
        } else if (auto* list = std::get_if<List>(&open_.back().content)) {
            list->push_back(std::move(value));
        } else {
            std::get<Object>(open_.back().content)
                .push_back({std::move(names_.back()), std::move(value)});
            names_.pop_back();
        }
    }

    /// The names of the members that are being read, each with a dot behind it.
    [[nodiscard]] std::string path() const {
        std::string out;
        for (const std::string& name : names_) {
            out += text::printable(name) + '.';
        }
        return out;
    }

    std::string_view text_;
    Document& document_;
    std::vector<Value> open_;
    std::vector<std::string> names_;  // of the members of `open_` that await their value
    std::size_t position_ = 0;
    std::uint32_t line_ = 1;
};

/// What stands behind the last good token is the culprit.
Failure syntax_failure(std::string_view text, std::size_t good_until, std::string_view why) {
    constexpr std::string_view blanks = " \t\r\n";
    std::size_t at = std::min(text.find_first_not_of(blanks, good_until), text.size());
    if (good_until > 0 && at < text.size() && (text[at] == ',' || text[at] == ':')) {
        at = std::min(text.find_first_not_of(blanks, at + 1), text.size());
    }
    // One character only: more could be a piece of a secret.
    const std::string found =
        at == text.size() ? "the end of the text" : in_quotes(text.substr(at, 1));
    return {place(text, at) + ": found " + found + " (" + text::printable(why.substr(0, why_max)) +
            "), accepted is JSON" + std::string(remedy)};
}

}  // namespace

Result<Document> parse_json(std::string_view text) {
    if (text.size() > limits::configuration_file_max) {
        return Failure{"found " + std::to_string(text.size()) + " bytes, accepted are at most " +
                       std::to_string(limits::configuration_file_max) +
                       "; this is hardly a configuration"};
    }
    if (text.starts_with(byte_order_mark)) {
        text.remove_prefix(byte_order_mark.size());
    }
    if (std::string problem = unfit(text); !problem.empty()) {
        return Failure{std::move(problem)};
    }
    Document document;
    const Poco::SharedPtr<TreeBuilder> builder(new TreeBuilder(text, document));
    try {
        Poco::JSON::Parser parser(builder);
        parser.setAllowNullByte(false);
        parser.setDepth(limits::configuration_depth_max + 1);
        parser.parse(std::string(text));
    } catch (const Poco::Exception& error) {
        return syntax_failure(text, builder->good_until(), error.message());
    } catch (const std::exception& error) {
        return syntax_failure(text, builder->good_until(), error.what());
    }
    return document;
}

}  // namespace chihaya::config
