#include "tests/gazelle_program/truthful_peers.hpp"

#include "tests/support/child_process.hpp"

#include <algorithm>
#include <exception>
#include <map>
#include <sstream>
#include <utility>

namespace chihaya::test {
namespace {

std::string peer_id_of(std::uint32_t number) {
    const std::string digits = std::to_string(number);
    return "-TR3000-" + std::string(12 - digits.size(), 't') + digits;
}

bool seeds(std::uint32_t user) {
    return user % 2 == 0;
}

/// More rounds than anybody waits for: there is no use in waiting.
constexpr std::uint64_t failed = std::uint64_t{1} << 60U;

}  // namespace

TruthfulPeers::TruthfulPeers(Site& site) {
    site.add_users(first_user, users);
    site.add_torrents(first_torrent, torrents);
    for (std::uint32_t i = 0; i < all; ++i) {
        peers_.push_back({.user = first_user + i / torrents,
                          .torrent = first_torrent + i % torrents,
                          .peer_id = peer_id_of(i)});
    }
}

std::string TruthfulPeers::next_request(Peer& peer) {
    if (std::exchange(peer.has_begun, true)) {
        peer.up += peer.user + (announced_ % 7 << 20U);
        peer.down += seeds(peer.user) ? 0 : peer.torrent;
    }
    ++announced_;
    return get(target(UserAnnounce{.user = peer.user,
                                   .torrent = peer.torrent,
                                   .peer_id = peer.peer_id,
                                   .up = peer.up,
                                   .down = peer.down,
                                   .left = seeds(peer.user) ? 0U : 1'000U,
                                   .port = 1'024 + peer.user}));
}

void TruthfulPeers::announce(PrivateTracker& tracker, std::size_t at_once) {
    TcpClient client(tracker.port());
    for (std::size_t i = 0; i < peers_.size(); i += at_once) {
        const std::size_t end = std::min(i + at_once, peers_.size());
        std::string requests;
        for (std::size_t at = i; at < end; ++at) {
            requests += next_request(peers_[at]);
        }
        client.send(requests);
        for (std::size_t at = i; at < end; ++at) {
            const HttpReply reply = client.read_reply();
            tracker.count(reply);
            static_cast<void>(success(reply));
        }
    }
}

std::string TruthfulPeers::differences(Site& site) const {
    std::map<std::uint32_t, Credit> credits;
    std::map<std::uint32_t, TorrentRow> rows;
    for (const Peer& peer : peers_) {
        const auto up = static_cast<std::int64_t>(peer.up);
        const auto down = static_cast<std::int64_t>(peer.down);
        credits[peer.user].uploaded += up;
        credits[peer.user].downloaded += down;
        TorrentRow& row = rows[peer.torrent];
        row.balance += up - down;
        ++(seeds(peer.user) ? row.crowd.seeders : row.crowd.leechers);
    }
    std::ostringstream out;
    for (const auto& [user, wanted] : credits) {
        if (const Credit found = site.credit(user); !(found == wanted)) {
            out << "user " << user << ": " << found << " instead of " << wanted << '\n';
        }
    }
    for (const auto& [torrent, wanted] : rows) {
        const TorrentRow found = site.torrent(torrent);
        if (found.balance != wanted.balance || !(found.crowd == wanted.crowd)) {
            out << "torrent " << torrent << ": " << found.crowd << ", " << found.balance
                << " instead of " << wanted.crowd << ", " << wanted.balance << '\n';
        }
    }
    return out.str();
}

SteadyLoad::SteadyLoad(TruthfulPeers& peers, PrivateTracker& tracker)
    : peers_(peers), tracker_(tracker), thread_([this] { run(); }) {
    wait_for_rounds();
}

void SteadyLoad::run() noexcept {
    try {
        while (!ends_) {
            peers_.announce(tracker_);
            ++rounds_;
        }
    } catch (const std::exception& error) {
        failure_ = error.what();
        rounds_ = failed;
    }
}

void SteadyLoad::wait_for_rounds(std::uint64_t rounds) const {
    // The round that runs now has peers who announced before.
    const std::uint64_t wanted = rounds_ + rounds + 1;
    wait_until("all peers have announced", [&] { return rounds_ >= std::min(wanted, failed); });
}

void SteadyLoad::finish() {
    end();
    tracker_.wait_flushed();
}

void SteadyLoad::end() {
    ends_ = true;
    if (thread_.joinable()) {
        thread_.join();
    }
}

}  // namespace chihaya::test
