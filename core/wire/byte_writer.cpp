#include "core/wire/byte_writer.hpp"

#include <charconv>
#include <system_error>

namespace chihaya::wire {

void ByteWriter::bytes(std::span<const std::uint8_t> raw) noexcept {
    char* const at = skip(raw.size());
    if (at != nullptr && !raw.empty()) {
        std::memcpy(at, raw.data(), raw.size());
    }
}

void ByteWriter::number(std::uint64_t value) noexcept {
    const auto [end, error] = std::to_chars(begin_ + size_, begin_ + room_, value);
    if (error != std::errc{}) {
        fail();
        return;
    }
    size_ = static_cast<std::size_t>(end - begin_);
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

void ByteWriter::close_gap(std::size_t start, std::size_t gap) noexcept {
    char* const at = begin_ + start;
    std::memmove(at, at + gap, size_ - start - gap);
    size_ -= gap;
}

}  // namespace chihaya::wire
