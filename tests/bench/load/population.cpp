#include "tests/bench/load/population.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>

namespace chihaya::bench {
namespace {

constexpr std::string_view hex_lower = "0123456789abcdef";
constexpr std::string_view hex_upper = "0123456789ABCDEF";

constexpr bool raw_in_libtorrent(std::uint8_t byte) {
    return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') ||
           (byte >= 'A' && byte <= 'Z') ||
           std::string_view("-_!.~*()").find(static_cast<char>(byte)) != std::string_view::npos;
}

constexpr std::array<bool, 256> make_raw_table() {
    std::array<bool, 256> table{};
    for (std::size_t i = 0; i < table.size(); ++i)
        table.at(i) = raw_in_libtorrent(static_cast<std::uint8_t>(i));
    return table;
}

constexpr std::array<bool, 256> raw_table = make_raw_table();

/// Appends to a buffer that is known to be long enough.
class Writer {
public:
    explicit Writer(char* out) noexcept : begin_(out), at_(out) {}

    void text(std::string_view text) noexcept {
        std::memcpy(at_, text.data(), text.size());
        at_ += text.size();
    }

    void number(std::uint64_t value) noexcept { at_ = std::to_chars(at_, at_ + 20, value).ptr; }

    void passkey(std::uint32_t account) noexcept {
        write_passkey(at_, account);
        at_ += passkey_size;
    }

    void hex(std::uint64_t value, int digits) noexcept {
        for (int shift = (digits - 1) * 4; shift >= 0; shift -= 4)
            *at_++ = hex_upper[(value >> shift) & 15U];
    }

    void escaped(const Hash& hash) noexcept {
        for (const std::uint8_t byte : hash) {
            if (raw_table.at(byte)) {
                *at_++ = static_cast<char>(byte);
                continue;
            }
            *at_++ = '%';
            *at_++ = hex_lower[byte >> 4U];
            *at_++ = hex_lower[byte & 15U];
        }
    }

    [[nodiscard]] std::size_t size() const noexcept {
        return static_cast<std::size_t>(at_ - begin_);
    }

private:
    char* begin_;
    char* at_;
};

}  // namespace

std::uint64_t mix(std::uint64_t value) noexcept {
    value += 0x9E37'79B9'7F4A'7C15U;
    value = (value ^ (value >> 30U)) * 0xBF58'476D'1CE4'E5B9U;
    value = (value ^ (value >> 27U)) * 0x94D0'49BB'1331'11EBU;
    return value ^ (value >> 31U);
}

Hash info_hash(std::uint32_t swarm) noexcept {
    std::array<std::uint64_t, 3> words{};
    for (std::size_t i = 0; i < words.size(); ++i)
        words.at(i) = mix(std::uint64_t{swarm} * words.size() + i);
    Hash hash{};
    std::memcpy(hash.data(), words.data(), hash.size());
    return hash;
}

std::uint64_t identity(const Asked& asked) noexcept {
    return mix((std::uint64_t{asked.swarm} << 32U) | asked.peer);
}

void write_passkey(char* out, std::uint32_t account) noexcept {
    for (std::size_t i = passkey_size; i-- > 0; account /= 10)
        out[i] = static_cast<char>('0' + account % 10);
}

std::size_t write_request(char* out, const Asked& asked, bool close) noexcept {
    const std::uint64_t self = identity(asked);
    Writer writer(out);
    writer.text("GET /");
    if (asked.account != 0) {
        writer.passkey(asked.account);
        writer.text("/");
    }
    writer.text("announce?info_hash=");
    writer.escaped(info_hash(asked.swarm));
    writer.text("&peer_id=-LT2080-");
    writer.hex(self, 12);
    writer.text("&port=");
    writer.number(port_of(asked.peer));
    writer.text("&uploaded=");
    writer.number(asked.uploaded);
    writer.text("&downloaded=0&left=65536&corrupt=0&key=");
    writer.hex(self >> 32U, 8);
    if (asked.started)
        writer.text("&event=started");
    writer.text("&numwant=");
    writer.number(asked.num_want);
    writer.text(
        "&compact=1&no_peer_id=1&supportcrypto=1&redundant=0 HTTP/1.1\r\n"
        "Host: 127.0.0.1:6881\r\n"
        "User-Agent: qBittorrent/4.6.5\r\n"
        "Accept-Encoding: gzip\r\n");
    writer.text(close ? "Connection: close\r\n\r\n" : "\r\n");
    return writer.size();
}

}  // namespace chihaya::bench
