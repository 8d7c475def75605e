#pragma once

/// @file failure_reply.hpp
/// The bencoded refusal of an announce or scrape, and when to come back.

#include "core/wire/byte_writer.hpp"

#include <cstdint>
#include <string_view>

namespace chihaya::wire {

/// Lifetime: the text is borrowed until the answer is written
struct FailureAnswer {
    std::string_view reason;         // not empty
    std::uint32_t interval = 0;      // seconds; 0 leaves the key out, below too
    std::uint32_t min_interval = 0;  // seconds
    std::uint32_t retry_in = 0;      // minutes
};

/// Source: BEP 3, BEP 31
void write_failure(ByteWriter& out, const FailureAnswer& answer) noexcept;

}  // namespace chihaya::wire
