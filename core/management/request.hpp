#pragma once

/// @file request.hpp
/// A management request, without the HTTP around it.

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace chihaya::management {

/// What a request is about: `/torrents/ITEM?query`.
struct Target {
    std::string collection;           // the first segment of the path; empty when it is "/"
    std::optional<std::string> item;  // the second one, still percent-encoded
    std::vector<std::pair<std::string, std::string>> query;  // decoded

    /// The value of the first `key` in the query; empty when there is none.
    [[nodiscard]] std::optional<std::string_view> value(std::string_view key) const noexcept;
    [[nodiscard]] bool has(std::string_view key) const noexcept { return value(key).has_value(); }
};

/// Takes a request target apart, in either of its forms ("/stats?pretty", "http://host/stats"). A
/// slash at the end of the path is tolerated.
/// Errors: empty when the path has an empty first or more than two segments, or the query a bad
/// escape
[[nodiscard]] std::optional<Target> parse_target(std::string_view text);

/// Undoes percent-encoding.
/// Errors: empty when an escape is not two hexadecimal digits
[[nodiscard]] std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_blank);

/// What a call may do, as far as its headers say.
enum class Access {
    granted,
    no_token,       // one is needed, and none came
    wrong_token,    // one came, and it is not the right one
    foreign_origin  // a web page of somebody else's lets its reader's browser ask
};

enum class BodyEnd {
    whole,
    cut_short,  // the connection ended before it, or its time did
    too_large   // longer than limits::bulk_body_max
};

/// A piece of a body that is read as it comes.
struct BodyPiece {
    std::size_t size = 0;          // 0: there are no more
    BodyEnd end = BodyEnd::whole;  // and this is why
};

/// One call to a route.
/// Lifetime: borrowed while it is answered
struct Call {
    std::string_view method;  // HEAD is asked as GET
    const Target& target;
    Access access;
    /// Reads the body, once, when the route needs one.
    /// Errors: empty when it is longer than limits::management_body_max or does not arrive
    std::function<std::optional<std::string>()> body;
    /// The next piece of the body, instead.
    std::function<BodyPiece(std::span<char> room)> piece;
    std::string_view accept;  // these headers; empty when absent
    std::string_view content_type;
};

}  // namespace chihaya::management
