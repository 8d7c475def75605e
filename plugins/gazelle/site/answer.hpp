#pragma once

/// @file answer.hpp
/// What the site's own client makes of an answer: the text up to the last line break is what it
/// asked for, what follows must be "success". An error therefore has no line break.

#include <cstdint>
#include <string>
#include <string_view>

namespace chihaya::gazelle {

inline constexpr const char* plain_text = "text/plain";

struct Answer {
    std::uint32_t http_status = 200;
    const char* content_type = plain_text;
    std::string body{};
};

/// A bencoded refusal.
[[nodiscard]] inline Answer refusal(std::uint32_t http_status, std::string_view reason) {
    return {.http_status = http_status,
            .body = "d14:failure reason" + std::to_string(reason.size()) + ':' +
                    std::string(reason) + 'e'};
}

}  // namespace chihaya::gazelle
