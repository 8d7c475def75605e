#include "plugins/gazelle/site/delete_reasons.hpp"

#include <array>
#include <limits>

namespace chihaya::gazelle {
namespace {

/// By code.
constexpr std::array<std::string_view, 25> known{
    "Dupe",
    "Trump",
    "Bad File Names",
    "Bad Folder Names",
    "Bad Tags",
    "Disallowed Format",
    "Discs Missing",
    "Discography",
    "Edited Log",
    "Inaccurate Bitrate",
    "Low Bitrate",
    "Mutt Rip",
    "Disallowed Source",
    "Encode Errors",
    "Specifically Banned",
    "Tracks Missing",
    "Transcode",
    "Unapproved Cassette",
    "Unsplit Album",
    "User Compilation",
    "Wrong Format",
    "Wrong Media",
    "Audience Recording",
    "Extraneous Files",
    "Checksum Trump",
};

}  // namespace

std::string_view delete_reason(std::int64_t code,
                               const std::map<std::int32_t, std::string>& others) {
    using Limits = std::numeric_limits<std::int32_t>;
    if (code >= Limits::min() && code <= Limits::max()) {
        const auto other = others.find(static_cast<std::int32_t>(code));
        if (other != others.end()) {
            return other->second;
        }
    }
    const bool is_known = code >= 0 && code < static_cast<std::int64_t>(known.size());
    return is_known ? known[static_cast<std::size_t>(code)] : std::string_view{};
}

}  // namespace chihaya::gazelle
