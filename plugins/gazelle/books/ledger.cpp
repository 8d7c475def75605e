#include "plugins/gazelle/books/ledger.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <random>
#include <utility>

namespace chihaya::gazelle {
namespace {

using Event = chihaya::Event;

std::uint64_t process_key() noexcept {
    static const std::uint64_t key = [] {
        std::random_device dice;
        return (std::uint64_t{dice()} << 32U) | dice();
    }();
    return key;
}

/// The two halves of a product, folded: every bit of both numbers reaches every bit of it.
std::uint64_t folded(std::uint64_t left, std::uint64_t right) noexcept {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(left) * right;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

constexpr std::uint64_t odd = 0x9e37'79b9'7f4a'7c15;

std::uint64_t mixed(std::uint64_t hash, std::uint64_t word) noexcept {
    return folded(hash ^ word ^ odd, process_key() | 1U);
}

/// A sum that stops at the top instead of beginning anew.
std::uint64_t sum(std::uint64_t left, std::uint64_t right) noexcept {
    const std::uint64_t total = left + right;
    return total < left ? std::numeric_limits<std::uint64_t>::max() : total;
}

std::int64_t signed_sum(std::int64_t left, std::int64_t right) noexcept {
    std::int64_t total = 0;
    if (__builtin_add_overflow(left, right, &total)) {
        return left < 0 ? std::numeric_limits<std::int64_t>::min()
                        : std::numeric_limits<std::int64_t>::max();
    }
    return total;
}

std::int64_t capped(std::uint64_t number) noexcept {
    constexpr std::uint64_t most = std::numeric_limits<std::int64_t>::max();
    return static_cast<std::int64_t>(std::min(number, most));
}

/// Source: Ocelot: uploaded less downloaded less corrupt, as clients report it
std::int64_t balance_of(const Entry& entry) noexcept {
    return signed_sum(capped(entry.uploaded_raw),
                      -signed_sum(capped(entry.downloaded_raw), capped(entry.corrupt_raw)));
}

bool moves_bytes(const Entry& entry) noexcept {
    return (entry.uploaded_raw | entry.downloaded_raw | entry.corrupt_raw) != 0;
}

/// Does this change more of the peer than when it was last seen?
bool moves(const Entry& entry) noexcept {
    return moves_bytes(entry) || entry.is(DeltaFlags::is_new) || entry.is(DeltaFlags::is_gone) ||
           entry.is(DeltaFlags::snatched) || entry.is(DeltaFlags::expired) ||
           entry.event != static_cast<std::uint32_t>(Event::none) || entry.announces <= 1;
}

PeerRow row_of(const Entry& entry) noexcept {
    PeerRow row;
    row.uploaded = entry.uploaded;
    row.downloaded = entry.downloaded;
    row.left = entry.left;
    row.corrupt = entry.corrupt;
    const bool is_over = entry.is(DeltaFlags::expired);
    if (!is_over && entry.active_for > 0) {
        row.up_speed = entry.uploaded_raw / entry.active_for;
        row.down_speed = entry.downloaded_raw / entry.active_for;
    }
    row.at = entry.at;
    row.stay = entry.stay;
    row.announces = entry.announces;
    row.is_active = !is_over && !entry.is(DeltaFlags::is_gone);
    row.is_hidden = entry.is(DeltaFlags::hidden);
    row.has_moved = moves(entry);
    row.ipv4 = entry.ipv4;
    row.ipv6 = entry.ipv6;
    row.user_agent = entry.user_agent;
    row.user_agent_size = entry.user_agent_size;
    return row;
}

/// Which of two rows of a peer is the later one. An end comes after the announce it is about.
bool is_later(const PeerRow& row, const PeerRow& than) noexcept {
    if (row.at != than.at) {
        return row.at > than.at;
    }
    return row.announces != than.announces ? row.announces > than.announces : !row.is_active;
}

void merge(PeerRow& known, const PeerRow& other) noexcept {
    const bool has_moved = known.has_moved || other.has_moved;
    const PeerRow& earlier = is_later(other, known) ? known : other;
    PeerRow row = is_later(other, known) ? other : known;
    row.has_moved = has_moved;
    if (row.user_agent_size == 0) {
        row.user_agent = earlier.user_agent;
        row.user_agent_size = earlier.user_agent_size;
    }
    known = row;
}

void merge(TorrentSums& known, const TorrentSums& other) noexcept {
    known.snatches = sum(known.snatches, other.snatches);
    known.balance = signed_sum(known.balance, other.balance);
    if (other.at >= known.at) {
        known.at = other.at;
        known.seeders = other.seeders;
        known.leechers = other.leechers;
    }
}

template <class Map, class Merge>
void merge_maps(Map& into, const Map& from, Merge merge) {
    for (const auto& [key, value] : from) {
        const auto [place, is_new] = into.try_emplace(key, value);
        if (!is_new) {
            merge(place->second, value);
        }
    }
}

}  // namespace

std::size_t KeyHash::operator()(std::uint64_t number) const noexcept {
    return mixed(odd, number);
}

std::size_t KeyHash::operator()(const TokenKey& key) const noexcept {
    return mixed(mixed(odd, key.user), key.torrent);
}

std::size_t KeyHash::operator()(const PeerKey& key) const noexcept {
    std::array<std::uint64_t, 3> words{};
    std::memcpy(words.data(), key.peer_id.data(), key.peer_id.size());
    std::uint64_t hash = mixed(mixed(odd, key.user), key.torrent);
    for (const std::uint64_t word : words) {
        hash = mixed(hash, word);
    }
    return hash;
}

void Ledger::add(const Entry& entry, bool shows_torrent) {
    const bool is_snatch = entry.is(DeltaFlags::snatched);
    make_room();
    const PeerKey key{entry.peer_id, entry.torrent, entry.user};
    const bool is_charged = (entry.uploaded_credited | entry.downloaded_credited) != 0;
    const bool uses_token = entry.is(DeltaFlags::used_token) && moves_bytes(entry);
    TorrentSums* torrent = nullptr;
    if (shows_torrent || moves(entry)) {
        torrent = &torrents[entry.torrent];
    }
    UserSums* const user = is_charged ? &users[entry.user] : nullptr;
    std::uint64_t* const token =
        uses_token ? &tokens[TokenKey{entry.user, entry.torrent}] : nullptr;
    const PeerRow row = row_of(entry);
    const auto [place, is_new] = peers.try_emplace(key, row);

    if (!is_new) {
        merge(place->second, row);
    }
    if (user != nullptr) {
        user->uploaded = sum(user->uploaded, entry.uploaded_credited);
        user->downloaded = sum(user->downloaded, entry.downloaded_credited);
    }
    if (token != nullptr) {
        *token = sum(*token, entry.downloaded_raw);
    }
    if (torrent != nullptr) {
        merge(*torrent, {.seeders = entry.seeders,
                         .leechers = entry.leechers,
                         .snatches = is_snatch ? std::uint64_t{1} : 0,
                         .balance = balance_of(entry),
                         .at = entry.counted_at()});
    }
    if (is_snatch) {
        snatches.push_back({.user = entry.user,
                            .torrent = entry.torrent,
                            .at = entry.at,
                            .is_hidden = entry.is(DeltaFlags::hidden),
                            .ipv4 = entry.ipv4,
                            .ipv6 = entry.ipv6});
    }
}

/// For one more of each: what follows cannot fail in the middle.
void Ledger::make_room() {
    users.reserve(users.size() + 1);
    torrents.reserve(torrents.size() + 1);
    tokens.reserve(tokens.size() + 1);
    peers.reserve(peers.size() + 1);
    if (snatches.size() == snatches.capacity()) {
        snatches.reserve(2 * snatches.size() + 8);
    }
}

void Ledger::add(const Ledger& other) {
    users.reserve(users.size() + other.users.size());
    torrents.reserve(torrents.size() + other.torrents.size());
    tokens.reserve(tokens.size() + other.tokens.size());
    peers.reserve(peers.size() + other.peers.size());
    snatches.reserve(snatches.size() + other.snatches.size());

    merge_maps(users, other.users, [](UserSums& known, const UserSums& more) {
        known.uploaded = sum(known.uploaded, more.uploaded);
        known.downloaded = sum(known.downloaded, more.downloaded);
    });
    merge_maps(torrents, other.torrents,
               [](TorrentSums& known, const TorrentSums& more) { merge(known, more); });
    merge_maps(tokens, other.tokens,
               [](std::uint64_t& known, std::uint64_t more) { known = sum(known, more); });
    merge_maps(peers, other.peers, [](PeerRow& known, const PeerRow& row) { merge(known, row); });
    snatches.insert(snatches.end(), other.snatches.begin(), other.snatches.end());
}

std::size_t Ledger::drop_quiet_peers() {
    return boost::unordered::erase_if(peers,
                                      [](const auto& peer) { return !peer.second.has_moved; });
}

Ledger Ledger::take_peers(std::size_t count) {
    Ledger taken;
    taken.peers.reserve(std::min(count, peers.size()));
    for (auto peer = peers.begin(); peer != peers.end() && taken.peers.size() < count;) {
        taken.peers.insert(*peer);
        peers.erase(peer++);
    }
    return taken;
}

std::size_t Ledger::bytes() const noexcept {
    return users.size() * sizeof(std::pair<std::uint64_t, UserSums>) +
           torrents.size() * sizeof(std::pair<std::uint64_t, TorrentSums>) +
           tokens.size() * sizeof(std::pair<TokenKey, std::uint64_t>) +
           peers.size() * sizeof(std::pair<PeerKey, PeerRow>) + snatches.size() * sizeof(Snatch);
}

void Ledger::clear() noexcept {
    *this = Ledger();
}

bool Ledger::empty() const noexcept {
    return users.empty() && torrents.empty() && tokens.empty() && peers.empty() && snatches.empty();
}

}  // namespace chihaya::gazelle
