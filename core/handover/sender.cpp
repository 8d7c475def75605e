#include "core/handover/sender.hpp"

#include "core/handover/limits.hpp"

#include <algorithm>
#include <cstring>
#include <exception>

namespace chihaya::handover {
namespace {

constexpr Status is_gone{StatusCode::unavailable,
                         "the other process does not take what it is told"};
constexpr Status no_memory{StatusCode::unavailable, "out of memory"};
constexpr std::size_t body_max = limits::handover_message_max;

template <class Record>
void append(std::string& body, const Record& record) {
    body.append(reinterpret_cast<const char*>(&record), sizeof record);
}

}  // namespace

Status Sender::send(Kind kind, std::string_view body) {
    if (!has_failed_) {
        has_failed_ = channel_.send(kind, body).has_error();
    }
    return has_failed_ ? is_gone : Status{};
}

/// In the order of the calls: swarms that are still gathered leave first.
Status Sender::put(Kind kind, std::span<const std::byte> bytes, std::size_t record) noexcept {
    try {
        const std::lock_guard lock(mutex_);
        Status status = flush_swarms();
        const std::size_t piece = body_max / record * record;
        while (status.ok() && !bytes.empty()) {
            const auto some = bytes.first(std::min(piece, bytes.size()));
            bytes = bytes.subspan(some.size());
            status = send(kind, {reinterpret_cast<const char*>(some.data()), some.size()});
        }
        return status;
    } catch (const std::exception&) {
        return no_memory;
    }
}

Status Sender::erased(std::span<const TorrentErasure> torrents) {
    return records(Kind::erased, torrents);
}

Status Sender::stopped(std::span<const AnnounceRequest> peers) {
    return records(Kind::stopped, peers);
}

Status Sender::add_swarms(std::span<const SwarmInTransit> swarms) {
    const std::lock_guard lock(mutex_);
    Status status;
    for (auto one = swarms.begin(); one != swarms.end() && status.ok(); ++one) {
        status = add(*one);
    }
    return status;
}

Status Sender::add(const SwarmInTransit& one) {
    constexpr std::size_t most =
        (body_max - sizeof(SwarmRecord) - sizeof(std::uint64_t)) / sizeof(PeerRecord);
    Status status;
    auto peers = one.peers;
    do {
        const auto some = peers.first(std::min(most, peers.size()));
        peers = peers.subspan(some.size());
        status = gather(one.swarm, some);
    } while (status.ok() && !peers.empty());
    return status;
}

Status Sender::gather(const SwarmRecord& swarm, std::span<const PeerRecord> peers) {
    const std::size_t size = sizeof swarm + sizeof(std::uint64_t) + peers.size_bytes();
    if (swarms_.size() + size > body_max) {
        if (const Status status = flush_swarms(); !status.ok()) {
            return status;
        }
    }
    append(swarms_, swarm);
    append(swarms_, std::uint64_t{peers.size()});
    swarms_.append(reinterpret_cast<const char*>(peers.data()), peers.size_bytes());
    return {};
}

Status Sender::flush_swarms() {
    if (swarms_.empty()) {
        return has_failed_ ? is_gone : Status{};
    }
    const Status status = send(Kind::swarms, swarms_);
    swarms_.clear();
    return status;
}

Status Sender::flush() noexcept {
    try {
        const std::lock_guard lock(mutex_);
        return flush_swarms();
    } catch (const std::exception&) {
        return no_memory;
    }
}

}  // namespace chihaya::handover
