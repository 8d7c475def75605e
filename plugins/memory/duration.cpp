#include "plugins/memory/duration.hpp"

#include <array>
#include <charconv>

namespace chihaya::memory {
namespace {

struct Unit {
    std::string_view name;
    double milliseconds;
};

// "ms" before "m".
constexpr std::array<Unit, 4> units{
    {{"ms", 1.0}, {"s", 1'000.0}, {"m", 60'000.0}, {"h", 3'600'000.0}}};

constexpr double year = 366.0 * 24 * 3'600'000;

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    if (text == "0") {
        return std::chrono::milliseconds(0);
    }
    double sum = 0;
    std::string_view rest = text;
    while (!rest.empty()) {
        double number = 0;
        const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number,
                                                  std::chars_format::fixed);
        if (error != std::errc{} || rest.front() < '.' || rest.front() > '9') {
            return std::nullopt;
        }
        rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
        const Unit* unit = nullptr;
        for (const Unit& candidate : units) {
            if (unit == nullptr && rest.starts_with(candidate.name)) {
                unit = &candidate;
            }
        }
        if (unit == nullptr) {
            return std::nullopt;
        }
        rest.remove_prefix(unit->name.size());
        sum += number * unit->milliseconds;
    }
    if (text.empty() || sum > year) {
        return std::nullopt;
    }
    return std::chrono::milliseconds(static_cast<std::int64_t>(sum + 1e-9));
}

}  // namespace chihaya::memory
