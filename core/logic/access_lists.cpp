#include "core/logic/access_lists.hpp"

#include <algorithm>
#include <bit>

namespace chihaya::logic {
namespace {

constexpr std::size_t hashes_of_drawer = 8;
constexpr unsigned drawer_bits_max = 24;

std::uint32_t number_of(std::span<const std::uint8_t, 4> bytes) noexcept {
    return std::uint32_t{bytes[0]} << 24U | std::uint32_t{bytes[1]} << 16U |
           std::uint32_t{bytes[2]} << 8U | bytes[3];
}

bool is_before(const InfoHash& left, const InfoHash& right) noexcept {
    return left.bytes < right.bytes;
}

}  // namespace

TorrentList::TorrentList(std::vector<InfoHash> hashes) : sorted_(std::move(hashes)) {
    std::ranges::sort(sorted_, is_before);
    sorted_.erase(std::unique(sorted_.begin(), sorted_.end()), sorted_.end());
    sorted_.shrink_to_fit();
    const auto bits = std::clamp<unsigned>(
        static_cast<unsigned>(std::bit_width(sorted_.size() / hashes_of_drawer)), 1U,
        drawer_bits_max);
    shift_ = 32 - bits;
    drawers_.assign((std::size_t{1} << bits) + 1, 0);
    for (const InfoHash& one : sorted_) {
        ++drawers_[drawer_of(one) + 1];
    }
    for (std::size_t i = 1; i < drawers_.size(); ++i) {
        drawers_[i] += drawers_[i - 1];
    }
}

std::size_t TorrentList::drawer_of(const InfoHash& info_hash) const noexcept {
    return number_of(std::span(info_hash.bytes).first<4>()) >> shift_;
}

bool TorrentList::contains(const InfoHash& info_hash) const noexcept {
    const std::size_t drawer = drawer_of(info_hash);
    const InfoHash* const begin = sorted_.data() + drawers_[drawer];
    const InfoHash* const end = sorted_.data() + drawers_[drawer + 1];
    return std::binary_search(begin, end, info_hash, is_before);
}

AddressList::AddressList(std::span<const IpNetwork> networks) {
    for (const IpNetwork& network : networks) {
        const IpAddress first = network.first();
        const IpAddress last = network.last();
        if (network.is_ipv4()) {
            ipv4_.push_back({number_of(first.ipv4()), number_of(last.ipv4())});
        } else {
            ipv6_.push_back({first.bytes, last.bytes});
        }
    }
    merge(ipv4_);
    merge(ipv6_);
}

/// Sorted, and what overlaps is one. What only touches stays two.
template <class Number>
void AddressList::merge(std::vector<Range<Number>>& ranges) {
    std::ranges::sort(ranges, std::less<>(), &Range<Number>::first);
    std::size_t kept = 0;
    for (const Range<Number>& range : ranges) {
        if (kept != 0 && range.first <= ranges[kept - 1].last) {
            ranges[kept - 1].last = std::max(ranges[kept - 1].last, range.last);
        } else {
            ranges[kept++] = range;
        }
    }
    ranges.resize(kept);
    ranges.shrink_to_fit();
}

template <class Number>
bool AddressList::is_in(const std::vector<Range<Number>>& ranges, const Number& number) noexcept {
    const auto behind =
        std::ranges::upper_bound(ranges, number, std::less<>(), &Range<Number>::first);
    return behind != ranges.begin() && number <= std::prev(behind)->last;
}

bool AddressList::contains(const IpAddress& address) const noexcept {
    return address.is_ipv4() ? is_in(ipv4_, number_of(address.ipv4()))
                             : is_in(ipv6_, address.bytes);
}

}  // namespace chihaya::logic
