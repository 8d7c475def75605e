#pragma once

/// @file packets.hpp
/// UDP packets from hexadecimal digits, in heap buffers of exactly their size: a reader that leaves
/// one is seen by the address sanitizer.

#include "core/base/text.hpp"
#include "core/wire/byte_class.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chihaya::wire {

using Bytes = std::vector<std::uint8_t>;

/// Spaces between the digits are skipped.
inline Bytes bytes_of(std::string_view hex) {
    std::string digits;
    for (const char letter : hex) {
        if (letter != ' ') {
            digits += letter;
        }
    }
    Bytes bytes;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
        bytes.push_back(
            static_cast<std::uint8_t>(hex_value(digits[i]) * 16 + hex_value(digits[i + 1])));
    }
    return bytes;
}

inline Bytes letters(std::string_view text) {
    return {text.begin(), text.end()};
}

inline Bytes joined(Bytes first, const Bytes& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
}

/// The bytes on the heap, and not one more.
class Exactly {
public:
    explicit Exactly(std::span<const std::uint8_t> bytes)
        : size_(bytes.size()), bytes_(new std::uint8_t[bytes.size()]) {
        std::copy(bytes.begin(), bytes.end(), bytes_.get());
    }
    [[nodiscard]] std::span<const std::uint8_t> span() const { return {bytes_.get(), size_}; }

private:
    std::size_t size_;
    std::unique_ptr<std::uint8_t[]> bytes_;
};

}  // namespace chihaya::wire
