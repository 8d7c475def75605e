#include "plugins/memory/ceiling.hpp"

#include "plugins/memory/keyed_hash.hpp"

#include <algorithm>

namespace chihaya::memory {

bool Ceiling::is_drawn(std::uint32_t hash) const noexcept {
    constexpr std::uint64_t odd = 0x9e3779b97f4a7c15;
    return share_ != 0 && fold(hash ^ odd, round_ * odd | 1U) % whole < share_;
}

std::uint32_t Ceiling::lifetime(std::uint32_t usual) const noexcept {
    const std::uint64_t interval = longest_interval_.load(relaxed);
    const std::uint64_t alive = interval == 0 ? 0 : interval + late;
    const std::uint64_t least = std::clamp<std::uint64_t>(alive, usual / 2, usual);
    return static_cast<std::uint32_t>(usual - (usual - least) * step_.load(relaxed) / steps);
}

std::uint32_t Ceiling::limit_ticks(const Rules& rules) const noexcept {
    const std::uint64_t usual = std::max<std::uint32_t>(1, rules.peer_lifetime);
    const std::uint64_t share = rules.limit_ticks * std::uint64_t{lifetime(rules.peer_lifetime)};
    return static_cast<std::uint32_t>((share + usual - 1) / usual);  // rounded up: never too short
}

void Ceiling::note(std::size_t shard, std::size_t bytes) noexcept {
    total_ += bytes - bytes_[shard];
    bytes_[shard] = bytes;
}

void Ceiling::end_round() noexcept {
    const std::uint64_t limit = limit_.load(relaxed);
    const std::uint32_t step = step_.load(relaxed);
    ++round_;
    share_ = 0;
    if (limit != 0 && total_ > limit) {
        if (step == 0) {
            told_bytes_ = total_;
            news_ = News::begun;
        }
        if (step < steps) {
            step_.store(step + 1, relaxed);
        } else {
            // A little more than what is too much, so that it is over some day; not all at once,
            // because what is freed is not all seen at once.
            const double much = static_cast<double>(total_ - limit + limit / 32) /
                                static_cast<double>(total_) * static_cast<double>(whole);
            share_ = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(much), 1, whole / 8);
        }
    } else if (step != 0 && (limit == 0 || total_ < limit - limit / 10)) {
        step_.store(step - 1, relaxed);
        if (step == 1) {
            told_bytes_ = total_;
            news_ = News::over;
        }
    }
}

std::optional<std::string> Ceiling::news() {
    const News news =
        news_.load(relaxed) == News::none ? News::none : news_.exchange(News::none, relaxed);
    if (news == News::none) {
        return std::nullopt;
    }
    return "memory: found " + std::to_string(told_bytes_.load()) +
           " bytes of swarms, accepted are " + std::to_string(limit_.load()) +
           " (limits.memory); " +
           (news == News::begun
                ? "peers without an account that have been silent for longest are dropped, and "
                  "then unregistered swarms; raise the limit, or let fewer in"
                : "everybody stays for as long as usual again");
}

}  // namespace chihaya::memory
