#pragma once

/// @file secret.hpp
/// Secrets: in the file itself, in a file of their own, or in an environment variable. What a
/// secret was is never part of a message.

#include "core/config/fields.hpp"

#include <string>
#include <string_view>

namespace chihaya::config {

/// Reads the key `name`, `name`_file or `name`_env, of which one may be given.
///
/// Shape: printable ASCII without blanks, at most limits::token_max bytes, since it travels in an
///        HTTP header; an end of line in the file is not part of it
void read_secret(Fields& fields, const std::string& name, std::string& into);

/// The JSON text of a driver's params with what looks like a secret in it masked: texts whose name
/// says so, and the password in a URL.
[[nodiscard]] std::string masked_params(std::string_view params);

/// What is written in the place of a secret.
inline constexpr std::string_view mask = "***";

}  // namespace chihaya::config
