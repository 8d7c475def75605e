#pragma once

/// @file access_files.hpp
/// The access lists, from the files that the configuration names.

#include "core/base/result.hpp"
#include "core/config/config.hpp"
#include "core/logic/access_lists.hpp"

#include <memory>

namespace chihaya::app {

/// Null when no file is named.
///
/// Thread: any that may wait; a million info-hashes take about half a second
/// Errors: the key, the file, and what is wrong with it
[[nodiscard]] Result<std::shared_ptr<const logic::AccessLists>> read_access_lists(
    const config::Access& access);

}  // namespace chihaya::app
