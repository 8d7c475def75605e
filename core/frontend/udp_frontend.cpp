#include "core/frontend/udp_frontend.hpp"

#include "core/wire/udp_reply.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <utility>

namespace chihaya::frontend {
namespace {

constexpr std::string_view bad_connection_id = "bad connection ID";

// The replies of a turn are sent together, and its first waits for its last.
constexpr int batches_per_turn = 2;

// Sockets are looked at so often though they say nothing. A safety net: once, under load, datagrams
// were seen to lie in the socket of a sleeping worker until the next one came; why is not known.
constexpr std::chrono::milliseconds look_interval{100};

// A stopping worker takes what the kernel has for it, up to so many batches: as many as can be in
// flight, half of them for what is already.
constexpr std::size_t last_batches_max = limits::udp_in_flight_max / limits::udp_batch / 2;

/// Addresses that nobody can be answered at. Source: RFC 6890
bool cannot_be_answered(const IpAddress& client) noexcept {
    if (client.is_ipv4()) {
        return client.ipv4()[0] == 0 || client.ipv4()[0] >= 224;
    }
    return client.bytes[0] == 0xff || client == IpAddress{};
}

metrics::Action action_of(wire::UdpAction action) noexcept {
    switch (action) {
        case wire::UdpAction::connect:
            return metrics::Action::connect;
        case wire::UdpAction::announce:
            return metrics::Action::announce;
        case wire::UdpAction::scrape:
            return metrics::Action::scrape;
        default:
            return metrics::Action::other;
    }
}

}  // namespace

UdpFrontend::UdpFrontend(net::WorkerLoop& loop, logic::Tracker& tracker,
                         metrics::WorkerCounters& counters, const UdpSettings& settings)
    : loop_(loop),
      tracker_(tracker),
      counters_(counters),
      ids_(settings.ids.value_or(
          wire::ChangingIds(settings.connection_id_key, settings.connection_id_lifetime))),
      transfer_(settings.transfer),
      look_timer_(loop.context()),
      takes_requests_(std::make_shared<bool>(true)) {}

void UdpFrontend::listen(const net::BoundSocket& socket) {
    free_.reserve(limits::udp_in_flight_max);
    exchanges_.reserve(limits::udp_in_flight_max);
    Port& port = free_port();
    port.outbox.reserve(limits::udp_in_flight_max);
    port.family = socket.is_ipv6 ? metrics::Family::ipv6 : metrics::Family::ipv4;
    port.is_finished = false;
    port.socket = std::make_unique<net::UdpSocket>(loop_, socket, transfer_, this, readable);
    port.socket->wait();
    if (!std::exchange(looks_, true)) {
        look_again();
    }
}

UdpFrontend::Port& UdpFrontend::free_port() {
    const auto closed =
        std::ranges::find_if(ports_, [](const Port& port) { return port.socket == nullptr; });
    return closed == ports_.end() ? ports_.emplace_back() : *closed;
}

void UdpFrontend::adopt(const UdpSettings& settings) {
    if (settings.ids) {
        ids_ = *settings.ids;
    } else {
        ids_.change(settings.connection_id_key, settings.connection_id_lifetime,
                    std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now()));
    }
    transfer_ = settings.transfer;
    for (const Port& port : ports_) {
        if (port.socket != nullptr) {
            port.socket->adopt(transfer_);
        }
    }
}

void UdpFrontend::finish(const net::Place& place) noexcept {
    for (std::size_t number = 0; number < ports_.size(); ++number) {
        Port& port = ports_[number];
        if (port.socket != nullptr && port.socket->bound().place() == place) {
            take_what_waits(number, last_batches_max);
            port.socket->finish();
            port.is_finished = true;
        }
    }
    close_finished();  // at once what owes no answer: the place may be taken again soon
}

void UdpFrontend::close_finished() noexcept {
    closes_ = false;
    for (Port& port : ports_) {
        if (port.is_finished && port.socket != nullptr) {
            closes_ = closes_ || port.lent > 0;
            if (port.lent == 0) {
                port.socket.reset();
            }
        }
    }
}

void UdpFrontend::steer(std::uint32_t sockets) noexcept {
    for (const Port& port : ports_) {
        if (port.socket != nullptr) {
            net::steer(port.socket->bound().socket, sockets);
        }
    }
}

void UdpFrontend::wake() noexcept {
    resting_ = false;
    for (const Port& port : ports_) {
        if (port.socket != nullptr) {
            static_cast<void>(port.socket->lag());  // of the rest: it is nobody's fault
            port.socket->wait();
        }
    }
}

void UdpFrontend::show_sockets(std::vector<net::BoundSocket>& to) const {
    for (const Port& port : ports_) {
        if (port.socket != nullptr && !port.is_finished) {
            to.push_back(port.socket->bound());
        }
    }
}

void UdpFrontend::look_again() {
    look_timer_.expires_after(look_interval);
    look_timer_.async_wait([this, takes = takes_requests_](boost::system::error_code error) {
        if (!error && *takes) {
            measure();
            for (std::size_t number = 0; number < ports_.size(); ++number) {
                read_turn(number);
            }
            look_again();
        }
    });
}

void UdpFrontend::measure() noexcept {
    logic::Protection& protection = tracker_.protection();
    if (resting_ || !protection.may_shed()) {
        return;
    }
    for (const Port& port : ports_) {
        if (port.socket != nullptr) {
            protection.shedding(metrics::FrontEnd::udp).note(port.socket->lag());
        }
    }
}

void UdpFrontend::readable(void* self, net::UdpSocket& socket) noexcept {
    auto& front_end = *static_cast<UdpFrontend*>(self);
    const auto port = std::ranges::find_if(
        front_end.ports_, [&](const Port& one) { return one.socket.get() == &socket; });
    front_end.read_turn(static_cast<std::size_t>(port - front_end.ports_.begin()));
}

void UdpFrontend::read_turn(std::size_t number) noexcept {
    if (resting_ || ports_[number].socket == nullptr || ports_[number].is_finished) {
        return;
    }
    for (int batch = 0; batch < batches_per_turn && read(number); ++batch) {
    }
    rewait_ = true;  // when this turn's replies are out: until then nothing more would be read
}

/// False when that was all there is.
bool UdpFrontend::read(std::size_t number) noexcept {
    now_ = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    std::uint64_t bytes = 0;
    const auto datagrams = ports_[number].socket->receive();
    for (const net::Datagram& datagram : datagrams) {
        bytes += datagram.bytes.size();
        serve(datagram, number);
    }
    counters_.traffic_of(metrics::FrontEnd::udp, ports_[number].family).received.add(bytes);
    return datagrams.size() == limits::udp_batch;
}

void UdpFrontend::serve(const net::Datagram& datagram, std::size_t number) noexcept {
    const auto head = wire::read_udp_head(datagram.bytes);
    const net::UdpPath& path = datagram.path;
    if (!head) {
        count(metrics::Action::other, number, metrics::Ending::garbage);
        return;
    }
    if (path.port == 0 || cannot_be_answered(path.client) || comes_from_us(path, number)) {
        count(metrics::Action::other, number, metrics::Ending::unanswerable);
        return;
    }
    if (tracker_.protection().is_denied(path.client)) {
        count(action_of(head->action), number, metrics::Ending::denied_address_dropped);
        return;
    }
    const bool connects = head->action == wire::UdpAction::connect;
    if (!connects &&
        !(is_proven(*head, datagram, number) && is_admitted(*head, datagram, number))) {
        return;
    }
    UdpExchange* const exchange = borrow(path, number, *head);
    if (exchange == nullptr) {
        return;
    }
    if (connects) {
        count(metrics::Action::connect, number, metrics::Ending::ok);
        exchange->connect(ids_.issue(path.client, now_));
    } else if (head->action == wire::UdpAction::announce) {
        exchange->announce(datagram.bytes);
    } else {
        exchange->scrape(datagram.bytes);
    }
}

void UdpFrontend::count(metrics::Action action, std::size_t number,
                        metrics::Ending ending) noexcept {
    counters_.requests.count(
        {.front_end = metrics::FrontEnd::udp, .family = ports_[number].family, .action = action},
        ending);
}

/// A reply of ours that comes back would be answered for ever, if it were a request.
bool UdpFrontend::comes_from_us(const net::UdpPath& path, std::size_t number) const noexcept {
    const net::BoundSocket& bound = ports_[number].socket->bound();
    return path.port == bound.port && path.client == bound.address.value_or(path.ours);
}

bool UdpFrontend::is_proven(const wire::UdpHead& head, const net::Datagram& datagram,
                            std::size_t number) noexcept {
    if (ids_.verify(head.connection_id, datagram.path.client, now_)) {
        return true;
    }
    if (bad_id_second_ != now_) {
        bad_id_second_ = now_;
        bad_id_errors_ = 0;
    }
    if (datagram.bytes.size() >= wire::udp_error_size(bad_connection_id) &&
        bad_id_errors_ < limits::udp_bad_id_errors_per_second) {
        if (UdpExchange* const exchange = borrow(datagram.path, number, head)) {
            ++bad_id_errors_;
            count(action_of(head.action), number, metrics::Ending::bad_connection_id);
            exchange->refuse(bad_connection_id);
        }
        return false;
    }
    count(action_of(head.action), number, metrics::Ending::bad_connection_id_dropped);
    return false;
}

/// Asked of a proven address only.
bool UdpFrontend::is_admitted(const wire::UdpHead& head, const net::Datagram& datagram,
                              std::size_t number) noexcept {
    logic::Protection& protection = tracker_.protection();
    const auto refusal = protection.refusal_for(datagram.path.client, loop_.now());
    if (!refusal) {
        const double share = protection.shedding(metrics::FrontEnd::udp).share();
        return !(share > 0 && is_shed(head, datagram, number));
    }
    if (!protection.may_tell(now_)) {
        count(action_of(head.action), number, metrics::Ending::rate_limited_dropped);
    } else if (UdpExchange* const exchange = borrow(datagram.path, number, head)) {
        count(action_of(head.action), number, refusal.ending);
        exchange->refuse(refusal.text);
    }
    return false;
}

/// Answers what is shed over UDP; conf/README.md says why so. Who comes, completes or leaves is
/// served: what does not fit into the receive buffer the kernel drops for less than it costs here.
bool UdpFrontend::is_shed(const wire::UdpHead& head, const net::Datagram& datagram,
                          std::size_t number) noexcept {
    const bool announces = head.action == wire::UdpAction::announce;
    if (announces && (datagram.bytes.size() < wire::UdpAnnounce::size_min ||
                      wire::UdpAnnounce(datagram.bytes).event() != Event::none)) {
        return false;
    }
    const logic::Refusal refusal = tracker_.protection().shed(
        metrics::FrontEnd::udp, announces ? logic::Urgency::refresh : logic::Urgency::scrape);
    if (!refusal) {
        return false;
    }
    if (UdpExchange* const exchange = borrow(datagram.path, number, head)) {
        count(action_of(head.action), number, refusal.ending);
        if (announces) {
            exchange->come_back(refusal.interval);
        } else {
            exchange->refuse(refusal.text);
        }
    }
    return true;
}

UdpExchange* UdpFrontend::borrow(const net::UdpPath& path, std::size_t number,
                                 const wire::UdpHead& head) noexcept {
    if (free_.empty()) {
        if (exchanges_.size() == limits::udp_in_flight_max) {
            count(action_of(head.action), number, metrics::Ending::no_room);
            return nullptr;
        }
        try {
            exchanges_.push_back(std::make_unique<UdpExchange>(tracker_, *this));
            free_.push_back(exchanges_.back().get());
            counters_.connection_bytes.add(sizeof(UdpExchange));
        } catch (const std::bad_alloc&) {
            count(action_of(head.action), number, metrics::Ending::no_room);
            return nullptr;
        }
    }
    UdpExchange* const exchange = free_.back();
    free_.pop_back();
    ++lent_;
    ++ports_[number].lent;
    exchange->begin(path, number, ports_[number].family, head.transaction);
    return exchange;
}

void UdpFrontend::replied(UdpExchange& exchange) noexcept {
    ports_[exchange.socket()].outbox.push_back(&exchange);  // has room for all there can be
    unsent_ = true;
}

void UdpFrontend::flush() noexcept {
    if (std::exchange(unsent_, false)) {
        send_all();
    }
    counters_.udp_in_flight.set(lent_);
    if (std::exchange(rewait_, false)) {
        for (const Port& port : ports_) {
            if (port.socket != nullptr) {
                port.socket->wait();
            }
        }
    }
    if (closes_) {
        close_finished();
    }
}

void UdpFrontend::send_all() noexcept {
    for (Port& port : ports_) {
        for (std::size_t done = 0; done < port.outbox.size(); done += limits::udp_batch) {
            const std::size_t size = std::min(limits::udp_batch, port.outbox.size() - done);
            send(port, std::span(port.outbox).subspan(done, size));
        }
        port.outbox.clear();
    }
}

void UdpFrontend::send(Port& port, std::span<UdpExchange* const> exchanges) noexcept {
    std::array<net::OutgoingDatagram, limits::udp_batch> replies;
    std::uint64_t bytes = 0;
    for (std::size_t i = 0; i < exchanges.size(); ++i) {
        replies[i] = exchanges[i]->reply();
        bytes += replies[i].bytes.size();
    }
    const std::size_t dropped = port.socket->send(std::span(replies).first(exchanges.size()));
    counters_.udp_replies_lost.add(dropped);
    counters_.traffic_of(metrics::FrontEnd::udp, port.family).transmitted.add(bytes);
    free_.insert(free_.end(), exchanges.rbegin(), exchanges.rend());
    lent_ -= exchanges.size();
    port.lent -= exchanges.size();
}

void UdpFrontend::stop() noexcept {
    for (std::size_t number = 0; number < ports_.size(); ++number) {
        if (!resting_ && ports_[number].socket != nullptr && !ports_[number].is_finished) {
            take_what_waits(number, last_batches_max / ports_.size());
        }
    }
    close();
}

void UdpFrontend::take_what_waits(std::size_t number, std::size_t batches_max) noexcept {
    for (std::size_t batch = 0; batch <= batches_max && read(number); ++batch) {
    }
}

void UdpFrontend::close() noexcept {
    *takes_requests_ = false;
    look_timer_.cancel();
    for (const Port& port : ports_) {
        if (port.socket != nullptr) {
            port.socket->finish();
        }
    }
}

}  // namespace chihaya::frontend
