#pragma once

/// @file access_lists.hpp
/// What an operator lists of torrents and addresses: who is served, and who is not. Immutable; all
/// workers share one copy, until another takes its place.

#include "chihaya/types.hpp"
#include "core/base/ip_address.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace chihaya::logic {

/// Info-hashes, to be asked for one of them.
/// Thread: any; immutable
/// Cost:   21 bytes each; a question reads two places of memory, whatever the size, and log n where
///         somebody has listed hashes that begin alike
class TorrentList {
public:
    /// In any order, each any number of times.
    explicit TorrentList(std::vector<InfoHash> hashes);

    [[nodiscard]] bool contains(const InfoHash& info_hash) const noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return sorted_.size(); }

private:
    [[nodiscard]] std::size_t drawer_of(const InfoHash& info_hash) const noexcept;

    std::vector<InfoHash> sorted_;
    std::vector<std::uint32_t> drawers_;  // where the hashes begin that begin with these bits
    unsigned shift_ = 31;
};

/// Networks of both families, to be asked for an address.
/// Thread: any; immutable
/// Cost:   8 bytes for each of IPv4, 32 of IPv6; log n for a question
class AddressList {
public:
    /// In any order; they may overlap.
    explicit AddressList(std::span<const IpNetwork> networks);

    [[nodiscard]] bool contains(const IpAddress& address) const noexcept;

    /// Ranges that are left after those that overlap have become one.
    [[nodiscard]] std::size_t size() const noexcept { return ipv4_.size() + ipv6_.size(); }

private:
    template <class Number>
    struct Range {
        Number first{};
        Number last{};
    };
    using Wide = std::array<std::uint8_t, 16>;

    template <class Number>
    static void merge(std::vector<Range<Number>>& ranges);
    template <class Number>
    static bool is_in(const std::vector<Range<Number>>& ranges, const Number& number) noexcept;

    std::vector<Range<std::uint32_t>> ipv4_;
    std::vector<Range<Wide>> ipv6_;
};

/// Two lists of one kind.
template <class List>
struct AllowDeny {
    std::optional<List> allow;  // where there is one, only what is in it
    std::optional<List> deny;   // never what is in it, also when the other has it

    template <class Item>
    [[nodiscard]] bool admits(const Item& item) const noexcept {
        return (!allow || allow->contains(item)) && !(deny && deny->contains(item));
    }
};

struct AccessLists {
    AllowDeny<TorrentList> torrents;
    AllowDeny<AddressList> addresses;
};

}  // namespace chihaya::logic
