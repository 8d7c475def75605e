#include "plugins/redis/command.hpp"

#include <array>
#include <charconv>
#include <cstring>

namespace chihaya::redis {
namespace {

// A length line: a mark, twenty digits at most, CR and LF.
using Line = std::array<char, 24>;

std::string_view length_line(Line& line, char mark, std::size_t length) noexcept {
    line[0] = mark;
    char* end = std::to_chars(line.data() + 1, line.data() + line.size() - 2, length).ptr;
    *end++ = '\r';
    *end++ = '\n';
    return {line.data(), static_cast<std::size_t>(end - line.data())};
}

}  // namespace

Command& Command::begin(std::size_t words) {
    Line line{};
    bytes_.assign(length_line(line, '*', words));
    return *this;
}

Command& Command::add(std::string_view word) {
    Line line{};
    bytes_.append(length_line(line, '$', word.size()));
    bytes_.append(word);
    bytes_.append("\r\n", 2);
    return *this;
}

Command& Command::add(std::int64_t number) {
    std::array<char, 20> digits{};
    const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return add(std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data())));
}

}  // namespace chihaya::redis
