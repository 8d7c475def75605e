#include "core/logic/erasures.hpp"

#include "core/base/limits.hpp"

namespace chihaya::logic {

Erasures::Erasures(std::size_t count_max) : count_max_(count_max) {}

void Erasures::put(const TorrentErasure& erasure, Moment now) {
    while (!order_.empty() && (order_.size() >= count_max_ ||
                               now - order_.front().since > limits::erasure_reason_time)) {
        drop_oldest();
    }
    if (erasure.reason.front() == '\0') {
        reasons_.erase(erasure.info_hash);
        return;
    }
    ++puts_;
    order_.push_back({erasure.info_hash, now, puts_});
    reasons_.insert_or_assign(erasure.info_hash, Reason{erasure, now, puts_});
}

void Erasures::erase(const InfoHash& info_hash) noexcept {
    reasons_.erase(info_hash);
}

TorrentErasure Erasures::find(const InfoHash& info_hash, Moment now) const noexcept {
    const auto found = reasons_.find(info_hash);
    if (found == reasons_.end() || now - found->second.since > limits::erasure_reason_time) {
        return {};
    }
    return found->second.erasure;
}

void Erasures::drop_oldest() noexcept {
    const Line& oldest = order_.front();
    const auto found = reasons_.find(oldest.info_hash);
    if (found != reasons_.end() && found->second.number == oldest.number) {
        reasons_.erase(found);
    }
    order_.pop_front();
}

}  // namespace chihaya::logic
