#include "core/frontend/http_frontend.hpp"

#include <unistd.h>

#include <exception>
#include <utility>

namespace chihaya::frontend {
namespace {

// How late a deadline may be noticed; and how often the worker asks itself whether it is behind.
constexpr std::chrono::milliseconds sweep_interval{100};

/// So that giving back never allocates.
template <class Object>
void make_room_for_one_more(std::vector<Object*>& free, std::size_t existing) {
    if (free.capacity() <= existing) {
        free.reserve(2 * existing + 16);
    }
}

}  // namespace

// NOLINTNEXTLINE(readability-function-size): six parts it has
HttpFrontend::HttpFrontend(net::WorkerLoop& loop, logic::Tracker& tracker,
                           const logic::Roster& roster, const ColdWork& cold_work,
                           metrics::WorkerCounters& counters, HttpSettings settings)
    : loop_(loop),
      tracker_(tracker),
      roster_(roster),
      cold_work_(cold_work),
      counters_(counters),
      settings_(std::move(settings)),
      read_room_(std::make_unique<char[]>(read_room_bytes)),
      watch_(loop),
      sweep_timer_(loop.context()) {
    start_sweeps();
}

HttpFrontend::~HttpFrontend() {
    close_all();
}

void HttpFrontend::listen(net::BoundSocket socket) {
    listeners_.push_back(
        std::make_unique<net::TcpListener>(loop_, socket, this, &accepted, &exhausted));
    listeners_.back()->start();
}

void HttpFrontend::adopt(const HttpSettings& settings, const ColdWork& cold_work) noexcept {
    // All deadlines of a list move alike, so that their order stays.
    const auto move = [](List& list, std::chrono::milliseconds by) {
        for (HttpConnection& connection : list) {
            connection.deadline += by;
        }
    };
    move(idle_, settings.idle_timeout - settings_.idle_timeout);
    move(head_, settings.head_timeout - settings_.head_timeout);
    move(writing_, settings.write_timeout - settings_.write_timeout);
    settings_ = settings;
    cold_work_ = cold_work;
}

void HttpFrontend::drain(const net::Place& place) noexcept {
    for (const auto& listener : listeners_) {
        if (listener->bound().place() == place) {
            listener->drain();
        }
    }
}

void HttpFrontend::resume(const net::Place& place) noexcept {
    for (const auto& listener : listeners_) {
        if (listener->bound().place() == place) {
            listener->resume();
        }
    }
}

void HttpFrontend::finish(const net::Place& place) noexcept {
    std::erase_if(listeners_, [&](const auto& listener) {
        if (listener->bound().place() != place) {
            return false;
        }
        listener->finish();
        return true;
    });
}

void HttpFrontend::steer(std::uint32_t sockets) noexcept {
    for (const auto& listener : listeners_) {
        net::steer(listener->bound().socket, sockets);
    }
}

void HttpFrontend::rest() noexcept {
    resting_ = true;
    for (const auto& listener : listeners_) {
        listener->rest();
    }
}

void HttpFrontend::wake() noexcept {
    resting_ = false;
    for (const auto& listener : listeners_) {
        listener->start();
    }
    // Whoever is woken moves to another list, or to the end of its own.
    for (List* const list : {&idle_, &head_}) {
        List sleepers;
        sleepers.swap(*list);
        while (!sleepers.empty()) {
            HttpConnection& connection = sleepers.front();
            sleepers.pop_front();
            list->push_back(connection);
            connection.wake();
        }
    }
}

void HttpFrontend::give_up(std::vector<OpenConnection>& to) {
    for (List* const list : {&idle_, &head_}) {
        while (!list->empty()) {
            to.emplace_back();  // first: what is given up must not get lost
            to.back() = list->front().give_up();
        }
    }
}

void HttpFrontend::take_in(OpenConnection&& connection) noexcept {
    HttpConnection* const unused = make_room() ? unused_connection() : nullptr;
    if (unused == nullptr) {
        ::close(connection.socket);
        return;
    }
    ++counters_.connections_open;
    ++open_;
    unused->resume(std::move(connection));
}

void HttpFrontend::show_sockets(std::vector<net::BoundSocket>& to) const {
    for (const auto& listener : listeners_) {
        to.push_back(listener->bound());
    }
}

void HttpFrontend::stop() noexcept {
    stopping_ = true;
    for (const auto& listener : listeners_) {
        listener->finish();
    }
    while (!idle_.empty()) {
        idle_.front().end();
    }
}

void HttpFrontend::close_all() noexcept {
    stopping_ = true;
    for (const auto& listener : listeners_) {
        listener->close();
    }
    sweep_timer_.cancel();
    for (const auto& connection : connections_) {
        connection->close();
    }
    watch_.close();
}

bool HttpFrontend::is_quiet() const noexcept {
    return answering_.empty() && writing_.empty();
}

void HttpFrontend::accepted(void* self, int socket, const IpAddress& from) noexcept {
    auto& frontend = *static_cast<HttpFrontend*>(self);
    const auto arrival = frontend.protection().arrival_of(from, frontend.loop_.now());
    if (arrival != metrics::Arrival::accepted) {
        ++frontend.counters_.connections_of(metrics::family_of(from), arrival);
        ::close(socket);
        return;
    }
    HttpConnection* const connection =
        frontend.make_room() ? frontend.unused_connection() : nullptr;
    if (connection == nullptr) {
        ++frontend.counters_.connections_of(metrics::family_of(from), metrics::Arrival::no_room);
        ::close(socket);
        return;
    }
    ++frontend.counters_.connections_of(metrics::family_of(from), metrics::Arrival::accepted);
    ++frontend.counters_.connections_open;
    ++frontend.open_;
    connection->open(socket, from);
}

bool HttpFrontend::exhausted(void* self) noexcept {
    return static_cast<HttpFrontend*>(self)->evict();
}

/// Makes sure that one more connection may be open.
bool HttpFrontend::make_room() noexcept {
    while (open_ >= settings_.max_connections) {
        if (!evict()) {
            return false;
        }
    }
    return true;
}

/// Closes one connection. Those that wait for nothing go first, then those that have been slowest
/// to say what they want.
bool HttpFrontend::evict() noexcept {
    List* const victims = !idle_.empty() ? &idle_ : (!head_.empty() ? &head_ : nullptr);
    if (victims == nullptr) {
        return false;
    }
    ++counters_.connections_of(victims->front().family(), metrics::Arrival::evicted);
    victims->front().close();
    return true;
}

HttpConnection* HttpFrontend::unused_connection() noexcept {
    if (!free_connections_.empty()) {
        HttpConnection* const connection = free_connections_.back();
        free_connections_.pop_back();
        return connection;
    }
    try {
        make_room_for_one_more(free_connections_, connections_.size());
        connections_.push_back(
            std::make_unique<HttpConnection>(watch_, static_cast<HttpConnectionOwner&>(*this)));
        counters_.connection_bytes.add(sizeof(HttpConnection));
        return connections_.back().get();
    } catch (const std::exception&) {
        return nullptr;
    }
}

void HttpFrontend::closed(HttpConnection& connection) noexcept {
    counters_.connections_open.subtract(1);
    --open_;
    free_connections_.push_back(&connection);
}

HttpExchange* HttpFrontend::borrow_exchange() noexcept {
    if (!free_exchanges_.empty()) {
        HttpExchange* const exchange = free_exchanges_.back();
        free_exchanges_.pop_back();
        return exchange;
    }
    try {
        make_room_for_one_more(free_exchanges_, exchanges_.size());
        exchanges_.push_back(std::make_unique<HttpExchange>(tracker_, roster_, cold_work_,
                                                            static_cast<HttpExchangePool&>(*this)));
        counters_.connection_bytes.add(sizeof(HttpExchange));
        return exchanges_.back().get();
    } catch (const std::exception&) {
        return nullptr;
    }
}

void HttpFrontend::give_back(HttpExchange& exchange) noexcept {
    free_exchanges_.push_back(&exchange);
}

void HttpFrontend::enter(HttpConnection& connection, Phase phase) noexcept {
    connection.unlink();
    const Time now = loop_.now();
    switch (phase) {
        case Phase::closed:
            break;
        case Phase::idle:
            connection.deadline = now + settings_.idle_timeout;
            idle_.push_back(connection);
            break;
        case Phase::head:
            connection.deadline = now + settings_.head_timeout;
            head_.push_back(connection);
            break;
        case Phase::answering:
            answering_.push_back(connection);
            break;
        case Phase::writing:
            connection.deadline = now + settings_.write_timeout;
            writing_.push_back(connection);
            break;
        case Phase::lingering:
            connection.deadline = now + limits::linger_time;
            lingering_.push_back(connection);
            break;
    }
}

void HttpFrontend::start_sweeps() {
    sweep_timer_.expires_after(sweep_interval);
    sweep_timer_.async_wait([this](boost::system::error_code error) {
        if (!error) {
            sweep();
            start_sweeps();
        }
    });
}

void HttpFrontend::measure() noexcept {
    logic::Protection& asked = protection();
    if (asked.may_shed()) {
        asked.note_wait(watch_.lag());
        for (const auto& listener : listeners_) {
            if (!resting_ && listener->is_crowded()) {
                asked.shedding(metrics::FrontEnd::http).note(std::chrono::milliseconds::max());
            }
        }
    }
    asked.step_shedding();
}

void HttpFrontend::sweep() noexcept {
    measure();
    watch_.look();  // epoll tells of a change once; should that get lost, nobody waits for long
    const Time now = loop_.now();
    for (List* const list : {&idle_, &head_, &writing_, &lingering_}) {
        while (!list->empty() && list->front().deadline <= now) {
            ++counters_.connections_of(list->front().family(), metrics::Arrival::timed_out);
            list->front().close();
        }
    }
}

}  // namespace chihaya::frontend
