#include "core/config/reader.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

/// Any text is read without a crash; what was read without an error is printed so that it is read
/// without an error again, and then printed the same.
// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    namespace config = chihaya::config;
    const std::string text(data, data + size);
    if (text.find("_file") != std::string::npos) {
        return 0;  // nothing outside the text is read
    }
    const config::Reading first = config::read(text);
    if (first.errors.empty()) {
        const std::string printed = config::print(first.config);
        const config::Reading second = config::read(printed);
        if (!second.errors.empty() || config::print(second.config) != printed) {
            std::abort();
        }
    }
    return 0;
}
