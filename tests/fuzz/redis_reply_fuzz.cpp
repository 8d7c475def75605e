#include "plugins/redis/endpoint.hpp"
#include "plugins/redis/reply_reader.hpp"
#include "plugins/redis/slot_map.hpp"
#include "plugins/redis/trouble.hpp"

#include <cstdlib>
#include <string>
#include <string_view>

namespace chihaya::redis {
namespace {

// NOLINTNEXTLINE(misc-no-recursion): as deep as the reader lets a reply be
void write(const Reply& reply, std::string& to) {
    to += static_cast<char>('0' + static_cast<int>(reply.kind()));
    to += std::to_string(reply.integer()) + ' ';
    to += reply.text();
    for (const Reply& item : reply.items()) {
        write(item, to);
    }
    to += '\n';
}

/// All replies in `bytes`, which come in pieces.
std::string read(std::string_view bytes, std::size_t piece) {
    ReplyReader reader({.elements = 4096, .bytes = 8192});
    std::string text;
    while (!bytes.empty() && !reader.broken()) {
        const std::string part(bytes.substr(0, piece));
        bytes.remove_prefix(part.size());
        reader.take(part);
        while (const Reply* const reply = reader.next()) {
            write(*reply, text);
            static_cast<void>(parse_redirection(reply->text()));
            static_cast<void>(trouble_of(reply->text()));
            static_cast<void>(SlotMap::read(*reply, "h", [](const Endpoint&) { return 1; }));
        }
    }
    return text;
}

}  // namespace

/// Replies are the same in whatever pieces they come; an endpoint that is accepted is written as
/// one that is accepted.
// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    if (size <= 4096 && read(bytes, 4096) != read(bytes, 7)) {
        std::abort();
    }
    const auto url = parse_url(bytes);
    if (url && url->endpoint.path.empty() &&
        parse_host_and_port(url->endpoint.text()) != url->endpoint) {
        std::abort();
    }
    return 0;
}

}  // namespace chihaya::redis
