#include "core/wire/announce_reply.hpp"
#include "core/wire/failure_reply.hpp"
#include "core/wire/scrape_reply.hpp"
#include "tests/support/bencode.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace chihaya {
namespace {

/// Hands out the input piece by piece; zeros behind its end.
class Input {
public:
    Input(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}

    template <class T>
    T take() {
        T value{};
        const std::size_t size = std::min(sizeof(T), rest_.size());
        std::memcpy(&value, rest_.data(), size);
        rest_ = rest_.subspan(size);
        return value;
    }
    /// Up to `most` things of `size` bytes.
    std::span<const std::uint8_t> take_some(std::size_t size, std::size_t most) {
        const std::size_t count =
            std::min<std::size_t>(take<std::uint8_t>() % (most + 1), rest_.size() / size);
        const auto some = rest_.first(count * size);
        rest_ = rest_.subspan(some.size());
        return some;
    }

private:
    std::span<const std::uint8_t> rest_;
};

/// Writes with just enough room, which is well-formed, and with too little, which is noticed.
template <class Write>
test::bencode::Value canonical(Write write) {
    std::vector<char> room(std::size_t{64} * 1024);
    wire::ByteWriter out(room);
    write(out);
    std::vector<char> exact(out.size());
    wire::ByteWriter again(exact);
    write(again);
    std::vector<char> small(out.size() - 1);
    wire::ByteWriter short_of_room(small);
    write(short_of_room);
    auto value = test::bencode::parse(again.view());
    if (out.overflow() || again.overflow() || !short_of_room.overflow() || !value) {
        std::abort();
    }
    return std::move(*value);
}

void check_announce(Input& input) {
    wire::AnnounceAnswer answer;
    answer.counts = input.take<SwarmCounts>();
    answer.interval = input.take<std::uint32_t>();
    answer.min_interval = input.take<std::uint32_t>();
    const auto flags = input.take<std::uint8_t>();
    answer.with_ipv6_key = (flags & 1U) != 0;
    if ((flags & 2U) != 0) {
        answer.external_ip = input.take<IpAddress>();
    }
    const auto warning = input.take_some(1, 40);
    answer.warning = {reinterpret_cast<const char*>(warning.data()), warning.size()};
    answer.ipv4 = input.take_some(6, 20);
    answer.ipv6 = input.take_some(18, 20);
    const std::vector<PeerId> ids(20, input.take<PeerId>());
    if ((flags & 4U) != 0) {
        answer.ipv4_ids = answer.ipv6_ids = ids;
    }
    const auto compact = canonical([&](wire::ByteWriter& out) { write_announce(out, answer); });
    const auto full =
        canonical([&](wire::ByteWriter& out) { write_announce_dictionary(out, answer); });
    if (compact.at("peers").text().size() != answer.ipv4.size() ||
        full.at("peers").list().size() != answer.ipv4.size() / 6 + answer.ipv6.size() / 18 ||
        compact.at("complete").integer() != answer.counts.seeders) {
        std::abort();
    }
}

void check_scrape(Input& input) {
    std::vector<InfoHash> hashes(input.take<std::uint8_t>() % 20);
    for (std::size_t i = 0; i < hashes.size(); ++i) {
        hashes[i] = input.take<InfoHash>();
        hashes[i].bytes[19] = static_cast<std::uint8_t>(i);  // each once
    }
    const std::vector<SwarmCounts> counts(hashes.size(), input.take<SwarmCounts>());
    const wire::ScrapeAnswer answer{.info_hashes = hashes,
                                    .counts = counts,
                                    .min_request_interval = input.take<std::uint32_t>()};
    const auto value = canonical([&](wire::ByteWriter& out) { write_scrape(out, answer); });
    if (value.at("files").dictionary().size() != hashes.size()) {
        std::abort();
    }
}

}  // namespace

/// Whatever the numbers are, a reply is canonical bencode and holds what it was given.
// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    Input input(data, size);
    check_announce(input);
    check_scrape(input);
    const auto reason = input.take_some(1, 60);
    const wire::FailureAnswer failure{{reinterpret_cast<const char*>(reason.data()), reason.size()},
                                      input.take<std::uint32_t>(),
                                      input.take<std::uint32_t>(),
                                      input.take<std::uint32_t>()};
    canonical([&](wire::ByteWriter& out) { write_failure(out, failure); });
    return 0;
}

}  // namespace chihaya
