#include "core/management/json_fields.hpp"

#include "core/base/limits.hpp"
#include "core/config/json_parser.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace chihaya::management {
namespace {

/// "up_multiplier" as Chihaya 1.0 spelt it: "upMultiplier".
std::string camel_case(std::string_view key) {
    std::string out;
    for (std::size_t i = 0; i < key.size(); ++i) {
        const bool is_word = key[i] == '_' && i + 1 < key.size();
        i += is_word ? 1U : 0U;
        const bool to_upper = is_word && key[i] >= 'a' && key[i] <= 'z';
        out += to_upper ? static_cast<char>(key[i] - 'a' + 'A') : key[i];
    }
    return out;
}

/// A JSON number without fraction or exponent.
std::optional<std::uint64_t> whole_number(const std::string& text) noexcept {
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, number);
    return error == std::errc() && stop == end ? std::optional(number) : std::nullopt;
}

}  // namespace

JsonFields::JsonFields(std::string_view text) {
    auto document = config::parse_json(text);
    if (document.has_error()) {
        complaints_ = document.error().text;
    } else if (auto* const object = std::get_if<config::Object>(&document->root.content)) {
        object_ = std::move(*object);
    } else {
        complain("body", config::kind_of(document->root), "a JSON object");
    }
}

const config::Value* JsonFields::find(std::string_view key) const {
    for (const std::string& spelling : {std::string(key), camel_case(key)}) {
        const auto found = std::ranges::find(object_, spelling, &config::Member::name);
        if (found != object_.end()) {
            return found->value.as<std::nullptr_t>() != nullptr ? nullptr : &found->value;
        }
    }
    return nullptr;
}

std::uint64_t JsonFields::whole(std::string_view key, std::uint64_t absent, Range accepted) {
    const config::Value* const value = find(key);
    if (value == nullptr) {
        return absent;
    }
    const auto* const number = value->as<config::Number>();
    const auto whole = number != nullptr ? whole_number(number->text) : std::nullopt;
    if (!whole || *whole < accepted.least || *whole > accepted.most) {
        complain(key, config::described(*value),
                 "a whole number from " + std::to_string(accepted.least) + " to " +
                     std::to_string(accepted.most));
        return absent;
    }
    return *whole;
}

double JsonFields::multiplier(std::string_view key) {
    const config::Value* const value = find(key);
    if (value == nullptr) {
        return 1.0;
    }
    const auto* const number = value->as<config::Number>();
    if (number == nullptr || !(number->value >= 0.0 && number->value <= limits::multiplier_max)) {
        complain(key, config::described(*value), "a number from 0 to 1000");
        return 1.0;
    }
    return number->value;
}

bool JsonFields::flag(std::string_view key, bool absent) {
    const config::Value* const value = find(key);
    if (value == nullptr) {
        return absent;
    }
    const bool* const flag = value->as<bool>();
    if (flag == nullptr) {
        complain(key, config::described(*value), "true or false");
        return absent;
    }
    return *flag;
}

std::optional<std::string> JsonFields::text(std::string_view key, std::string_view accepted) {
    const config::Value* const value = find(key);
    if (value == nullptr) {
        return std::nullopt;
    }
    const auto* const text = value->as<std::string>();
    if (text == nullptr) {
        complain(key, config::kind_of(*value), accepted);
        return std::nullopt;
    }
    return *text;
}

void JsonFields::complain(std::string_view key, std::string_view found, std::string_view accepted) {
    if (!complaints_.empty()) {
        complaints_ += "; ";
    }
    complaints_.append(key).append(": found ").append(found).append(", accepted ").append(accepted);
}

config::Value json(std::uint64_t number) {
    return {config::Number{std::to_string(number), static_cast<double>(number)}};
}

config::Value json(double number) {
    std::array<char, 32> digits{};
    char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return {config::Number{std::string(digits.data(), end), number}};
}

config::Value json(bool flag) {
    return {flag};
}

config::Value json(std::string text) {
    return {std::move(text)};
}

config::Value json(config::Object members) {
    return {std::move(members)};
}

}  // namespace chihaya::management
