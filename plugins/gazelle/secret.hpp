#pragma once

/// @file secret.hpp
/// Passwords: in the configuration itself, in a file of their own, or in an environment variable.
/// What a password was is never part of a message.

#include <string>
#include <variant>

namespace chihaya::gazelle {

/// Why there is no secret, in the words of a message.
struct NoSecret {
    std::string found;
    std::string accepted;
    std::string remedy;
};

using Secret = std::variant<std::string, NoSecret>;

/// What is written in the place of a secret when a configuration is printed.
inline constexpr const char* printed_secret = "***";

/// `text` as it is, unless it only stands for a secret, or is too long (512 bytes).
[[nodiscard]] Secret secret_itself(std::string text);

/// An end of line in the file is not part of the secret.
[[nodiscard]] Secret secret_from_file(const std::string& path);

[[nodiscard]] Secret secret_from_environment(const std::string& variable);

}  // namespace chihaya::gazelle
