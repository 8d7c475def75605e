#pragma once

/// @file connection_id_key.hpp
/// The key of UDP connection ids: clients keep theirs over a restart when it stays the same.

#include "core/base/log.hpp"
#include "core/config/config.hpp"
#include "core/wire/connection_id.hpp"

#include <optional>
#include <string_view>

namespace chihaya::app {

/// One that nobody can guess.
[[nodiscard]] wire::ConnectionIds::Key made_up_key();

/// Shape: its bytes in hexadecimal digits. Errors: nothing for anything else
[[nodiscard]] std::optional<wire::ConnectionIds::Key> key_of_hex(std::string_view hex) noexcept;

/// The configured key; or the one that is kept in `connection_id_key` in the state folder, which
/// is made where it is missing; or, without such a folder, one that is made up now. A file that
/// cannot be used is told of, and left as it is.
/// Thread: may block
[[nodiscard]] wire::ConnectionIds::Key connection_id_key_of(const config::Config& config, Log& log);

}  // namespace chihaya::app
