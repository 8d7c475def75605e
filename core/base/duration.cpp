#include "core/base/duration.hpp"

#include "core/base/text.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace chihaya {
namespace {

struct Unit {
    std::string_view name;
    double milliseconds;
};

// Longer names first where one begins with another.
constexpr std::array<Unit, 8> units{{{"ms", 1.0},
                                     {"ns", 1e-6},
                                     {"us", 1e-3},
                                     {"\xc2\xb5s", 1e-3},
                                     {"\xce\xbcs", 1e-3},
                                     {"h", 3'600'000.0},
                                     {"m", 60'000.0},
                                     {"s", 1'000.0}}};

constexpr double longest_milliseconds = 100.0 * 365 * 24 * 3'600'000;

constexpr std::size_t quoted_max = 40;

Failure refuse(std::string_view text) {
    return {"\"" + text::printable(text.substr(0, quoted_max)) +
            R"(" is no duration; accepted are Go's, such as "30m", "1h30m" or "500ms")"};
}

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
    std::string_view rest = text;
    const bool negative = rest.starts_with('-');
    if (negative || rest.starts_with('+')) {
        rest.remove_prefix(1);
    }
    if (rest == "0") {
        return std::chrono::milliseconds(0);
    }
    if (rest.empty()) {
        return refuse(text);
    }
    double sum = 0;
    while (!rest.empty()) {
        double number = 0;
        const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number,
                                                  std::chars_format::fixed);
        if (error != std::errc{} || rest.front() == '-' || !std::isfinite(number)) {
            return refuse(text);
        }
        rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
        const Unit* unit = nullptr;
        for (const Unit& candidate : units) {
            if (unit == nullptr && rest.starts_with(candidate.name)) {
                unit = &candidate;
            }
        }
        if (unit == nullptr) {
            return refuse(text);
        }
        rest.remove_prefix(unit->name.size());
        sum += number * unit->milliseconds;
    }
    if (sum > longest_milliseconds) {
        return refuse(text);
    }
    const auto whole = static_cast<std::int64_t>(sum + 1e-9);
    return std::chrono::milliseconds(negative ? -whole : whole);
}

std::string duration_text(std::chrono::milliseconds duration) {
    const bool negative = duration.count() < 0;
    auto rest = static_cast<std::uint64_t>(duration.count());
    if (negative) {
        rest = 0 - rest;  // of the least duration, too
    }
    std::string out = negative ? "-" : "";
    const auto take = [&](std::uint64_t size, const char* name) {
        if (rest >= size) {
            out += std::to_string(rest / size) + name;
            rest %= size;
        }
    };
    take(3'600'000, "h");
    take(60'000, "m");
    take(1'000, "s");
    take(1, "ms");
    return out.empty() ? "0s" : out;
}

}  // namespace chihaya
