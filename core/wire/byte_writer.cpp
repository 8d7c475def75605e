#include "core/wire/byte_writer.hpp"

#include <array>
#include <charconv>

namespace chihaya::wire {

void ByteWriter::bytes(std::span<const std::uint8_t> raw) noexcept {
    char* const at = skip(raw.size());
    if (at != nullptr && !raw.empty()) {
        std::memcpy(at, raw.data(), raw.size());
    }
}

void ByteWriter::number(std::uint64_t value) noexcept {
    std::array<char, 20> digits{};
    const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    text({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

void ByteWriter::string(std::string_view value) noexcept {
    number(value.size());
    text(":");
    text(value);
}

void ByteWriter::string(std::span<const std::uint8_t> value) noexcept {
    number(value.size());
    text(":");
    bytes(value);
}

void ByteWriter::integer(std::uint64_t value) noexcept {
    text("i");
    number(value);
    text("e");
}

char* ByteWriter::skip(std::size_t count) noexcept {
    if (count > room_ - size_) {
        fail();
        return nullptr;
    }
    char* const at = begin_ + size_;
    size_ += count;
    return at;
}

void ByteWriter::close_gap(std::size_t start, std::size_t gap, std::string_view text) noexcept {
    char* const at = begin_ + start;
    std::memcpy(at, text.data(), text.size());
    std::memmove(at + text.size(), at + gap, size_ - start - gap);
    size_ -= gap - text.size();
}

}  // namespace chihaya::wire
