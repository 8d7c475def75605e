#include "plugins/redis/sentinel_store.hpp"

#include "plugins/redis/command.hpp"

#include <utility>

namespace chihaya::redis {
namespace {

constexpr Status not_connected{StatusCode::unavailable, "redis is not connected"};
constexpr Status is_cluster{StatusCode::unavailable, "redis is a cluster"};

std::optional<Endpoint> endpoint_in(const Reply& reply) {
    if (reply.items().size() != 2) {
        return std::nullopt;
    }
    auto endpoint = parse_host_and_port(std::string(reply.items()[0].text()) + ":" +
                                        std::string(reply.items()[1].text()));
    return endpoint && !endpoint->host.empty() ? endpoint : std::nullopt;
}

}  // namespace

SentinelStore::SentinelStore(Wiring& wiring)
    : wiring_(wiring),
      refusals_(wiring.host),
      master_(wiring, wiring.server, *this),
      sentinel_(wiring, wiring.sentinel, *this) {
    sentinel_.be_quiet();
    left_ = wiring.parameters.endpoints.size();
    ask_next();
}

SentinelStore::~SentinelStore() {
    // What its last words start is forgotten.
    sentinel_.close();
    wiring_.host.forget(this);
}

void SentinelStore::send(std::uint16_t slot, std::string_view command, Answered& answered,
                         std::uint32_t ticket) noexcept {
    const Status status =
        master_.is_ready()
            ? master_.send(
                  {.slot = slot, .command = command, .answered = &answered, .ticket = ticket})
            : not_connected;
    if (!status.ok()) {
        refusals_.add(answered, ticket, status);
    }
}

void SentinelStore::ask_next() noexcept {
    const auto& sentinels = wiring_.parameters.endpoints;
    sentinel_.open(sentinels[next_]);
    next_ = (next_ + 1) % sentinels.size();
    if (left_ > 0) {
        --left_;
    }
}

void SentinelStore::connected(Connection& connection) noexcept {
    if (&connection == &master_) {
        ready_since_ = wiring_.host.now();
        return;
    }
    Command command;
    command.begin(3).add("SENTINEL").add("get-master-addr-by-name").add(wiring_.parameters.master);
    const Status sent = connection.send({.command = command.bytes(), .answered = this});
    if (!sent.ok()) {
        conclude(sent.reason);
    }
}

bool SentinelStore::lost(Connection& connection) noexcept {
    if (&connection == &sentinel_) {
        conclude(connection.endpoint().text() + ": " + connection.why());
        return false;
    }
    if (wiring_.host.now() - ready_since_ >= Connection::good_life) {
        backoff_.reset();
    }
    rest();
    return false;
}

void SentinelStore::answered(std::uint32_t /*ticket*/, const Reply& reply) noexcept {
    found_ = endpoint_in(reply);
    conclude(sentinel_.endpoint().text() + ": " +
             (reply.is_error() ? loggable(reply.text()) : "does not know it"));
}

void SentinelStore::failed(std::uint32_t /*ticket*/, Status status) noexcept {
    conclude(sentinel_.endpoint().text() + ": " + status.reason);
}

// The sentinel's connection is not ended from its own inside.
void SentinelStore::conclude(std::string why) noexcept {
    why_not_ = std::move(why);
    if (!std::exchange(verdict_is_posted_, true)) {
        const Task task = Task::to<&SentinelStore::take_verdict>(*this);
        if (!wiring_.host.post(task)) {
            wiring_.host.start_timer(std::chrono::milliseconds(0), task);
        }
    }
}

void SentinelStore::take_verdict() noexcept {
    sentinel_.close();
    verdict_is_posted_ = false;
    if (const auto found = std::exchange(found_, std::nullopt)) {
        was_logged_ = false;
        return master_.open(*found);
    }
    if (left_ > 0) {
        return ask_next();
    }
    if (!std::exchange(was_logged_, true)) {
        wiring_.host.log(Severity::error, "no sentinel knows the master \"" +
                                              loggable(wiring_.parameters.master) + "\" (last " +
                                              why_not_ + "); asking again until one does");
    }
    rest();
}

void SentinelStore::rest() noexcept {
    left_ = wiring_.parameters.endpoints.size();
    wiring_.host.start_timer(backoff_.next(), Task::to<&SentinelStore::ask_next>(*this));
}

Status SentinelStore::redirect(Connection& connection, const Request& /*request*/,
                               Trouble /*trouble*/, std::string_view /*error*/) noexcept {
    connection.restart("it is part of a Cluster; set tracker.params.mode to \"cluster\"");
    return is_cluster;
}

void SentinelStore::heard(Connection& connection, Trouble trouble) noexcept {
    if (trouble == Trouble::not_master || trouble == Trouble::no_auth) {
        connection.restart(reason_of(trouble));
    }
}

}  // namespace chihaya::redis
