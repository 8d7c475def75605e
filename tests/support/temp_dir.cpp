#include "tests/support/temp_dir.hpp"

#include <stdlib.h>  // NOLINT(modernize-deprecated-headers): mkdtemp is POSIX, <cstdlib> lacks it

#include <cerrno>
#include <string>
#include <system_error>

namespace chihaya::test {

TempDir::TempDir() {
    std::string name = (std::filesystem::temp_directory_path() / "chihaya-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        throw std::system_error(errno, std::generic_category(), name);
    }
    path_ = name;
}

TempDir::~TempDir() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

}  // namespace chihaya::test
