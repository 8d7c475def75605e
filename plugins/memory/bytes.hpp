#pragma once

/// @file bytes.hpp
/// Numbers as they lie in the driver's files: little-endian, whatever the machine's order.

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>
#include <vector>

namespace chihaya::memory {

/// Appends to a buffer. Errors: std::bad_alloc
class ByteWriter {
public:
    /// Lifetime: `to` is borrowed
    explicit ByteWriter(std::vector<std::uint8_t>& to) noexcept : to_(to) {}

    template <class Number>
    void number(Number value) {
        static_assert(std::is_unsigned_v<Number>);
        std::array<std::uint8_t, sizeof value> bytes{};
        for (std::size_t i = 0; i < sizeof value; ++i) {
            bytes[i] = static_cast<std::uint8_t>(value >> (8 * i));
        }
        append(bytes);
    }
    void real(double value) { number(std::bit_cast<std::uint64_t>(value)); }
    /// Seven bits a byte, the lowest first; the last one has its highest bit clear.
    void short_number(std::uint32_t value) {
        for (; value >= 0x80; value >>= 7U) {
            to_.push_back(static_cast<std::uint8_t>(value | 0x80U));
        }
        to_.push_back(static_cast<std::uint8_t>(value));
    }
    void append(std::span<const std::uint8_t> bytes) {
        to_.insert(to_.end(), bytes.begin(), bytes.end());
    }

private:
    std::vector<std::uint8_t>& to_;
};

/// Reads from bytes that nobody vouches for. What is not there is read as zeros, and then the
/// reader has failed.
class ByteReader {
public:
    /// Lifetime: `bytes` are borrowed
    explicit ByteReader(std::span<const std::uint8_t> bytes) noexcept : rest_(bytes) {}

    template <class Number>
    [[nodiscard]] Number number() noexcept {
        static_assert(std::is_unsigned_v<Number>);
        const std::span<const std::uint8_t> bytes = take(sizeof(Number));
        Number value = 0;
        for (std::size_t i = bytes.size(); i-- > 0;) {
            value = static_cast<Number>((std::uint64_t{value} << 8U) | bytes[i]);
        }
        return value;
    }
    [[nodiscard]] double real() noexcept { return std::bit_cast<double>(number<std::uint64_t>()); }
    [[nodiscard]] std::uint32_t short_number() noexcept {
        std::uint64_t value = 0;
        for (unsigned shift = 0; shift < 35; shift += 7) {
            const auto byte = number<std::uint8_t>();
            value |= std::uint64_t{byte & 0x7fU} << shift;
            if ((byte & 0x80U) == 0) {
                failed_ = failed_ || value > 0xffffffff;
                return static_cast<std::uint32_t>(value);
            }
        }
        failed_ = true;
        return 0;
    }
    template <std::size_t size>
    void fill(std::array<std::uint8_t, size>& into) noexcept {
        if (const auto bytes = take(size); !bytes.empty()) {
            std::memcpy(into.data(), bytes.data(), size);
        }
    }
    /// The next `count` bytes; none when there are fewer.
    [[nodiscard]] std::span<const std::uint8_t> take(std::size_t count) noexcept {
        if (count > rest_.size()) {
            failed_ = true;
            rest_ = {};
            return {};
        }
        const auto taken = rest_.first(count);
        rest_ = rest_.subspan(count);
        return taken;
    }

    [[nodiscard]] bool is_done() const noexcept { return rest_.empty(); }
    [[nodiscard]] std::size_t left() const noexcept { return rest_.size(); }
    [[nodiscard]] bool failed() const noexcept { return failed_; }

private:
    std::span<const std::uint8_t> rest_;
    bool failed_ = false;
};

}  // namespace chihaya::memory
