#pragma once

/// @file reply.hpp
/// What is answered to a management call, and the replies that several routes share.

#include "chihaya/status.hpp"
#include "core/config/json_value.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace chihaya::management {

inline constexpr const char* text_type = "text/plain; charset=utf-8";
inline constexpr const char* json_type = "application/json; charset=UTF-8";
inline constexpr const char* ndjson_type = "application/x-ndjson";

/// Shape: by default v1's answer to a call that succeeded and has nothing to say
struct Reply {
    std::uint32_t status = 200;
    std::string body;
    const char* content_type = text_type;    // literal
    const char* allow = nullptr;             // literal; the methods that a 405 names
    const char* cache_control = "no-store";  // literal
    const char* security_policy = nullptr;   // literal; Content-Security-Policy, of a page
    /// If set, the body is what this returns until it returns nothing: called when the piece before
    /// is on its way, on the connection's thread.
    std::function<std::string()> next_piece = nullptr;
};

/// A line of text; the end of the line is added.
[[nodiscard]] Reply text_reply(std::uint32_t status, std::string_view line);
[[nodiscard]] Reply not_found();
[[nodiscard]] Reply bad_request(std::string_view line);
/// The body is longer than limits::management_body_max.
[[nodiscard]] Reply body_too_large();

/// 200 and a line of JSON.
[[nodiscard]] Reply json_reply(const config::Value& value, config::Layout layout);

/// What became of a call to a driver: 200 and nothing else when it is ok, else why not.
[[nodiscard]] Reply status_reply(Status status);

}  // namespace chihaya::management
