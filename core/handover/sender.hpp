#pragma once

/// @file sender.hpp
/// What a tracker tells the one that takes its place.

#include "core/handover/channel.hpp"
#include "core/logic/carry.hpp"

#include <mutex>
#include <span>
#include <string>

namespace chihaya::handover {

/// Registry and swarms on their way: small ones are gathered into one message.
/// Thread: any
/// Errors: a message that could not be sent fails this and everything that follows
class Sender final : public logic::CarryTarget {
public:
    /// Lifetime: the channel outlives it
    explicit Sender(Channel& channel) : channel_(channel) {}

    /// Records as they lie in memory: those that `kind` says.
    template <class Record>
    Status records(Kind kind, std::span<const Record> all) noexcept {
        return put(kind, std::as_bytes(all), sizeof(Record));
    }

    Status erased(std::span<const TorrentErasure> torrents) override;
    Status stopped(std::span<const AnnounceRequest> peers) override;
    Status add_swarms(std::span<const SwarmInTransit> swarms) override;

    /// Sends what is gathered.
    Status flush() noexcept;

private:
    Status put(Kind kind, std::span<const std::byte> bytes, std::size_t record) noexcept;
    Status add(const SwarmInTransit& one);
    Status gather(const SwarmRecord& swarm, std::span<const PeerRecord> peers);
    Status flush_swarms();
    Status send(Kind kind, std::string_view body);

    Channel& channel_;
    std::recursive_mutex mutex_;  // protects what follows, and the order of messages
    std::string swarms_;
    bool has_failed_ = false;
};

}  // namespace chihaya::handover
