#include "core/app/connection_id_key.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <filesystem>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <system_error>

namespace chihaya::app {
namespace {

using Key = wire::ConnectionIds::Key;

constexpr std::size_t digits = 2 * std::tuple_size_v<Key>;

std::string hex_of(const Key& key) {
    constexpr std::string_view letters = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t byte : key) {
        text += letters[byte >> 4U];
        text += letters[byte & 0xfU];
    }
    return text;
}

/// What the file says, without its end of line. Empty: there is none, and errno says why.
std::string read_small(const std::string& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0) {
        return {};
    }
    std::array<char, digits + 2> room{};
    const ssize_t size = ::read(file, room.data(), room.size());
    ::close(file);
    std::string text(room.data(), static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    if (!text.empty() && text.back() == '\n') {
        text.pop_back();
    }
    errno = 0;
    return text;
}

/// In one piece, or not at all: another tracker that starts now finds a whole key.
bool write_small(const std::string& path, const std::string& text) {
    const std::string fresh = path + ".new";
    ::unlink(fresh.c_str());
    const int file = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file < 0) {
        return false;
    }
    const bool is_written =
        ::write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
        ::fsync(file) == 0;
    ::close(file);
    return is_written && ::rename(fresh.c_str(), path.c_str()) == 0;
}

}  // namespace

Key made_up_key() {
    Key key{};
    std::random_device device;
    std::ranges::generate(key, [&] { return static_cast<std::uint8_t>(device()); });
    return key;
}

std::optional<Key> key_of_hex(std::string_view hex) noexcept {
    Key key{};
    if (hex.size() != digits) {
        return std::nullopt;
    }
    for (std::size_t i = 0; i < key.size(); ++i) {
        const char* const at = hex.data() + 2 * i;
        if (std::from_chars(at, at + 2, key[i], 16).ptr != at + 2) {
            return std::nullopt;
        }
    }
    return key;
}

Key connection_id_key_of(const config::Config& config, Log& log) {
    if (const auto configured = key_of_hex(config.udp.connection_id_key)) {
        return *configured;
    }
    if (config.state_dir.empty() || config.udp.addr.empty()) {
        return made_up_key();
    }
    const std::string path = std::filesystem::path(config.state_dir) / "connection_id_key";
    const std::string text = read_small(path);
    const int problem = errno;
    if (const auto kept = key_of_hex(text)) {
        return *kept;
    }
    const Key key = made_up_key();
    if (problem == ENOENT) {
        std::error_code ignored;  // what it stands for is told by the write
        std::filesystem::create_directories(config.state_dir, ignored);
        if (write_small(path, hex_of(key) + '\n')) {
            return key;
        }
    }
    log.write(Severity::warning, "udp",
              "the key of connection ids cannot be kept: clients will ask for new ids after a "
              "restart; accepted is a file of " +
                  std::to_string(digits) +
                  " hex digits that this user may read, or none in a folder it may write to",
              {{"file", path},
               {"found", problem == 0 || problem == ENOENT
                             ? std::string(problem == 0 ? "something else" : "none")
                             : std::generic_category().message(problem)}});
    return key;
}

}  // namespace chihaya::app
