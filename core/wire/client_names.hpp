#pragma once

/// @file client_names.hpp
/// What programs are called whose peer ids client_id.hpp tells apart.

#include "core/wire/client_id.hpp"

#include <string_view>

namespace chihaya::wire {

/// A literal of a fixed list, so that nothing of what a client sends becomes a label:
/// "qBittorrent", or "other" for a program that is not on it. Source: BEP 20, and what programs
/// really send
[[nodiscard]] std::string_view client_name(const ClientName& client) noexcept;

}  // namespace chihaya::wire
