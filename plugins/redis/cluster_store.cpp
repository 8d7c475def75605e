#include "plugins/redis/cluster_store.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace chihaya::redis {
namespace {

constexpr Status not_connected{StatusCode::unavailable, "redis is not connected"};
constexpr Status nobody_has_it{StatusCode::unavailable, "no redis has the slot"};
constexpr Status bad_redirection{StatusCode::unavailable, "redis has moved the slot to nowhere"};
constexpr std::string_view cluster_slots = "*2\r\n$7\r\nCLUSTER\r\n$5\r\nSLOTS\r\n";

}  // namespace

ClusterStore::ClusterStore(Wiring& wiring) : wiring_(wiring), refusals_(wiring.host) {
    refresh_is_wanted_ = true;
    add_seeds();
}

ClusterStore::~ClusterStore() {
    // What their last words start is forgotten.
    for (auto& node : nodes_) {
        if (node != nullptr) {
            node->close();
        }
    }
    wiring_.host.forget(this);
}

bool ClusterStore::is_ready() const noexcept {
    return is_mapped_ && std::ranges::any_of(nodes_, [](const auto& node) {
               return node != nullptr && node->is_ready();
           });
}

void ClusterStore::send(std::uint16_t slot, std::string_view command, Answered& answered,
                        std::uint32_t ticket) noexcept {
    const SlotMap::Node node = slots_.owner(slot);
    const Request request{
        .slot = slot, .command = command, .answered = &answered, .ticket = ticket};
    const Status status =
        node == SlotMap::nobody ? send_unmapped(request) : nodes_[node]->send(request);
    if (!status.ok()) {
        refusals_.add(answered, ticket, status);
    }
}

/// Before the map is there, to whoever takes it: a node that does not have the slot knows who has.
Status ClusterStore::send_unmapped(const Request& request) noexcept {
    if (is_mapped_) {
        return nobody_has_it;
    }
    for (const bool is_ready : {true, false}) {
        for (const auto& node : nodes_) {
            // One that turned out to be no part of a Cluster would carry it out.
            const bool may_have_it =
                node != nullptr && node->is_ready() == is_ready && !was_logged_;
            if (may_have_it && node->send(request).ok()) {
                return {};
            }
        }
    }
    return not_connected;
}

void ClusterStore::flush() noexcept {
    for (const auto& node : nodes_) {
        if (node != nullptr) {
            node->flush();
        }
    }
}

std::vector<std::uint16_t> ClusterStore::masters() const {
    std::vector<std::uint16_t> slots;
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        if (const auto slot = slots_.first_of(static_cast<SlotMap::Node>(i))) {
            slots.push_back(*slot);
        }
    }
    return slots;
}

SlotMap::Node ClusterStore::find_or_add(const Endpoint& endpoint) noexcept {
    std::size_t free = nodes_.size();
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        if (nodes_[i] == nullptr) {
            free = i;
        } else if (nodes_[i]->endpoint() == endpoint) {
            return static_cast<SlotMap::Node>(i);
        }
    }
    if (free >= nodes_max) {
        return SlotMap::nobody;
    }
    try {
        ConnectionOwner& owner = *this;
        auto connection = std::make_unique<Connection>(wiring_, wiring_.server, owner);
        connection->open(endpoint);
        if (free == nodes_.size()) {
            nodes_.push_back(std::move(connection));
        } else {
            nodes_[free] = std::move(connection);
        }
    } catch (const std::bad_alloc&) {
        return SlotMap::nobody;
    }
    return static_cast<SlotMap::Node>(free);
}

void ClusterStore::add_seeds() noexcept {
    for (const Endpoint& endpoint : wiring_.parameters.endpoints) {
        static_cast<void>(find_or_add(endpoint));
    }
}

void ClusterStore::connected(Connection& /*connection*/) noexcept {
    if (refresh_is_wanted_ && refresh_timer_ == TimerId::none) {
        refresh();
    }
}

bool ClusterStore::lost(Connection& /*connection*/) noexcept {
    want_refresh();
    return true;
}

Status ClusterStore::redirect(Connection& connection, const Request& request, Trouble trouble,
                              std::string_view error) noexcept {
    auto redirection = parse_redirection(error);
    if (!redirection) {
        return bad_redirection;
    }
    if (redirection->to.host.empty()) {
        redirection->to.host = connection.endpoint().host;
    }
    const SlotMap::Node node = find_or_add(redirection->to);
    if (node == SlotMap::nobody) {
        return bad_redirection;
    }
    if (trouble == Trouble::moved) {
        slots_.set(redirection->slot, node);
        want_refresh();
    }
    const Status status = nodes_[node]->send(request, trouble == Trouble::ask);
    nodes_[node]->flush();
    return status;
}

void ClusterStore::heard(Connection& connection, Trouble trouble) noexcept {
    if (trouble == Trouble::no_auth) {
        connection.restart(reason_of(trouble));
    }
    want_refresh();
}

void ClusterStore::want_refresh() noexcept {
    refresh_is_wanted_ = true;
    if (refresh_timer_ == TimerId::none && asked_ == nullptr) {
        const auto since = std::chrono::milliseconds(wiring_.host.now() - last_refresh_);
        refresh_timer_ =
            wiring_.host.start_timer(std::max(refresh_pause - since, std::chrono::milliseconds(0)),
                                     Task::to<&ClusterStore::refresh>(*this));
    }
}

void ClusterStore::refresh() noexcept {
    refresh_timer_ = TimerId::none;
    if (asked_ != nullptr) {
        return;
    }
    last_refresh_ = wiring_.host.now();
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        next_asked_ = (next_asked_ + 1) % nodes_.size();
        Connection* const node = nodes_[next_asked_].get();
        if (node == nullptr || !node->is_ready()) {
            continue;
        }
        asked_ = node;
        if (node->send({.command = cluster_slots, .answered = this}).ok()) {
            refresh_is_wanted_ = false;
            return node->flush();
        }
        asked_ = nullptr;
    }
    add_seeds();  // whoever connects first is asked
}

void ClusterStore::answered(std::uint32_t /*ticket*/, const Reply& reply) noexcept {
    try {
        adopt(reply);
    } catch (const std::bad_alloc&) {
        refresh_is_wanted_ = true;
    }
    asked_ = nullptr;
    if (refresh_is_wanted_ || !is_healthy()) {
        want_refresh();
    }
    // Not from inside one of those that may go.
    wiring_.host.post(Task::to<&ClusterStore::prune>(*this));
}

void ClusterStore::failed(std::uint32_t /*ticket*/, Status /*status*/) noexcept {
    asked_ = nullptr;
    want_refresh();
}

void ClusterStore::adopt(const Reply& reply) {
    const auto map = SlotMap::read(reply, asked_->endpoint().host,
                                   [this](const Endpoint& at) { return find_or_add(at); });
    if (map) {
        slots_ = *map;
        is_mapped_ = true;
        was_logged_ = false;
        return;
    }
    refresh_is_wanted_ = true;
    if (!std::exchange(was_logged_, true)) {
        wiring_.host.log(Severity::error,
                         asked_->endpoint().text() + ": found no slots of a Cluster" +
                             (reply.is_error() ? " (" + loggable(reply.text()) + ")" : "") +
                             ", accepted is a node of one; set tracker.params.mode to what it is");
    }
}

bool ClusterStore::is_healthy() const noexcept {
    if (!slots_.is_complete()) {
        return false;
    }
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
        if (nodes_[i] != nullptr && !nodes_[i]->is_ready() &&
            slots_.first_of(static_cast<SlotMap::Node>(i))) {
            return false;
        }
    }
    return true;
}

void ClusterStore::prune() noexcept {
    for (std::size_t i = 0; is_mapped_ && i < nodes_.size(); ++i) {
        if (nodes_[i] != nullptr && nodes_[i]->is_idle() &&
            !slots_.first_of(static_cast<SlotMap::Node>(i))) {
            nodes_[i].reset();
        }
    }
}

}  // namespace chihaya::redis
