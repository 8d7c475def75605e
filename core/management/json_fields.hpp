#pragma once

/// @file json_fields.hpp
/// JSON in and out: the fields of an object that a caller sent, checked one by one, and the values
/// that replies are made of.

#include "core/config/json_value.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

namespace chihaya::management {

/// A range of numbers that a field accepts, both ends included.
struct Range {
    std::uint64_t least = 0;
    std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
};

/// Reads one JSON object, hostile until checked. Every complaint is collected; a field that is
/// absent or wrong yields what the caller gave for that case. Keys are asked for as Chihaya v1
/// spelt them in 2014 ("up_multiplier") and found in its later spelling too ("upMultiplier").
/// Fields nobody asks for are ignored, as v1 did.
class JsonFields {
public:
    explicit JsonFields(std::string_view text);

    [[nodiscard]] std::uint64_t whole(std::string_view key, std::uint64_t absent, Range accepted);
    /// A factor on what is credited: 0 to limits::multiplier_max, 1 when absent.
    [[nodiscard]] double multiplier(std::string_view key);
    [[nodiscard]] bool flag(std::string_view key, bool absent);
    [[nodiscard]] std::optional<std::string> text(std::string_view key, std::string_view accepted);

    /// The value of `key`; null when absent, or null in the text.
    [[nodiscard]] const config::Value* find(std::string_view key) const;

    /// Notes what is wrong with `key`. `found` never holds a secret.
    void complain(std::string_view key, std::string_view found, std::string_view accepted);

    [[nodiscard]] bool ok() const noexcept { return complaints_.empty(); }
    /// All complaints in a line: "malformed body: up_multiplier: found the number -1, accepted a
    /// number from 0 to 1000".
    [[nodiscard]] std::string complaints() const { return "malformed body: " + complaints_; }
    /// The same without what it is about.
    [[nodiscard]] const std::string& all() const noexcept { return complaints_; }

private:
    config::Object object_;
    std::string complaints_;
};

[[nodiscard]] config::Value json(std::uint64_t number);
[[nodiscard]] config::Value json(double number);
[[nodiscard]] config::Value json(bool flag);
[[nodiscard]] config::Value json(std::string text);
[[nodiscard]] config::Value json(config::Object members);

}  // namespace chihaya::management
