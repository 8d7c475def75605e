#pragma once

/// @file command_line.hpp
/// The command line, made ready for Poco's option processor.

#include <string>
#include <vector>

namespace chihaya::app {

/// `arguments` (the program's name first) with what Chihaya v1 accepted put into Poco's form:
/// `-config FILE`, `--config FILE` and `-config=FILE` become `--config=FILE`, `-maxprocs N` becomes
/// `--workers=N`. All else is left as it is.
[[nodiscard]] std::vector<std::string> normalised(std::vector<std::string> arguments);

}  // namespace chihaya::app
