#include "core/logic/client_list.hpp"

#include <algorithm>

namespace chihaya::logic {
namespace {

/// Chihaya v1's length of a client's name.
constexpr std::size_t dashless_max = 6;

/// The first `size` bytes from `begin` on, zeros behind them: what an entry of that size looks
/// like if it matches there.
std::array<std::uint8_t, 20> window(const PeerId& peer_id, std::size_t begin, std::size_t size) {
    std::array<std::uint8_t, 20> bytes{};
    std::copy_n(peer_id.bytes.begin() + static_cast<std::ptrdiff_t>(begin), size, bytes.begin());
    return bytes;
}

}  // namespace

std::optional<PeerIdPrefix> client_prefix(std::string_view text) noexcept {
    PeerIdPrefix prefix;
    if (text.empty() || text.size() > prefix.bytes.size()) {
        return std::nullopt;
    }
    std::ranges::copy(text, prefix.bytes.begin());
    prefix.size = static_cast<std::uint8_t>(text.size());
    return prefix;
}

void ClientList::put(const PeerIdPrefix& prefix) {
    if (prefix.size == 0 || prefix.size >= by_size_.size()) {
        return;  // no prefix; an empty one would approve everybody
    }
    auto& entries = by_size_[prefix.size];
    const auto place = std::ranges::lower_bound(entries, prefix.bytes);
    if (place == entries.end() || *place != prefix.bytes) {
        entries.insert(place, prefix.bytes);
        ++size_;
    }
}

void ClientList::erase(const PeerIdPrefix& prefix) noexcept {
    if (contains(prefix)) {
        auto& entries = by_size_[prefix.size];
        entries.erase(std::ranges::lower_bound(entries, prefix.bytes));
        --size_;
    }
}

bool ClientList::contains(const PeerIdPrefix& prefix) const noexcept {
    return prefix.size < by_size_.size() &&
           std::ranges::binary_search(by_size_[prefix.size], prefix.bytes);
}

bool ClientList::approves(const PeerId& peer_id) const noexcept {
    const bool dashed = peer_id.bytes.front() == '-';
    for (std::size_t size = 1; size < by_size_.size(); ++size) {
        const auto& entries = by_size_[size];
        if (entries.empty()) {
            continue;
        }
        if (std::ranges::binary_search(entries, window(peer_id, 0, size))) {
            return true;
        }
        if (dashed && size <= dashless_max && peer_id.bytes[1] != '-' &&
            std::ranges::binary_search(entries, window(peer_id, 1, size))) {
            return true;
        }
    }
    return false;
}

std::vector<ClientRecord> ClientList::records() const {
    std::vector<ClientRecord> all;
    all.reserve(size());
    for (std::size_t size = 0; size < by_size_.size(); ++size) {
        for (const Bytes& bytes : by_size_[size]) {
            all.push_back({.prefix = {.bytes = bytes, .size = static_cast<std::uint8_t>(size)}});
        }
    }
    return all;
}

}  // namespace chihaya::logic
