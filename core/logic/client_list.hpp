#pragma once

/// @file client_list.hpp
/// The approved clients: prefixes of peer ids, and how a peer id is matched against them.

#include "chihaya/registry.hpp"
#include "chihaya/types.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace chihaya::logic {

/// An entry of the client list as an operator writes it: the first bytes of a peer id.
/// Errors: empty when it is not 1 to 20 bytes long
[[nodiscard]] std::optional<PeerIdPrefix> client_prefix(std::string_view text) noexcept;

/// A set of prefixes.
///
/// A peer id is approved when it begins with an entry. Chihaya v1 named a client by six characters
/// and left out the dash that most peer ids begin with ("TR2940" for "-TR2940-"): so an entry of at
/// most six bytes that does not begin with a dash also approves peer ids that begin with a dash
/// followed by the entry.
///
/// Thread: one writer, or any number of readers
/// Cost:   a look-up is a binary search for each length that occurs; a change is linear
class ClientList {
public:
    void put(const PeerIdPrefix& prefix);
    void erase(const PeerIdPrefix& prefix) noexcept;

    [[nodiscard]] bool contains(const PeerIdPrefix& prefix) const noexcept;
    [[nodiscard]] bool approves(const PeerId& peer_id) const noexcept;
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

    /// Errors: std::bad_alloc
    [[nodiscard]] std::vector<ClientRecord> records() const;

private:
    using Bytes = std::array<std::uint8_t, 20>;

    std::array<std::vector<Bytes>, 21> by_size_;  // each sorted; unused bytes are zero
    std::size_t size_ = 0;
};

}  // namespace chihaya::logic
