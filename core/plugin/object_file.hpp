#pragma once

/// @file object_file.hpp
/// A look at a file before it is opened as a plugin. Opening a shared object runs code of it, and
/// the dynamic linker's words about a file that is none help nobody.

#include <filesystem>
#include <string>

namespace chihaya::plugin {

/// What a plugin's file name ends in on this system.
#if defined(_WIN32)
inline constexpr char object_suffix[] = ".dll";
#else
inline constexpr char object_suffix[] = ".so";
#endif

/// Why the file at `path` cannot be a shared object for this machine (found, accepted, remedy), or
/// an empty string. Reads a few bytes, runs nothing.
[[nodiscard]] std::string object_file_offence(const std::filesystem::path& path);

}  // namespace chihaya::plugin
