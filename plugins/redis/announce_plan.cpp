#include "plugins/redis/announce_plan.hpp"

#include "plugins/redis/big_endian.hpp"
#include "plugins/redis/rows.hpp"

#include <algorithm>
#include <cmath>

namespace chihaya::redis {
namespace {

// What announce.lua shall do besides, as bits.
constexpr unsigned stops = 1;
constexpr unsigned counts_snatch = 2;
constexpr unsigned begins_stay = 4;
constexpr unsigned has_account = 8;
constexpr unsigned purges_empty = 16;
constexpr unsigned is_taken_in = 32;
constexpr unsigned wants_leechers_only = 64;
constexpr unsigned is_current = 128;

constexpr std::uint32_t want_max = 255;

// As in announce_any.lua.
constexpr double shown_all_max = 128;

struct Peer {
    PeerKey key;
    UserId user{};
    PeerId peer_id;
    Ipv4Endpoint ipv4;
    Ipv6Endpoint ipv6;
    std::array<std::uint64_t, 4> counters{};  // uploaded, downloaded, left, corrupt
    std::uint32_t client_key = 0;
    PeerFlags flags{};
};

struct Numbers {
    std::uint16_t tick = 0;
    RowClass row{};
    unsigned ops = 0;
    std::uint32_t want4 = 0;
    std::uint32_t want6 = 0;
    std::uint32_t dice = 0;
    std::uint32_t due = 0;
};

Kind kind_for(const Peer& peer, bool keeps_ids) noexcept {
    if (peer.user != UserId::none || keeps_ids || peer.ipv4.present() == peer.ipv6.present()) {
        return Kind::member;
    }
    return peer.ipv4.present() ? Kind::ipv4 : Kind::ipv6;
}

Role role_for(PeerFlags flags) noexcept {
    if (has(flags, PeerFlags::hidden) || has(flags, PeerFlags::dormant)) {
        return Role::hidden;
    }
    return has(flags, PeerFlags::seeder) ? Role::seeder : Role::leecher;
}

/// Where some are preferred, more are looked at, so that they are among them.
std::uint32_t rows_wanted(std::uint32_t want, std::uint8_t preferred_bits) noexcept {
    constexpr std::uint32_t looks = 8;
    return std::min(preferred_bits == 0 ? want : want * looks, want_max);
}

/// Everything in front of the row's key; `planned` is written later.
void put_numbers(std::string& to, const Peer& peer, const Numbers& numbers, const Shape& shape,
                 const PlanTerms& terms) {
    const Rules& rules = terms.rules;
    const std::uint32_t silent_after = rules.life() * tick_seconds;
    const std::uint32_t memory = std::max(rules.history_lifetime, silent_after + 2 * tick_seconds);
    to.clear();
    put_number(to, 0, 1);
    put_number(to, numbers.tick, 2);
    put_number(to, rules.life(), 4);
    put_number(to, static_cast<std::uint32_t>(peer.flags), 1);
    put_number(to, static_cast<std::uint8_t>(numbers.row), 1);
    put_number(to, terms.now, 4);
    put_number(to, memory, 4);
    put_number(to, numbers.ops | (rules.purge_empty ? purges_empty : 0U), 1);
    put_number(to, peer_hash(terms.secret, peer.key), 2);
    put_number(to, numbers.want4, 1);
    put_number(to, numbers.want6, 1);
    put_number(to, numbers.dice, 4);
    put_number(to, numbers.due, 4);
    put_number(to, rules.time_to_live(), 4);
    to.append(text_of(shape.bytes));
}

void put_row(std::string& to, const Peer& peer, Kind kind) {
    if (kind == Kind::ipv4) {
        to.append(text_of(peer.ipv4.wire));
    } else if (kind == Kind::ipv6) {
        to.append(text_of(peer.ipv6.wire));
    } else {
        put_member_key(to, peer.user, peer.peer_id, peer.ipv4, peer.ipv6);
        for (const std::uint64_t counter : peer.counters) {
            put_number(to, counter, 8);
        }
        put_number(to, peer.client_key, 4);
    }
}

/// How many rows a page may be expected to have: what announce_any.lua reckons as well.
double usual_rows(RowClass row, const Sight& sight) noexcept {
    const Role role = role_of(row);
    std::uint32_t room = 0;
    for (const Kind kind : {Kind::ipv4, Kind::ipv6, Kind::member}) {
        room += page_max(kind) * sight.shape.pages(row_class(kind, role));
    }
    const double peers = role == Role::seeder ? sight.seeders : sight.leechers;
    return std::max(peers * page_max(kind_of(row)) / room, 1.0);
}

/// Plans which pages to choose from.
class Choice {
public:
    Choice(AnnouncePlan& plan, const Sight& sight, const AnnounceRequest& request,
           const PlanTerms& terms, const PageMemory* pages, Random& random) noexcept
        : plan_(plan),
          sight_(sight),
          info_hash_(request.info_hash),
          now_(terms.now),
          leechers_only_(has(request.flags, AnnounceFlags::only_leechers)),
          pages_(pages),
          random_(random) {}

    /// Of which kind how many are needed: three quarters seeders, unless there may be too few of
    /// either.
    void add(Kind kind, std::uint32_t want) noexcept {
        const RowClass seeders = row_class(kind, Role::seeder);
        const RowClass leechers = row_class(kind, Role::leecher);
        if (leechers_only_) {
            return add_class(leechers, want);
        }
        const bool has_many_seeders = sight_.seeders > want;
        add_class(seeders, sight_.leechers > want ? want - want / 4 : want);
        add_class(leechers, has_many_seeders ? want / 4 : want, has_many_seeders);
    }

private:
    /// As `plan` in announce_any.lua.
    void add_class(RowClass row, std::uint32_t want, bool is_lesser_share = false) noexcept {
        const std::uint32_t count = sight_.shape.pages(row);
        if (count == 0 || want == 0) {
            return;
        }
        // Where there are few, all are shown: pages that differ in size would not be fair.
        const double usual = usual_rows(row, sight_);
        if (usual * count <= shown_all_max) {
            for (std::uint32_t page = 0; page < count; ++page) {
                ask(row, FieldName::of_keys(row, page));
            }
            return;
        }
        // More than one, so that replies are mixtures; a quarter of one is mixed with the rest.
        const std::uint32_t picks_least = kind_of(row) == Kind::member ? 4 : 2;
        const std::uint32_t picks_min = is_lesser_share ? picks_least / 2 : picks_least;
        const auto needed = static_cast<std::uint32_t>(std::ceil((want * 1.4 + 6) / usual));
        const std::uint32_t picks = std::min(
            {std::max(needed, picks_min), count, std::uint32_t{AnnouncePlan::choices_max}});
        // One from each of as many stretches of what pages stand for: a page that has not been
        // split stands for twice as much, in two places.
        const std::uint32_t power = power_within(count);
        std::array<std::uint32_t, AnnouncePlan::choices_max> picked{};
        for (std::uint32_t pick = 0; pick < picks; ++pick) {
            const double where = pick + static_cast<double>(random_.next() >> 11U) * 0x1p-53;
            const auto place = static_cast<std::uint32_t>(where * power * 2 / picks);
            std::uint32_t page = place < count ? place : place - power;
            const auto before = std::span(picked).first(pick);
            while (std::ranges::find(before, page) != before.end()) {
                page = (page + 1) % count;
            }
            picked[pick] = page;
            pick_page(row, FieldName::of_keys(row, page));
        }
    }

    void pick_page(RowClass row, FieldName name) noexcept {
        if (pages_ == nullptr || !pages_->find(info_hash_, name, now_)) {
            ask(row, name);
        } else if (plan_.known_count < plan_.known.size()) {
            plan_.known_classes[plan_.known_count] = row;
            plan_.known[plan_.known_count++] = name;
        }
    }

    void ask(RowClass row, FieldName name) noexcept {
        if (plan_.field_count < plan_.fields.size()) {
            plan_.classes[plan_.field_count] = row;
            plan_.fields[plan_.field_count++] = name;
        }
    }

    AnnouncePlan& plan_;
    const Sight& sight_;
    const InfoHash& info_hash_;
    const std::uint32_t now_;
    const bool leechers_only_;
    const PageMemory* const pages_;
    Random& random_;
};

}  // namespace

void plan_announce(AnnouncePlan& plan, const AnnounceRequest& request, const Known& known,
                   const PlanTerms& terms, Random& random) {
    static constexpr Sight small{.shape = Shape::of_small()};
    const Sight& sight = known.sight != nullptr ? *known.sight : small;
    Peer peer{.key = peer_key(request),
              .user = request.user,
              .peer_id = request.peer_id,
              .ipv4 = request.ipv4,
              .ipv6 = request.ipv6,
              .counters = {request.uploaded, request.downloaded, request.left, request.corrupt},
              .client_key = request.key};
    if (request.left == 0) {
        peer.flags = PeerFlags::seeder;
    } else if (request.event == Event::paused) {
        peer.flags = PeerFlags::paused;
    }
    if (has(request.flags, AnnounceFlags::hidden)) {
        peer.flags = peer.flags | PeerFlags::hidden;
    }
    if (peer.user == UserId::none && !terms.rules.keep_ids) {
        peer.peer_id = {};
    }
    const Kind kind = kind_for(peer, terms.rules.keep_ids);
    const bool is_snatch = request.event == Event::completed && request.left == 0;
    const bool leechers_only = has(request.flags, AnnounceFlags::only_leechers);
    Numbers numbers{.tick = to_tick(terms.now),
                    .row = row_class(kind, role_for(peer.flags)),
                    .want4 = rows_wanted(request.num_want_ipv4, terms.rules.preferred_ipv4_bits),
                    .want6 = rows_wanted(request.num_want_ipv6, terms.rules.preferred_ipv6_bits),
                    .dice = static_cast<std::uint32_t>(random.next() & 0x3fffffffU) + 1,
                    .due = terms.rules.due(terms.now)};
    numbers.ops =
        (request.event == Event::stopped ? stops : 0U) | (is_snatch ? counts_snatch : 0U) |
        (request.event == Event::started ? begins_stay : 0U) |
        (peer.user != UserId::none ? has_account : 0U) | (leechers_only ? wants_leechers_only : 0U);
    put_numbers(plan.request, peer, numbers, sight.shape, terms);
    put_row(plan.request, peer, kind);

    plan.field_count = 0;
    plan.known_count = 0;
    const std::uint32_t pages = sight.shape.pages(numbers.row);
    const bool is_rare =
        (numbers.ops & (stops | counts_snatch)) != 0 ||
        (kind == Kind::member && (peer.user == UserId::none || (numbers.ops & begins_stay) != 0));
    if (pages == 0 || is_rare) {
        return;
    }
    const std::uint32_t own = page_of(pages, peer_hash(terms.secret, peer.key));
    plan.fields[0] = FieldName::of_keys(numbers.row, own);
    plan.fields[1] = FieldName::of_metas(numbers.row, own);
    plan.field_count = 2;
    Choice choice(plan, sight, request, terms, known.pages, random);
    choice.add(Kind::ipv4, numbers.want4);
    choice.add(Kind::ipv6, numbers.want6);
    choice.add(Kind::member, std::max(numbers.want4, numbers.want6));
    plan.request[0] = static_cast<char>(plan.field_count);
    for (std::size_t i = 0; i < plan.field_count; ++i) {
        plan.request.append(plan.fields[i].view());
    }
}

bool plan_taking_in(AnnouncePlan& plan, const PeerRecord& record, std::uint32_t snatches,
                    const PlanTerms& terms) {
    const Rules& rules = terms.rules;
    // What lies a little ahead is another clock's; what lies far ahead would never get old.
    const std::uint32_t last = std::min(to_second(record.last_announce), terms.now + 300);
    const std::uint32_t silent = terms.now > last ? terms.now - last : 0;
    const bool has_user = record.user != UserId::none;
    const bool is_silent = silent > rules.peer_lifetime;
    const bool dormant = has_user && (is_silent || has(record.flags, PeerFlags::dormant));
    if (silent > (dormant ? rules.history_lifetime : rules.peer_lifetime)) {
        return false;
    }
    Peer peer{.key = {},
              .user = record.user,
              .peer_id = has_user || rules.keep_ids ? record.peer_id : PeerId{},
              .ipv4 = dormant ? Ipv4Endpoint{} : record.ipv4,
              .ipv6 = dormant ? Ipv6Endpoint{} : record.ipv6,
              .counters = {record.uploaded, record.downloaded, record.left, record.corrupt},
              .client_key = record.key};
    if (!peer.ipv4.present() && !peer.ipv6.present() && !has_user) {
        return false;
    }
    AnnounceRequest identity;
    identity.user = peer.user;
    identity.peer_id = peer.peer_id;
    identity.ipv4 = peer.ipv4;
    identity.ipv6 = peer.ipv6;
    peer.key = peer_key(identity);
    const auto kept = has(record.flags, PeerFlags::seeder)   ? PeerFlags::seeder
                      : has(record.flags, PeerFlags::paused) ? PeerFlags::paused
                                                             : PeerFlags::none;
    peer.flags = kept |
                 (has(record.flags, PeerFlags::hidden) ? PeerFlags::hidden : PeerFlags::none) |
                 (dormant ? PeerFlags::dormant : PeerFlags::none);
    const Kind kind = kind_for(peer, rules.keep_ids);
    const Numbers numbers{.tick = to_tick(last),
                          .row = row_class(kind, role_for(peer.flags)),
                          .ops = is_taken_in | (has_user ? has_account : 0U) |
                                 (has(record.flags, PeerFlags::current) ? is_current : 0U),
                          .dice = snatches,  // nobody is chosen for it
                          .due = due_after_taking_in(terms.now)};
    put_numbers(plan.request, peer, numbers, {}, terms);
    put_row(plan.request, peer, kind);
    if (kind == Kind::member) {
        put_number(plan.request, to_second(record.first_announce), 4);
        put_number(plan.request, last, 4);
        put_number(plan.request, record.announces, 4);
    }
    plan.field_count = 0;
    return true;
}

}  // namespace chihaya::redis
