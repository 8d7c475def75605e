#include "core/handover/stream_driver.hpp"

#include <exception>

namespace chihaya::handover {
namespace {

constexpr Status cannot{StatusCode::unsupported, "it is in another process"};
constexpr Status no_memory{StatusCode::unavailable, "out of memory"};

}  // namespace

TrackerSession* StreamDriver::open_session(Host& /*worker*/) noexcept {
    return nullptr;
}
Status StreamDriver::put_users(std::span<const UserRecord> users) noexcept {
    return sender_.records(Kind::put_users, users);
}
Status StreamDriver::put_torrents(std::span<const TorrentRecord> torrents) noexcept {
    return sender_.records(Kind::put_torrents, torrents);
}
Status StreamDriver::put_clients(std::span<const ClientRecord> clients) noexcept {
    return sender_.records(Kind::put_clients, clients);
}
Status StreamDriver::put_tokens(std::span<const TokenRecord> tokens) noexcept {
    return sender_.records(Kind::put_tokens, tokens);
}
Status StreamDriver::erase_users(std::span<const UserId> users) noexcept {
    return sender_.records(Kind::erase_users, users);
}
Status StreamDriver::erase_torrents(std::span<const TorrentErasure> torrents) noexcept {
    return sender_.records(Kind::erase_torrents, torrents);
}
Status StreamDriver::erase_clients(std::span<const PeerIdPrefix> clients) noexcept {
    return sender_.records(Kind::erase_clients, clients);
}
Status StreamDriver::erase_tokens(std::span<const TokenRecord> tokens) noexcept {
    return sender_.records(Kind::erase_tokens, tokens);
}
Status StreamDriver::load(RegistrySink& /*sink*/) noexcept {
    return cannot;
}
Status StreamDriver::follow(RegistrySink& /*sink*/) noexcept {
    return cannot;
}
Status StreamDriver::read_some(std::span<const InfoHash> /*names*/, SwarmSink& /*sink*/) noexcept {
    return cannot;
}
Status StreamDriver::read_swarms(SwarmSink& /*sink*/) noexcept {
    return cannot;
}
Status StreamDriver::add_swarms(std::span<const SwarmInTransit> swarms) noexcept {
    try {
        return sender_.add_swarms(swarms);
    } catch (const std::exception&) {
        return no_memory;
    }
}
Status StreamDriver::reconfigure(const TrackerSetup& /*setup*/) noexcept {
    return cannot;
}

}  // namespace chihaya::handover
