#include "plugins/gazelle/secret.hpp"

#include "plugins/gazelle/limits.hpp"

#include <Poco/Environment.h>
#include <Poco/Path.h>

#include <filesystem>
#include <fstream>

namespace chihaya::gazelle {
namespace {

constexpr std::size_t longest = limits::secret_max;

}  // namespace

Secret secret_itself(std::string text) {
    if (text == printed_secret) {
        return NoSecret{"a text that stands for a secret",
                        "the secret, which --print-config does not print",
                        "put it back, or name a file that holds it"};
    }
    if (text.empty() || text.size() > longest || text.find('\0') != std::string::npos) {
        return NoSecret{"a text of " + std::to_string(text.size()) + " bytes",
                        "1 to " + std::to_string(longest) + " bytes without NUL",
                        "write what the database or the site says"};
    }
    return text;
}

Secret secret_from_file(const std::string& path) {
    namespace fs = std::filesystem;
    const std::string expanded = Poco::Path::expand(path);
    std::error_code error;
    std::ifstream file;
    if (fs::is_regular_file(expanded, error)) {
        file.open(expanded, std::ios::binary);
    }
    if (!file.is_open()) {
        return NoSecret{"no readable file \"" + expanded + '"',
                        "a regular file that this user may read",
                        "write the secret into it, and chmod 600 it"};
    }
    std::string text(longest + 3, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.ends_with('\n')) {
        text.pop_back();
    }
    if (text.ends_with('\r')) {
        text.pop_back();
    }
    return secret_itself(std::move(text));
}

Secret secret_from_environment(const std::string& variable) {
    if (!Poco::Environment::has(variable)) {
        return NoSecret{"no environment variable \"" + variable + '"',
                        "the name of a variable that is set",
                        "set it for the service, or use the key that ends in _file"};
    }
    return secret_itself(Poco::Environment::get(variable));
}

}  // namespace chihaya::gazelle
