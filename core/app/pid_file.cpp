#include "core/app/pid_file.hpp"

#include <unistd.h>

#include <fstream>
#include <system_error>

namespace chihaya::app {

PidFile::~PidFile() {
    if (is_written_) {
        std::error_code ignored;
        std::filesystem::remove(path_, ignored);
    }
}

Result<void> PidFile::write() {
    if (path_.empty()) {
        return {};
    }
    std::ofstream file(path_);
    file << ::getpid() << std::endl;
    if (!file) {
        return Failure{"--pidfile: found " + path_.string() +
                       ", which cannot be written; accepted is a file in a folder that this "
                       "process may write to: make the folder, or name another"};
    }
    is_written_ = true;
    return {};
}

}  // namespace chihaya::app
