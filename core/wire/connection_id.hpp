#pragma once

/// @file connection_id.hpp
/// Connection ids of the UDP protocol: proof that a client receives what is sent to its address.
/// Nothing is remembered about a client; an id is recognised by computing it again.

#include "chihaya/types.hpp"
#include "core/base/ip_address.hpp"
#include "core/base/keyed_hash.hpp"
#include "core/base/limits.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace chihaya::wire {

/// The first eight bytes of a connect request, in the place of an id.
/// Source: BEP 15, "connect request"
inline constexpr std::uint64_t udp_protocol_id = 0x41727101980;

/// Issues and verifies ids.
///
/// An id is one byte of its minute and seven bytes of a keyed hash over the minute and the client's
/// address: the byte says which minute to compute, so that a stale or invented id costs one hash
/// like a good one, and the rest leaves 2^-56 to chance. It is bound to the address alone, neither
/// to a port nor to a worker: libtorrent uses one id for all of them. With the same key every node
/// accepts what another issued.
///
/// Thread: any; immutable
/// Cost:   one hash of 20 bytes each
/// Source: BEP 15, "UDP connections / spoofing"
class ConnectionIds {
public:
    using Key = std::array<std::uint8_t, 16>;

    /// How long an id is good. A minute more, depending on when in its minute it was issued.
    enum class Lifetime : std::uint8_t {
        strict,  // 2 minutes, as BEP 15 has it
        grace,   // 65 minutes: some clients (uTorrent 3) use ids for an hour
    };

    ConnectionIds(const Key& key, Lifetime lifetime) noexcept;

    /// Neither 0 nor `udp_protocol_id`, which clients reject or would be misread.
    /// `now`: the system's clock, which nodes have in common
    [[nodiscard]] std::uint64_t issue(const IpAddress& client,
                                      std::chrono::sys_seconds now) const noexcept;

    /// Was `id` issued to this address and is still good? An id of the coming minute is: another
    /// node's clock may be ahead.
    [[nodiscard]] bool verify(std::uint64_t id, const IpAddress& client,
                              std::chrono::sys_seconds now) const noexcept;

private:
    [[nodiscard]] std::uint64_t id_of(const IpAddress& client, std::uint32_t minute) const noexcept;

    MessageCode code_;
    std::uint8_t minutes_;
};

/// The ids of a key that may change while the tracker runs: what earlier keys issued is good for as
/// long as it would have been.
/// Thread: one worker's
/// Cost:   as `ConnectionIds`; a hash more for each earlier key where an id is not the present
///         key's
class ChangingIds {
public:
    ChangingIds(const ConnectionIds::Key& key, ConnectionIds::Lifetime lifetime) noexcept
        : key_(key), present_(key, lifetime) {}

    /// From now on ids are issued with this key, and all are good for this long.
    void change(const ConnectionIds::Key& key, ConnectionIds::Lifetime lifetime,
                std::chrono::sys_seconds now) noexcept;

    [[nodiscard]] std::uint64_t issue(const IpAddress& client,
                                      std::chrono::sys_seconds now) const noexcept {
        return present_.issue(client, now);
    }
    [[nodiscard]] bool verify(std::uint64_t id, const IpAddress& client,
                              std::chrono::sys_seconds now) const noexcept {
        return present_.verify(id, client, now) ||
               (has_earlier_ && verify_earlier(id, client, now));
    }

private:
    struct Earlier {
        ConnectionIds::Key key{};
        std::chrono::sys_seconds until{};
        ConnectionIds ids{{}, ConnectionIds::Lifetime::strict};
    };

    [[nodiscard]] bool verify_earlier(std::uint64_t id, const IpAddress& client,
                                      std::chrono::sys_seconds now) const noexcept;

    ConnectionIds::Key key_;
    ConnectionIds present_;
    bool has_earlier_ = false;
    std::array<Earlier, limits::earlier_keys_max> earlier_{};  // the last one first
};

}  // namespace chihaya::wire
