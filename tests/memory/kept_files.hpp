#pragma once

/// @file kept_files.hpp
/// The files of a tracker that survives, seen from outside.

#include "tests/memory/kept_tracker.hpp"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <thread>

namespace chihaya::memory::test {

using Bytes = std::string;

inline Bytes bytes_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline void write(const std::filesystem::path& path, const Bytes& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
}

/// A tracker whose registry is saved.
inline TrackerSetup with(Registry& registry) {
    TrackerSetup setup = setup_of(false);
    setup.registry = &registry;
    return setup;
}

inline UserRecord user_of(std::uint64_t number) {
    UserRecord user{.id = UserId{number}};
    user.passkey.text[0] = static_cast<char>('a' + number % 26);
    return user;
}

/// A process that stops without a word, as far as its files are concerned: they are copied away.
inline void copy_files(const std::filesystem::path& from, const std::filesystem::path& to) {
    std::filesystem::create_directories(to);
    for (const auto& entry : std::filesystem::directory_iterator(from)) {
        std::filesystem::copy_file(entry.path(), to / entry.path().filename(),
                                   std::filesystem::copy_options::overwrite_existing);
    }
}

/// Is there a line of the log with `text` in it?
inline bool has_line(const FakeHost& host, std::string_view text) {
    const auto lines = host.lines();
    return std::any_of(lines.begin(), lines.end(), [&](const std::string& line) {
        return line.find(text) != std::string::npos;
    });
}

}  // namespace chihaya::memory::test
