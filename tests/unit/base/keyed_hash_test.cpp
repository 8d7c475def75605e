#include "core/base/keyed_hash.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace chihaya {

TEST_SUITE_BEGIN("keyed hash");

namespace {

// Bytes 00 to 0f, the least significant first.
constexpr MessageCode::Key published_key{0x0706050403020100, 0x0f0e0d0c0b0a0908};

/// Of the bytes 00, 01, 02 and so on, so many.
std::uint64_t code_of(std::size_t size) {
    std::vector<std::uint8_t> bytes(size);
    for (std::size_t i = 0; i < size; ++i) {
        bytes[i] = static_cast<std::uint8_t>(i);
    }
    return MessageCode(published_key)(bytes);
}

}  // namespace

// Source: Aumasson and Bernstein, "SipHash", appendix A and the vectors of its reference code
TEST_CASE("the code of a message is SipHash-2-4") {
    CHECK(code_of(15) == 0xa129ca6149be45e5);
    CHECK(code_of(0) == 0x726fdb47dd0e0e31);
    CHECK(code_of(1) == 0x74f839c593dc67fd);
    CHECK(code_of(8) == 0x93f5f5799a932462);
    CHECK(code_of(63) == 0x958a324ceb064572);
}

TEST_CASE("two hashes with keys of the system's differ") {
    const std::array<std::uint8_t, 20> message{};
    CHECK(KeyedHash()(message) != KeyedHash()(message));
    CHECK(MessageCode()(message) != MessageCode()(message));
}

TEST_SUITE_END();

}  // namespace chihaya
