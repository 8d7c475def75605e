#include "core/wire/connection_id.hpp"

#include "core/wire/big_endian.hpp"

#include <algorithm>

namespace chihaya::wire {
namespace {

constexpr unsigned hash_bits = 56;
constexpr std::uint64_t hash_mask = (std::uint64_t{1} << hash_bits) - 1;

constexpr std::uint8_t strict_minutes = 2;
constexpr std::uint8_t grace_minutes = 65;

constexpr std::chrono::minutes longest_lifetime{grace_minutes + 1};

MessageCode::Key key_of(const ConnectionIds::Key& bytes) noexcept {
    MessageCode::Key key{};
    for (unsigned i = 0; i < 16; ++i) {
        key[i / 8] |= std::uint64_t{bytes[i]} << (8 * (i % 8));
    }
    return key;
}

std::uint32_t minute_of(std::chrono::sys_seconds now) noexcept {
    return static_cast<std::uint32_t>(
        std::chrono::floor<std::chrono::minutes>(now).time_since_epoch().count());
}

}  // namespace

ConnectionIds::ConnectionIds(const Key& key, Lifetime lifetime) noexcept
    : code_(key_of(key)), minutes_(lifetime == Lifetime::strict ? strict_minutes : grace_minutes) {}

std::uint64_t ConnectionIds::issue(const IpAddress& client,
                                   std::chrono::sys_seconds now) const noexcept {
    return id_of(client, minute_of(now));
}

bool ConnectionIds::verify(std::uint64_t id, const IpAddress& client,
                           std::chrono::sys_seconds now) const noexcept {
    const std::uint32_t coming = minute_of(now) + 1;
    const auto before = static_cast<std::uint8_t>(coming - (id >> hash_bits));
    return before <= minutes_ + 1 && id == id_of(client, coming - before);
}

std::uint64_t ConnectionIds::id_of(const IpAddress& client, std::uint32_t minute) const noexcept {
    std::array<std::uint8_t, 20> message;  // NOLINT(*-member-init): filled here
    store_big_endian(message.data(), minute);
    std::copy(client.bytes.begin(), client.bytes.end(), message.begin() + 4);
    const std::uint64_t id =
        std::uint64_t{minute & 0xffU} << hash_bits | (code_(message) & hash_mask);
    return id == 0 || id == udp_protocol_id ? id ^ 1U : id;
}

void ChangingIds::change(const ConnectionIds::Key& key, ConnectionIds::Lifetime lifetime,
                         std::chrono::sys_seconds now) noexcept {
    if (key != key_) {
        std::shift_right(earlier_.begin(), earlier_.end(), 1);
        earlier_.front() = {.key = key_, .until = now + longest_lifetime};
        has_earlier_ = true;
        key_ = key;
    }
    present_ = ConnectionIds(key_, lifetime);
    for (Earlier& one : earlier_) {
        one.ids = ConnectionIds(one.key, lifetime);
    }
}

bool ChangingIds::verify_earlier(std::uint64_t id, const IpAddress& client,
                                 std::chrono::sys_seconds now) const noexcept {
    return std::ranges::any_of(earlier_, [&](const Earlier& one) {
        return now < one.until && one.ids.verify(id, client, now);
    });
}

}  // namespace chihaya::wire
