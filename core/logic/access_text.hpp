#pragma once

/// @file access_text.hpp
/// Reads the files of the access lists: one entry a line; blank lines, and all behind a `#`, count
/// for nothing.

#include "chihaya/types.hpp"
#include "core/base/ip_address.hpp"
#include "core/base/result.hpp"

#include <string_view>
#include <vector>

namespace chihaya::logic {

/// Info-hashes of 40 hex digits.
/// Errors: which lines are wrong and how; no line is repeated as it is
[[nodiscard]] Result<std::vector<InfoHash>> read_torrent_list(std::string_view text);

/// Addresses, or addresses with the length of a prefix, of either family.
/// Errors: likewise
[[nodiscard]] Result<std::vector<IpNetwork>> read_address_list(std::string_view text);

}  // namespace chihaya::logic
