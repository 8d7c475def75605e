#include "plugins/redis/chooser.hpp"

#include "chihaya/address.hpp"
#include "plugins/redis/big_endian.hpp"
#include "plugins/redis/rows.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>
#include <utility>

namespace chihaya::redis {
namespace {

template <class Endpoint>
constexpr Kind plain_kind = std::is_same_v<Endpoint, Ipv4Endpoint> ? Kind::ipv4 : Kind::ipv6;

template <class Endpoint>
constexpr std::size_t place_in_member =
    std::is_same_v<Endpoint, Ipv4Endpoint> ? member_key::ipv4 : member_key::ipv6;

bool shares_prefix(const char* left, const std::uint8_t* right, unsigned bits) noexcept {
    const std::size_t whole = bits / 8;
    if (std::memcmp(left, right, whole) != 0) {
        return false;
    }
    const unsigned rest = bits % 8;
    return rest == 0 ||
           ((static_cast<std::uint8_t>(left[whole]) ^ right[whole]) >> (8 - rest)) == 0;
}

}  // namespace

bool Chooser::Places::add(const std::uint8_t* room, const char* endpoint, std::size_t size,
                          std::uint32_t number) noexcept {
    std::uint64_t mixed = 0;
    for (std::size_t at = 0; at < size; ++at) {
        mixed = (mixed ^ static_cast<std::uint8_t>(endpoint[at])) * 0x100000001b3U;
    }
    std::size_t place = (mixed ^ (mixed >> 32U)) % numbers_.size();
    for (; numbers_[place] != 0; place = (place + 1) % numbers_.size()) {
        if (std::memcmp(room + (numbers_[place] - 1U) * size, endpoint, size) == 0) {
            return false;
        }
    }
    if (number + 1 < numbers_.size() / 2) {  // beyond, nobody is remembered: never so many
        numbers_[place] = static_cast<std::uint16_t>(number + 1);
    }
    return true;
}

/// Where peers of one family go, and what they must be like.
template <class Endpoint>
struct Chooser::Basket {
    std::uint8_t* room = nullptr;
    PeerId* ids = nullptr;
    std::uint32_t want = 0;
    Endpoint own{};        // the announcer's
    Endpoint known_own{};  // and that it is known by from before
    UserId user = UserId::none;
    ReachSet reach = 0;
    unsigned near_bits = 0;
    bool leechers_only = false;
    Places* places = nullptr;  // of those in the room, where two rows may have one address
    std::uint32_t count = 0;

    [[nodiscard]] bool add(const Row& row) noexcept {
        Endpoint endpoint;
        std::memcpy(endpoint.wire.data(), row.endpoint, endpoint.wire.size());
        if (!endpoint.present() || endpoint == own || endpoint == known_own ||
            (reach_bit(reach_of(endpoint)) & reach) == 0) {
            return false;
        }
        if (row.member != nullptr && user != UserId::none &&
            get_number({row.member, 8}, 0, 8) == static_cast<std::uint64_t>(user)) {
            return false;
        }
        constexpr std::size_t size = sizeof(endpoint.wire);
        if (places != nullptr && !places->add(room, row.endpoint, size, count)) {
            return false;
        }
        std::memcpy(room + count * size, row.endpoint, size);
        if (ids != nullptr) {
            PeerId id;
            if (row.member != nullptr) {
                std::memcpy(id.bytes.data(), row.member + member_key::peer_id, id.bytes.size());
            }
            ids[count] = id;
        }
        ++count;
        return true;
    }
};

void Chooser::choose(const AnnounceAnswer& answer, const Asking& asking, bool has_ids,
                     AnnounceReply& reply) {
    if (asking.is_stopping) {
        return;
    }
    const Ipv4Endpoint known4 = asking.ipv4.present() ? asking.ipv4 : answer.own_ipv4;
    const Ipv6Endpoint known6 = asking.ipv6.present() ? asking.ipv6 : answer.own_ipv6;
    const bool own_only = has(asking.flags, AnnounceFlags::own_families_only);
    const bool want_ids = has_ids && has(asking.flags, AnnounceFlags::want_peer_ids);
    const ReachSet reach = reach_for(known4, known6);
    const bool leechers_only = has(asking.flags, AnnounceFlags::only_leechers);
    reply.ipv4_peers = choose_from<Ipv4Endpoint>(
        answer, {.room = asking.room.ipv4,
                 .ids = want_ids ? asking.room.ipv4_ids : nullptr,
                 .want = own_only && !known4.present() ? 0 : asking.want_ipv4,
                 .own = asking.ipv4,
                 .known_own = known4,
                 .user = asking.user,
                 .reach = reach,
                 .near_bits = known4.present() ? std::min<unsigned>(ipv4_bits_, 32) : 0,
                 .leechers_only = leechers_only,
                 .places = answer.may_repeat ? &places_ : nullptr});
    reply.ipv6_peers = choose_from<Ipv6Endpoint>(
        answer, {.room = asking.room.ipv6,
                 .ids = want_ids ? asking.room.ipv6_ids : nullptr,
                 .want = own_only && !known6.present() ? 0 : asking.want_ipv6,
                 .own = asking.ipv6,
                 .known_own = known6,
                 .user = asking.user,
                 .reach = reach,
                 .near_bits = known6.present() ? std::min<unsigned>(ipv6_bits_, 128) : 0,
                 .leechers_only = leechers_only,
                 .places = answer.may_repeat ? &places_ : nullptr});
    reply.has_peer_ids = want_ids;
}

template <class Endpoint>
std::uint32_t Chooser::choose_from(const AnnounceAnswer& answer, const Basket<Endpoint>& asked) {
    Basket<Endpoint> basket = asked;
    if (basket.want == 0 || basket.room == nullptr) {
        return 0;
    }
    if (basket.places != nullptr) {
        basket.places->clear();
    }
    gather(answer, basket);
    fill(near_, basket);
    fill(far_, basket);
    return basket.count;
}

template <class Endpoint>
void Chooser::gather(const AnnounceAnswer& answer, const Basket<Endpoint>& basket) {
    for (Shelf* const shelf : {&near_, &far_}) {
        shelf->seeders.clear();
        shelf->leechers.clear();
    }
    for (std::size_t i = 0; i < answer.row_count; ++i) {
        const Rows& rows = answer.rows[i];
        const Kind kind = kind_of(rows.row);
        const Role role = role_of(rows.row);
        const bool is_member = kind == Kind::member;
        if ((!is_member && kind != plain_kind<Endpoint>) || role == Role::hidden ||
            (role == Role::seeder && basket.leechers_only)) {
            continue;
        }
        const std::size_t stride = key_bytes(kind);
        const std::size_t place = is_member ? place_in_member<Endpoint> : 0;
        for (std::size_t at = 0; at < rows.keys.size(); at += stride) {
            const char* const key = rows.keys.data() + at;
            const Row row{key + place, is_member ? key : nullptr};
            const bool is_near =
                basket.near_bits != 0 &&
                shares_prefix(row.endpoint, basket.known_own.wire.data(), basket.near_bits);
            Shelf& shelf = is_near ? near_ : far_;
            (role == Role::seeder ? shelf.seeders : shelf.leechers).push_back(row);
        }
    }
}

/// Seeders first, up to three quarters where there are leechers, then leechers, then who is left.
template <class Endpoint>
void Chooser::fill(Shelf& shelf, Basket<Endpoint>& basket) noexcept {
    const std::uint32_t open = basket.want - basket.count;
    const std::uint32_t seeders =
        shelf.leechers.empty() ? open : std::max(open * 3 / 4, open == 0 ? 0U : 1U);
    take(shelf.seeders, basket.count + seeders, basket);
    take(shelf.leechers, basket.want, basket);
    take(shelf.seeders, basket.want, basket);
}

template <class Endpoint>
void Chooser::take(std::vector<Row>& from, std::uint32_t until, Basket<Endpoint>& basket) noexcept {
    while (basket.count < until && !from.empty()) {
        std::swap(from[random_.below(static_cast<std::uint32_t>(from.size()))], from.back());
        static_cast<void>(basket.add(from.back()));
        from.pop_back();
    }
}

}  // namespace chihaya::redis
