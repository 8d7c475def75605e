#include "core/management/driver_report.hpp"

#include "core/base/limits.hpp"

#include <algorithm>
#include <new>

namespace chihaya::management {

void DriverReport::gauge(const char* name, double value) noexcept {
    add(name, value, 0, false);
}

void DriverReport::counter(const char* name, std::uint64_t value) noexcept {
    add(name, static_cast<double>(value), value, true);
}

void DriverReport::add(const char* name, double value, std::uint64_t whole,
                       bool is_counter) noexcept {
    const std::string_view text = name == nullptr ? "" : name;
    if (text.empty() || text.size() > limits::driver_number_name_max ||
        entries_.size() >= limits::driver_numbers_max || find(text)) {
        return;
    }
    try {
        entries_.push_back(
            {.name = std::string(text), .value = value, .whole = whole, .is_counter = is_counter});
    } catch (const std::bad_alloc&) {
        return;  // a number less on the page
    }
}

std::optional<double> DriverReport::find(std::string_view name) const noexcept {
    const auto found = std::ranges::find(entries_, name, &Entry::name);
    return found == entries_.end() ? std::nullopt : std::optional(found->value);
}

std::optional<std::uint64_t> DriverReport::find_whole(std::string_view name) const noexcept {
    const auto found = std::ranges::find(entries_, name, &Entry::name);
    if (found == entries_.end()) {
        return std::nullopt;
    }
    if (found->is_counter) {
        return found->whole;
    }
    return found->value > 0.0 ? static_cast<std::uint64_t>(found->value) : 0;
}

}  // namespace chihaya::management
