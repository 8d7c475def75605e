#pragma once

/// @file card.hpp
/// What this host demands of the card a plugin shows.

#include "chihaya/plugin.hpp"

#include <cstdint>
#include <string>

namespace chihaya::plugin {

/// "1.0"
[[nodiscard]] std::string version_text(std::uint16_t major, std::uint16_t minor);

/// Why `card` cannot be used by this host (found, accepted, remedy), or an empty string.
///
/// The preamble is judged before anything behind it is read: a card of another ABI may have
/// another shape there.
[[nodiscard]] std::string incompatibility(const PluginDescriptor& card);

}  // namespace chihaya::plugin
