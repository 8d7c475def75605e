#include "tests/conformance/contract/world.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <tuple>
#include <utility>

namespace chihaya::test::contract {
namespace {

constexpr std::uint8_t untouched = 0xa5;
constexpr std::size_t entries_behind = 8;

template <class Entry>
std::uint8_t* bytes_of(std::vector<Entry>& entries) {
    return reinterpret_cast<std::uint8_t*>(entries.data());
}

/// Room for `count` entries, and some behind it.
template <class Entry>
void make_room(std::vector<Entry>& room, std::uint32_t count) {
    room.resize(count + entries_behind);
    std::fill_n(bytes_of(room), room.size() * sizeof(Entry), untouched);
}

template <class Entry>
bool is_untouched(std::vector<Entry>& room, std::size_t from) {
    const auto* const bytes = bytes_of(room);
    return std::all_of(bytes + from * sizeof(Entry), bytes + room.size() * sizeof(Entry),
                       [](std::uint8_t byte) { return byte == untouched; });
}

/// Moves what was written from the room to `found`. False: more was written than there is room for.
template <class Entry>
bool take(std::vector<Entry>& room, std::size_t count, std::vector<Entry>& found) {
    if (room.empty()) {
        return count == 0;
    }
    if (count > room.size() - entries_behind || !is_untouched(room, count)) {
        return false;
    }
    found.assign(room.begin(), room.begin() + static_cast<std::ptrdiff_t>(count));
    return true;
}

template <class Entry>
bool each_once(std::vector<Entry> entries) {
    std::ranges::sort(entries, {}, &Entry::wire);
    return std::ranges::adjacent_find(entries) == entries.end();
}

template <class Entry>
bool all_present(const std::vector<Entry>& entries) {
    return std::ranges::all_of(entries, &Entry::present);
}

auto order_of(const PeerRecord& peer) {
    return std::tuple(peer.user, peer.peer_id.bytes, peer.ipv4.wire, peer.ipv6.wire);
}

struct ScrapeReply final : ScrapeSink {
    void done(std::span<const SwarmCounts> found) noexcept override {
        ++answers;
        counts.assign(found.begin(), found.end());
    }
    void failed(Status status) noexcept override {
        ++answers;
        failure = status;
    }

    int answers = 0;
    Status failure;
    std::vector<SwarmCounts> counts;
};

/// Turns the loop until `is_over`, for some seconds at most, and once more: an answer too many
/// would come now.
template <class Predicate>
void run_until(FakeHost& host, Predicate is_over) {
    constexpr std::chrono::milliseconds patience{10};
    constexpr int turns_max = 500;
    for (int turn = 0; turn < turns_max && !is_over(); ++turn) {
        host.turn(patience);
    }
    host.turn();
}

std::atomic<unsigned> busy_loops = 0;

/// `release` owes the loop a clean table. Called by destructors, where no check may fail.
void note_busy(const FakeHost& host) {
    busy_loops += host.idle() ? 0 : 1;
}

}  // namespace

AnnounceRequest from(Ipv4Endpoint endpoint, std::uint64_t left, Event event) {
    return {.info_hash = ubuntu,
            .peer_id = {{'-', endpoint.wire[2], endpoint.wire[3], 4}},
            .ipv4 = endpoint,
            .left = left,
            .event = event,
            .num_want_ipv4 = 50,
            .num_want_ipv6 = 50};
}

AnnounceRequest from(Ipv6Endpoint endpoint, std::uint64_t left, Event event) {
    AnnounceRequest request = from(Ipv4Endpoint{}, left, event);
    request.peer_id = {{'-', endpoint.wire[13], endpoint.wire[15], 6}};
    request.ipv6 = endpoint;
    return request;
}

AnnounceRequest from(Ipv4Endpoint endpoint, Ipv6Endpoint other, std::uint64_t left, Event event) {
    AnnounceRequest request = from(endpoint, left, event);
    request.ipv6 = other;
    return request;
}

AnnounceRequest with_account(AnnounceRequest request, std::uint64_t user, char client) {
    request.user = UserId{user};
    request.peer_id = {{'-', static_cast<std::uint8_t>(client)}};
    return request;
}

AnnounceRequest with_flags(AnnounceRequest request, AnnounceFlags flags) {
    request.flags = flags;
    return request;
}

AnnounceRequest wanting(AnnounceRequest request, std::uint32_t ipv4, std::uint32_t ipv6) {
    request.num_want_ipv4 = ipv4;
    request.num_want_ipv6 = ipv6;
    return request;
}

AnnounceRequest in_swarm(AnnounceRequest request, const InfoHash& info_hash) {
    request.info_hash = info_hash;
    return request;
}

void Reply::lend_room(AnnounceRequest& request) {
    request.room = {};
    const bool want_ids = has(request.flags, AnnounceFlags::want_peer_ids);
    if (request.num_want_ipv4 != 0) {
        make_room(ipv4_room_, request.num_want_ipv4);
        request.room.ipv4 = bytes_of(ipv4_room_);
    }
    if (request.num_want_ipv6 != 0) {
        make_room(ipv6_room_, request.num_want_ipv6);
        request.room.ipv6 = bytes_of(ipv6_room_);
    }
    if (want_ids && request.num_want_ipv4 != 0) {
        make_room(ipv4_ids_room_, request.num_want_ipv4);
        request.room.ipv4_ids = ipv4_ids_room_.data();
    }
    if (want_ids && request.num_want_ipv6 != 0) {
        make_room(ipv6_ids_room_, request.num_want_ipv6);
        request.room.ipv6_ids = ipv6_ids_room_.data();
    }
}

void Reply::done(const AnnounceReply& reply) noexcept {
    ++answers;
    counts = reply.counts;
    history = reply.history;
    has_peer_ids = reply.has_peer_ids;
    is_spare_used_ = reply.reserved != AnnounceReply{}.reserved || history.reserved != 0;
    const std::size_t ipv4_ids_count = has_peer_ids ? reply.ipv4_peers : 0;
    const std::size_t ipv6_ids_count = has_peer_ids ? reply.ipv6_peers : 0;
    const bool fits = take(ipv4_room_, reply.ipv4_peers, ipv4) &&
                      take(ipv6_room_, reply.ipv6_peers, ipv6) &&
                      take(ipv4_ids_room_, ipv4_ids_count, ipv4_ids) &&
                      take(ipv6_ids_room_, ipv6_ids_count, ipv6_ids);
    is_overfull_ = !fits;
}

void Reply::failed(Status status) noexcept {
    ++answers;
    failure = status;
}

std::string Reply::broken_rule(const AnnounceRequest& request) const {
    if (answers != 1) {
        return answers == 0 ? "every sink is answered" : "no sink is answered twice";
    }
    if (!failure.ok()) {
        return "an announce succeeds while the service is there";
    }
    if (is_overfull_) {
        return "nothing is written outside the room, nor beyond the counts";
    }
    if (is_spare_used_) {
        return "spare bytes are zero";
    }
    if (has_peer_ids && !has(request.flags, AnnounceFlags::want_peer_ids)) {
        return "peer ids come only when they are wanted";
    }
    if (!each_once(ipv4) || !each_once(ipv6)) {
        return "every endpoint is handed out once";
    }
    if (!all_present(ipv4) || !all_present(ipv6)) {
        return "nobody is handed out without an address";
    }
    if (contains(ipv4, request.ipv4) || contains(ipv6, request.ipv6)) {
        return "nobody is handed itself";
    }
    if (request.event == Event::stopped && !(ipv4.empty() && ipv6.empty())) {
        return "who stops is handed nobody";
    }
    if (!history.known && history != PeerHistory{}) {
        return "an unknown peer has no history";
    }
    return {};
}

const PeerRecord* SwarmView::of(UserId user) const {
    const auto found = std::ranges::find(peers, user, &PeerRecord::user);
    return found == peers.end() ? nullptr : &*found;
}

const PeerRecord* SwarmView::at(Ipv4Endpoint endpoint) const {
    const auto found = std::ranges::find(peers, endpoint, &PeerRecord::ipv4);
    return found == peers.end() ? nullptr : &*found;
}

bool SwarmCollector::swarm(const SwarmRecord& swarm, std::span<const PeerRecord> peers) noexcept {
    ++calls;
    const bool are_peers_clean = std::ranges::all_of(
        peers, [](const PeerRecord& peer) { return peer.reserved == PeerRecord{}.reserved; });
    is_spare_used = is_spare_used || !are_peers_clean || swarm.reserved != SwarmRecord{}.reserved;
    const auto same = [&](const SwarmView& view) {
        return view.record.info_hash == swarm.info_hash;
    };
    if (swarms.empty() || !same(swarms.back())) {
        is_interleaved = is_interleaved || std::ranges::any_of(swarms, same);
        swarms.push_back({swarm, {}});
    }
    std::vector<PeerRecord>& all = swarms.back().peers;
    all.insert(all.end(), peers.begin(), peers.end());
    std::ranges::sort(all, {}, order_of);
    return calls < enough_;
}

Worker::Worker(TrackerDriver& driver, FakeClock& clock)
    : host(clock), session_(driver.open_session(host)) {
    REQUIRE(session_ != nullptr);
    await_service();
}

void Worker::await_service() {
    const ScrapeRequest request{{&nobodys, 1}};
    ScrapeReply reply;
    for (int attempt = 0; attempt < 100 && (attempt == 0 || !reply.failure.ok()); ++attempt) {
        host.turn(std::chrono::milliseconds(attempt == 0 ? 0 : 20));
        reply = {};
        const ScrapeCall call{&request, &reply};
        session_->scrape({&call, 1});
        run_until(host, [&] { return reply.answers != 0; });
    }
    REQUIRE(reply.failure.ok());
}

Worker::~Worker() {
    session_.reset();
    note_busy(host);
}

std::deque<Reply> Worker::announce(std::vector<AnnounceRequest> requests) {
    std::deque<Reply> replies(requests.size());
    std::vector<AnnounceCall> batch;
    for (std::size_t i = 0; i < requests.size(); ++i) {
        replies[i].lend_room(requests[i]);
        batch.push_back({&requests[i], &replies[i]});
    }
    session_->announce(batch);
    run_until(host, [&] { return std::ranges::all_of(replies, &Reply::answers); });
    for (std::size_t i = 0; i < requests.size(); ++i) {
        CHECK(replies[i].broken_rule(requests[i]) == "");
    }
    return replies;
}

Reply Worker::announce(const AnnounceRequest& request) {
    return std::move(announce(std::vector{request})[0]);
}

std::vector<SwarmCounts> Worker::scrape(const std::vector<InfoHash>& info_hashes) {
    const ScrapeRequest request{info_hashes};
    ScrapeReply reply;
    const ScrapeCall call{&request, &reply};
    session_->scrape({&call, 1});
    run_until(host, [&] { return reply.answers != 0; });
    CHECK(reply.answers == 1);
    CHECK(reply.failure.ok());
    CHECK(reply.counts.size() == info_hashes.size());
    reply.counts.resize(info_hashes.size());
    return reply.counts;
}

unsigned take_busy_loops() {
    return busy_loops.exchange(0);
}

TrackerSetup plain_setup() {
    return {.params = "{}", .peer_lifetime = lifetime, .history_lifetime = lifetime, .workers = 8};
}

Tracker::Tracker(const MakeTrackerDriver& make, const TrackerSetup& setup)
    : driver_(make(control_, setup)) {
    REQUIRE(driver_ != nullptr);
    worker_.emplace(*driver_, clock_);
}

Tracker::~Tracker() {
    worker_.reset();
    driver_.reset();
    note_busy(control_);
}

void Tracker::let_pass(seconds time) {
    // A driver with sockets gets a moment in each turn; one without does not wait.
    constexpr std::chrono::milliseconds patience{1};
    for (auto passed = seconds(0); passed < time; ++passed) {
        clock_.advance(seconds(1));
        control_.turn(patience);
        worker_->host.turn(patience);
    }
    // What the last seconds have begun may still be on its way.
    constexpr std::chrono::milliseconds long_patience{10};
    for (int quiet_turns = 0; quiet_turns < 4;) {
        const bool was_busy = worker_->host.turn(long_patience);
        quiet_turns = was_busy ? 0 : quiet_turns + 1;
    }
}

std::optional<SwarmView> Tracker::read(const InfoHash& info_hash) {
    SwarmCollector found;
    CHECK(driver_->read_swarm(info_hash, found).ok());
    CHECK_FALSE(found.is_spare_used);
    CHECK(found.swarms.size() <= 1);
    if (found.swarms.empty()) {
        return std::nullopt;
    }
    CHECK(found.swarms[0].record.info_hash == info_hash);
    return found.swarms[0];
}

Reply Tracker::visit() {
    const Ipv4Endpoint visitor = contract::ipv4(250, 250);
    const Reply reply = announce(wanting(from(visitor, some_left), 200, 200));
    announce(from(visitor, some_left, Event::stopped));
    return reply;
}

}  // namespace chihaya::test::contract
