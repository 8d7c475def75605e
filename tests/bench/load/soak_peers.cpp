#include "tests/bench/load/soak_peers.hpp"

#include "tests/bench/load/population.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

namespace chihaya::bench {
namespace {

constexpr std::uint64_t mebibyte = 1U << 20U;
constexpr std::uint64_t size_max = 8'192 * mebibyte;
constexpr std::uint64_t step_max = 48 * mebibyte;
constexpr std::uint64_t quiet_of = 8;  // one announce of so many has nothing new
constexpr std::uint64_t stops_of = 80;

std::string escaped(const Hash& hash) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t byte : hash)
        text.append({'%', digits[byte >> 4U], digits[byte & 15U]});
    return text;
}

}  // namespace

SoakPeers::SoakPeers(const SoakOptions& options)
    : options_(options),
      peers_(options.peers),
      users_(options.users),
      balances_(options.torrents),
      snatches_(options.torrents),
      sessions_(options.out / "sessions.tsv"),
      doubts_(options.out / "doubts.tsv"),
      random_(options.seed) {
    for (std::uint32_t i = 0; i < options.peers; ++i)
        queue_.push_back(i);
}

std::int64_t SoakPeers::next() {
    while (!queue_.empty()) {
        const std::uint32_t peer = queue_.front();
        queue_.pop_front();
        if (!peers_[peer].is_done)
            return peer;
    }
    return -1;
}

/// What the peer did since its last announce. Counters of `stopped` and `started` stand.
void SoakPeers::advance(Peer& peer) {
    if (peer.stage == Stage::stopping || peer.stage == Stage::starting)
        return;
    if (peer.stage == Stage::away) {
        peer = {
            .left = 1 + random(size_max), .sessions = peer.sessions + 1, .stage = Stage::starting};
        return;
    }
    if (random(quiet_of) != 0) {
        const std::uint64_t down = std::min(peer.left, random(step_max));
        peer.now += {random(step_max), down};
        peer.left -= down;
    }
    if (peer.stage == Stage::completing)
        return;
    if (peer.left == 0 && peer.completed_at == 0)
        peer.stage = Stage::completing;
    else if (!is_finishing_ && random(stops_of) == 0)
        peer.stage = Stage::stopping;
}

std::size_t SoakPeers::write(std::uint32_t index, char* out) {
    Peer& peer = peers_[index];
    advance(peer);
    constexpr std::array<const char*, 5> events{"", "&event=started", "", "&event=completed",
                                                "&event=stopped"};
    const int size = std::snprintf(
        out, request_size_max,
        "GET /%032u/announce?info_hash=%s&peer_id=%s&port=%u&uploaded=%llu&downloaded=%llu"
        "&left=%llu&numwant=5&compact=1%s HTTP/1.1\r\nHost: t\r\nUser-Agent: soak/1\r\n\r\n",
        first_account + user_of(index), escaped(info_hash(torrent_of(index))).c_str(),
        peer_id(index, peer).c_str(), unsigned{port_of(index)},
        static_cast<unsigned long long>(peer.now.up),
        static_cast<unsigned long long>(peer.now.down), static_cast<unsigned long long>(peer.left),
        events.at(static_cast<std::size_t>(peer.stage)));
    return static_cast<std::size_t>(size);
}

void SoakPeers::answered(std::uint32_t index, std::uint64_t now) {
    Peer& peer = peers_[index];
    peer.last = peer.now - peer.reported;
    peer.reported = peer.now;
    if (peer.may_be_unknown) {
        note_doubt(index, "start", peer.reported, killed_at_ - peer.started_at);
        peer.may_be_unknown = false;
    }
    const auto kind = static_cast<SoakKind>(torrent_of(index) % 3);
    if (kind != SoakKind::neutral)
        users_[user_of(index)] += {peer.last.up, kind == SoakKind::free ? 0 : peer.last.down};
    balances_[torrent_of(index)] += static_cast<std::int64_t>(peer.last.up - peer.last.down);
    counts_.reported += peer.last;
    settle(index, peer, now);
    if (is_finishing_ && !peer.is_done) {
        peer.is_done = true;
        --unfinished_;
    }
    queue_.push_back(index);
}

void SoakPeers::settle(std::uint32_t index, Peer& peer, std::uint64_t now) {
    switch (peer.stage) {
        case Stage::starting:
            ++counts_.sessions;
            peer.started_at = now;
            break;
        case Stage::completing:
            ++counts_.completions;
            ++snatches_[torrent_of(index)];
            peer.completed_at = now;
            break;
        case Stage::stopping:
            ++counts_.stops;
            peer.stopped_at = now;
            note_session(index, peer, false);
            peer.stage = Stage::away;
            return;
        case Stage::here:
        case Stage::away:
            break;
    }
    peer.stage = Stage::here;
}

void SoakPeers::doubt(std::uint64_t killed_at) {
    killed_at_ = killed_at;
    const std::uint64_t since = killed_at - std::uint64_t{options_.doubt} * 1'000'000;
    for (std::uint32_t i = 0; i < options_.peers; ++i) {
        Peer& peer = peers_[i];
        peer.may_be_unknown = peer.stage != Stage::away && peer.started_at >= since;
        if (peer.stage == Stage::away && peer.stopped_at >= since)
            note_doubt(i, "stop", peer.last, killed_at - peer.stopped_at);
        if (peer.completed_at >= since)
            note_doubt(i, "snatch", {}, killed_at - peer.completed_at);
    }
}

void SoakPeers::finish() {
    is_finishing_ = true;
    unfinished_ = options_.peers;
}

void SoakPeers::note_session(std::uint32_t index, const Peer& peer, bool is_active) {
    sessions_ << first_account + user_of(index) << '\t' << first_account + torrent_of(index) << '\t'
              << peer_id(index, peer) << '\t' << is_active << '\t' << peer.reported.up << '\t'
              << peer.reported.down << '\t' << peer.left << '\n';
}

/// Some bytes, or a snatch, may be missing at the site: it was told of them so long before a kill.
void SoakPeers::note_doubt(std::uint32_t index, const char* what, const Bytes& bytes,
                           std::uint64_t before_kill) {
    const bool neutral = torrent_of(index) % 3 == static_cast<std::uint32_t>(SoakKind::neutral);
    const bool normal = torrent_of(index) % 3 == static_cast<std::uint32_t>(SoakKind::normal);
    doubts_ << what << '\t' << first_account + user_of(index) << '\t'
            << first_account + torrent_of(index) << '\t' << (neutral ? 0 : bytes.up) << '\t'
            << (normal ? bytes.down : 0) << '\t' << static_cast<std::int64_t>(bytes.up - bytes.down)
            << '\t' << before_kill / 1000 << '\t' << peer_id(index, peers_[index]) << '\n';
}

void SoakPeers::report() {
    for (std::uint32_t i = 0; i < options_.peers; ++i) {
        if (peers_[i].stage != Stage::away)
            note_session(i, peers_[i], true);
    }
    std::ofstream users(options_.out / "users.tsv");
    for (std::uint32_t i = 0; i < options_.users; ++i)
        users << first_account + i << '\t' << users_[i].up << '\t' << users_[i].down << '\n';
    std::ofstream torrents(options_.out / "torrents.tsv");
    for (std::uint32_t i = 0; i < options_.torrents; ++i)
        torrents << first_account + i << '\t' << balances_[i] << '\t' << snatches_[i] << '\n';
    sessions_.flush();
    doubts_.flush();
}

std::uint64_t SoakPeers::random(std::uint64_t below) noexcept {
    return mix(random_++) % below;
}

std::uint32_t SoakPeers::user_of(std::uint32_t index) const noexcept {
    return static_cast<std::uint32_t>(mix(index) % options_.users);
}

std::uint32_t SoakPeers::torrent_of(std::uint32_t index) const noexcept {
    return index % options_.torrents;
}

/// Every other session is that of a client that was started anew.
std::string SoakPeers::peer_id(std::uint32_t index, const Peer& peer) {
    std::array<char, 32> text{};
    const std::uint64_t self = mix((std::uint64_t{index} << 32U) | ((peer.sessions + 1) / 2));
    std::snprintf(text.data(), text.size(), "-LT2080-%012llx",
                  static_cast<unsigned long long>(self & 0xFFFF'FFFF'FFFFU));
    return {text.data(), 20};
}

}  // namespace chihaya::bench
