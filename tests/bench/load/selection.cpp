#include "tests/bench/load/selection.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace chihaya::bench {
namespace {

/// How many standard deviations a chi-square value lies above its mean (Wilson and Hilferty).
double normal_score(double chi_square, double degrees) {
    const double spread = 2 / (9 * degrees);
    return (std::cbrt(chi_square / degrees) - (1 - spread)) / std::sqrt(spread);
}

}  // namespace

SelectionTally::SelectionTally(std::uint32_t peers, bool self)
    : self_(self), given_(peers), own_(peers), last_(peers), mark_(peers) {}

void SelectionTally::note(const Asked& asked, std::span<const std::uint32_t> named) {
    ++replies_;
    named_ += named.size();
    own_[asked.peer] += named.size();
    for (const std::uint32_t peer : named)
        ++given_[peer];
    auto& last = last_[asked.peer];
    if (!last.empty()) {
        for (const std::uint32_t peer : last)
            mark_[peer] = replies_;
        const auto common = static_cast<std::uint64_t>(std::count_if(
            named.begin(), named.end(), [&](auto peer) { return mark_[peer] == replies_; }));
        ++pairs_;
        common_ += common;
        common_max_ = std::max(common_max_, common);
        common_expected_ +=
            static_cast<double>(last.size()) * static_cast<double>(named.size()) / offered();
    }
    last.assign(named.begin(), named.end());
}

double SelectionTally::offered() const noexcept {
    return static_cast<double>(given_.size()) - (self_ ? 0 : 1);
}

double SelectionTally::mean_reply() const noexcept {
    return static_cast<double>(named_) / static_cast<double>(std::max<std::uint64_t>(replies_, 1));
}

/// Peers named in the replies that this one may be named in.
std::uint64_t SelectionTally::draws(std::size_t peer) const noexcept {
    return self_ ? named_ : named_ - own_[peer];
}

double SelectionTally::chi_square() const {
    double sum = 0;
    for (std::size_t peer = 0; peer < given_.size(); ++peer) {
        const double expected = static_cast<double>(draws(peer)) / offered();
        const double difference = static_cast<double>(given_[peer]) - expected;
        if (expected > 0)
            sum += difference * difference / expected;
    }
    return sum / (1 - mean_reply() / offered());
}

std::size_t SelectionTally::never_given() const noexcept {
    std::size_t count = 0;
    for (std::size_t peer = 0; peer < given_.size(); ++peer)
        count += std::size_t{given_[peer] == 0 && draws(peer) > 0};
    return count;
}

std::string SelectionTally::json() const {
    const double degrees = static_cast<double>(given_.size()) - 1;
    const double score = normal_score(chi_square(), degrees);
    const double pairs = static_cast<double>(std::max<std::uint64_t>(pairs_, 1));
    std::ostringstream out;
    out << ", \"selection\": {\"replies\": " << replies_ << ", \"mean_reply\": " << mean_reply()
        << ", \"never_given\": " << never_given() << ", \"chi_square\": " << chi_square()
        << ", \"degrees\": " << degrees << ", \"z\": " << score
        << ", \"p\": " << std::erfc(score / std::sqrt(2)) / 2 << ", \"pairs\": " << pairs_
        << ", \"overlap\": " << static_cast<double>(common_) / pairs
        << ", \"overlap_expected\": " << common_expected_ / pairs
        << ", \"overlap_max\": " << common_max_ << "}";
    return out.str();
}

}  // namespace chihaya::bench
