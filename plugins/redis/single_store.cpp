#include "plugins/redis/single_store.hpp"

namespace chihaya::redis {
namespace {

constexpr Status is_cluster{StatusCode::unavailable, "redis is a cluster"};

}  // namespace

SingleStore::SingleStore(Wiring& wiring)
    : refusals_(wiring.host), connection_(wiring, wiring.server, *this) {
    connection_.open(wiring.parameters.endpoints.front());
}

void SingleStore::send(std::uint16_t slot, std::string_view command, Answered& answered,
                       std::uint32_t ticket) noexcept {
    const Status status = connection_.send(
        {.slot = slot, .command = command, .answered = &answered, .ticket = ticket});
    if (!status.ok()) {
        refusals_.add(answered, ticket, status);
    }
}

Status SingleStore::redirect(Connection& connection, const Request& /*request*/,
                             Trouble /*trouble*/, std::string_view /*error*/) noexcept {
    connection.restart("it is part of a Cluster; set tracker.params.mode to \"cluster\"");
    return is_cluster;
}

// What it was it may be again behind the same name: another server, after a failover.
void SingleStore::heard(Connection& connection, Trouble trouble) noexcept {
    if (trouble == Trouble::not_master || trouble == Trouble::no_auth) {
        connection.restart(reason_of(trouble));
    }
}

}  // namespace chihaya::redis
