#include "core/plugin/object_file.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstdint>
#include <fstream>
#include <string_view>
#include <system_error>

namespace chihaya::plugin {
namespace {

constexpr char move_it[] = "; move it out of the plugin directory";

#if defined(__x86_64__)
constexpr std::uint16_t host_machine = 62;
constexpr char host_machine_name[] = "x86-64";
#elif defined(__aarch64__)
constexpr std::uint16_t host_machine = 183;
constexpr char host_machine_name[] = "AArch64";
#elif defined(__riscv)
constexpr std::uint16_t host_machine = 243;
constexpr char host_machine_name[] = "RISC-V";
#else
constexpr std::uint16_t host_machine = 0;  // not known: any machine passes, the linker decides
constexpr char host_machine_name[] = "this machine's";
#endif

/// The first bytes of an ELF file. Source: System V ABI, "ELF Header"
struct ElfHead {
    std::array<std::uint8_t, 20> bytes{};

    [[nodiscard]] bool has_magic() const {
        return bytes[0] == 0x7f && bytes[1] == 'E' && bytes[2] == 'L' && bytes[3] == 'F';
    }
    [[nodiscard]] bool is_64_bit() const { return bytes[4] == 2; }
    [[nodiscard]] bool has_host_byte_order() const {
        return bytes[5] == (std::endian::native == std::endian::little ? 1 : 2);
    }
    [[nodiscard]] bool is_shared_object() const { return half(16) == 3; }
    [[nodiscard]] std::uint16_t machine() const { return half(18); }

private:
    [[nodiscard]] std::uint16_t half(std::size_t at) const {
        const unsigned low = bytes[bytes[5] == 1 ? at : at + 1];
        const unsigned high = bytes[bytes[5] == 1 ? at + 1 : at];
        return static_cast<std::uint16_t>(high << 8U | low);
    }
};

std::string accepted() {
    return std::string("; accepted is a 64-bit shared object for ") + host_machine_name;
}

std::string elf_offence(const ElfHead& head) {
    if (!head.has_magic()) {
        return "is no shared object, whatever its name says" + accepted() + move_it;
    }
    if (!head.is_64_bit() || !head.has_host_byte_order() ||
        (host_machine != 0 && head.machine() != host_machine)) {
        return "was built for another machine (ELF machine " + std::to_string(head.machine()) +
               (head.is_64_bit() ? ", 64-bit)" : ", 32-bit)") + accepted() +
               "; rebuild the plugin for this machine";
    }
    if (!head.is_shared_object()) {
        return "is an ELF file but no shared object" + accepted() +
               "; build it with chihaya_add_plugin";
    }
    return {};
}

}  // namespace

std::string object_file_offence(const std::filesystem::path& path) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (!std::filesystem::status_known(status) ||
        status.type() == std::filesystem::file_type::not_found) {
        return "cannot be found: " + error.message() +
               "; accepted is a readable file; correct or remove it";
    }
    if (!std::filesystem::is_regular_file(status)) {
        return std::string("is ") +
               (std::filesystem::is_directory(status) ? "a directory" : "no regular file") +
               "; accepted is a file" + move_it;
    }
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        return "cannot be read: " + std::generic_category().message(errno) +
               "; accepted is a file that this user may read; correct its permissions";
    }
#if defined(_WIN32)
    return {};
#else
    std::array<char, ElfHead{}.bytes.size()> first{};
    file.read(first.data(), first.size());
    ElfHead head;
    std::ranges::copy(first, head.bytes.begin());
    return elf_offence(head);
#endif
}

}  // namespace chihaya::plugin
