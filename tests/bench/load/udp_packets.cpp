#include "tests/bench/load/udp_packets.hpp"

#include <cstring>

namespace chihaya::bench {
namespace {

constexpr std::string_view path = "/announce";
constexpr std::uint8_t url_option = 2;
constexpr std::uint32_t event_started = 2;

/// Appends to a buffer that is known to be long enough.
class Writer {
public:
    explicit Writer(char* out) noexcept : begin_(out), at_(out) {}

    template <class T>
    Writer& number(T value) noexcept {
        store(at_, value);
        at_ += sizeof value;
        return *this;
    }

    Writer& bytes(const void* from, std::size_t size) noexcept {
        std::memcpy(at_, from, size);
        at_ += size;
        return *this;
    }

    [[nodiscard]] std::size_t size() const noexcept {
        return static_cast<std::size_t>(at_ - begin_);
    }

private:
    char* begin_;
    char* at_;
};

/// The path as BEP 41 has it.
void write_path(Writer& writer, std::uint32_t account) noexcept {
    std::array<char, 1 + passkey_size> user{'/'};
    const std::size_t size = account == 0 ? 0 : user.size();
    write_passkey(&user[1], account);
    writer.number(url_option)
        .number(static_cast<std::uint8_t>(size + path.size()))
        .bytes(user.data(), size)
        .bytes(path.data(), path.size());
}

}  // namespace

std::size_t write_connect(char* out, std::uint32_t transaction) noexcept {
    return Writer(out).number(protocol_id).number(std::uint32_t{0}).number(transaction).size();
}

std::size_t write_announce(char* out, std::uint64_t connection, std::uint32_t transaction,
                           const Asked& asked) noexcept {
    const std::uint64_t self = identity(asked);
    const Hash hash = info_hash(asked.swarm);
    constexpr std::string_view client = "-LT2080-";
    Writer writer(out);
    writer.number(connection)
        .number(static_cast<std::uint32_t>(Action::announce))
        .number(transaction)
        .bytes(hash.data(), hash.size())
        .bytes(client.data(), client.size())
        .number(self)
        .number(static_cast<std::uint32_t>(self))
        .number(std::uint64_t{0})       // downloaded
        .number(std::uint64_t{65'536})  // left
        .number(asked.uploaded)
        .number(asked.started ? event_started : std::uint32_t{0})
        .number(std::uint32_t{0})  // address: that of the datagram
        .number(static_cast<std::uint32_t>(self >> 32U))
        .number(asked.num_want)
        .number(port_of(asked.peer));
    write_path(writer, asked.account);
    return writer.size();
}

std::uint64_t read_connection(std::string_view datagram) noexcept {
    const bool right = datagram.size() == connect_size && load<std::uint32_t>(datagram.data()) == 0;
    return right ? load<std::uint64_t>(datagram.data() + 8) : 0;
}

}  // namespace chihaya::bench
