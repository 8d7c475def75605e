#pragma once

/// @file pid_file.hpp
/// The file that names the tracker's process, for who starts and stops it without a service
/// manager.

#include "core/base/result.hpp"

#include <filesystem>

namespace chihaya::app {

/// Thread: the main thread
class PidFile {
public:
    /// Writes nothing yet. `path`: empty for none
    explicit PidFile(std::filesystem::path path) : path_(std::move(path)) {}
    /// Removes the file, if it is this one's.
    ~PidFile();
    PidFile(const PidFile&) = delete;
    PidFile& operator=(const PidFile&) = delete;

    /// Names this process in it. Errors: it cannot be written
    [[nodiscard]] Result<void> write();

private:
    std::filesystem::path path_;
    bool is_written_ = false;
};

}  // namespace chihaya::app
