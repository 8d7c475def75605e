#pragma once

/// @file driver_report.hpp
/// What a driver says about itself, kept for a page.

#include "chihaya/host.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chihaya::management {

/// A driver's numbers, in its order. What is said twice counts the first time; what is more than
/// limits::driver_numbers_max, or has no name or too long a one, not at all.
class DriverReport final : public MetricSink {
public:
    struct Entry {
        std::string name;
        double value = 0.0;
        std::uint64_t whole = 0;  // of a counter
        bool is_counter = false;
    };

    void gauge(const char* name, double value) noexcept override;
    void counter(const char* name, std::uint64_t value) noexcept override;

    [[nodiscard]] const std::vector<Entry>& entries() const noexcept { return entries_; }
    [[nodiscard]] std::optional<double> find(std::string_view name) const noexcept;
    /// The same as a whole number: what is below 0 is 0.
    [[nodiscard]] std::optional<std::uint64_t> find_whole(std::string_view name) const noexcept;

private:
    void add(const char* name, double value, std::uint64_t whole, bool is_counter) noexcept;

    std::vector<Entry> entries_;
};

}  // namespace chihaya::management
