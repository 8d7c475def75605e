#pragma once

/// @file labels.hpp
/// What a request is counted by: where it came in, what it wanted, what became of it and why.
/// All of it is fixed here, so that nothing a client sends can become a label.

#include "core/base/ip_address.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace chihaya::metrics {

enum class FrontEnd : std::uint8_t { http, udp };
inline constexpr std::size_t front_end_count = 2;

/// Of the client's address: behind a trusted proxy, of what the proxy says.
enum class Family : std::uint8_t { ipv4, ipv6 };
inline constexpr std::size_t family_count = 2;

enum class Action : std::uint8_t {
    announce,
    scrape,
    connect,  // UDP: a connection id was asked for
    control,  // a call of the site
    other     // none of these, or it cannot be told
};
inline constexpr std::size_t action_count = 5;

enum class Outcome : std::uint8_t {
    ok,
    refused,  // the client's fault, and it was told
    failed,   // ours: it was told to come back
    dropped   // it was told nothing
};

/// What became of a request: an outcome and its reason.
/// A new one goes here, into `endings` below, and nowhere else.
enum class Ending : std::uint8_t {
    ok,
    // The client was told what is wrong with its request.
    malformed,           // a key is missing, cut off or no number; no request of the protocol
    unknown_user,        // no passkey, or nobody's
    unapproved_client,   // not on the list of clients
    unknown_torrent,     // not registered
    not_compact,         // the site wants `compact=1`
    may_not_leech,       // counted, and then refused
    rejected_by_driver,  // StatusCode::rejected
    bad_connection_id,   // answered with an error
    full_scrape_off,     // no info-hash, and not everything is for everybody
    not_found,           // HTTP: no such path
    method_not_allowed,  // HTTP
    control_refused,     // the backend driver answered 4xx
    denied_address,      // on the operator's list
    denied_info_hash,    // likewise
    rate_limited,        // too many from there; told to come back
    // Ours; the client was told to come back.
    store_away,          // StatusCode::unavailable
    internal,            // StatusCode::internal, and all else that should not be
    registry_not_whole,  // not known here, and not everything is here yet
    full_scrape_pending,
    control_busy,    // too many calls of the site wait
    control_failed,  // the backend driver answered 5xx
    overloaded,      // the worker's turn fell behind
    // Nothing was answered.
    garbage,                    // UDP: no request of the protocol
    unanswerable,               // UDP: from an address or port that cannot be answered, or our own
    bad_connection_id_dropped,  // UDP: too short for the error, or too many errors this second
    no_room,                    // UDP: as many requests as may be in flight, or out of memory
    denied_address_dropped,
    rate_limited_dropped,
};
inline constexpr std::size_t ending_count = 29;

/// The words of an ending, as labels, and where it can happen at all.
struct EndingLabels {
    Ending ending;
    Outcome outcome;
    std::string_view reason;
    std::string_view actions;     // their first letters: announce, scrape, Connect, contRol, other
    std::string_view front_ends;  // h, u
};

inline constexpr std::array<EndingLabels, ending_count> endings{{
    {Ending::ok, Outcome::ok, "none", "ascro", "hu"},
    {Ending::malformed, Outcome::refused, "malformed", "aso", "hu"},
    {Ending::unknown_user, Outcome::refused, "unknown_user", "as", "hu"},
    {Ending::unapproved_client, Outcome::refused, "unapproved_client", "a", "hu"},
    {Ending::unknown_torrent, Outcome::refused, "unknown_torrent", "a", "hu"},
    {Ending::not_compact, Outcome::refused, "not_compact", "a", "h"},
    {Ending::may_not_leech, Outcome::refused, "may_not_leech", "a", "hu"},
    {Ending::rejected_by_driver, Outcome::refused, "rejected_by_driver", "as", "hu"},
    {Ending::bad_connection_id, Outcome::refused, "bad_connection_id", "as", "u"},
    {Ending::full_scrape_off, Outcome::refused, "full_scrape_off", "s", "h"},
    {Ending::not_found, Outcome::refused, "not_found", "o", "h"},
    {Ending::method_not_allowed, Outcome::refused, "method_not_allowed", "o", "h"},
    {Ending::control_refused, Outcome::refused, "control_refused", "r", "h"},
    {Ending::denied_address, Outcome::refused, "denied_address", "as", "h"},
    {Ending::denied_info_hash, Outcome::refused, "denied_info_hash", "a", "hu"},
    {Ending::rate_limited, Outcome::refused, "rate_limited", "as", "hu"},
    {Ending::store_away, Outcome::failed, "store_away", "as", "hu"},
    {Ending::internal, Outcome::failed, "internal", "asr", "hu"},
    {Ending::registry_not_whole, Outcome::failed, "registry_not_whole", "as", "hu"},
    {Ending::full_scrape_pending, Outcome::failed, "full_scrape_pending", "s", "h"},
    {Ending::control_busy, Outcome::failed, "control_busy", "r", "h"},
    {Ending::control_failed, Outcome::failed, "control_failed", "r", "h"},
    {Ending::overloaded, Outcome::failed, "overloaded", "as", "hu"},
    {Ending::garbage, Outcome::dropped, "garbage", "o", "u"},
    {Ending::unanswerable, Outcome::dropped, "unanswerable", "o", "u"},
    {Ending::bad_connection_id_dropped, Outcome::dropped, "bad_connection_id", "as", "u"},
    {Ending::no_room, Outcome::dropped, "no_room", "asc", "u"},
    {Ending::denied_address_dropped, Outcome::dropped, "denied_address", "asc", "u"},
    {Ending::rate_limited_dropped, Outcome::dropped, "rate_limited", "as", "u"},
}};

/// What became of a connection.
enum class Arrival : std::uint8_t {
    accepted,
    no_room,         // refused: as many as may be open, and none of them idle
    rate_limited,    // refused
    denied_address,  // refused
    evicted,         // closed: the oldest idle one made room
    timed_out        // closed: its time for a head, a pause or a reply was over
};
inline constexpr std::size_t arrival_count = 6;

struct ArrivalLabels {
    Arrival arrival;
    std::string_view outcome;
    std::string_view reason;
};

inline constexpr std::array<ArrivalLabels, arrival_count> arrivals{{
    {Arrival::accepted, "accepted", "none"},
    {Arrival::no_room, "refused", "no_room"},
    {Arrival::rate_limited, "refused", "rate_limited"},
    {Arrival::denied_address, "refused", "denied_address"},
    {Arrival::evicted, "closed", "evicted"},
    {Arrival::timed_out, "closed", "timed_out"},
}};

inline constexpr std::array<std::string_view, front_end_count> front_end_names{"http", "udp"};
inline constexpr std::array<std::string_view, family_count> family_names{"ipv4", "ipv6"};
inline constexpr std::array<std::string_view, action_count> action_names{
    "announce", "scrape", "connect", "control", "other"};
inline constexpr std::array<std::string_view, 4> outcome_names{"ok", "refused", "failed",
                                                               "dropped"};

/// An enumerator as an index.
template <class Enum>
[[nodiscard]] constexpr std::size_t index_of(Enum value) noexcept {
    return static_cast<std::size_t>(value);
}

[[nodiscard]] constexpr std::string_view name_of(FrontEnd front_end) noexcept {
    return front_end_names[index_of(front_end)];
}
[[nodiscard]] constexpr std::string_view name_of(Family family) noexcept {
    return family_names[index_of(family)];
}
[[nodiscard]] constexpr std::string_view name_of(Action action) noexcept {
    return action_names[index_of(action)];
}
[[nodiscard]] constexpr std::string_view name_of(Outcome outcome) noexcept {
    return outcome_names[index_of(outcome)];
}

[[nodiscard]] constexpr const EndingLabels& labels_of(Ending ending) noexcept {
    return endings[index_of(ending)];
}

/// Where a request came in and what it wants.
struct RequestKind {
    FrontEnd front_end = FrontEnd::http;
    Family family = Family::ipv4;
    Action action = Action::other;

    friend constexpr bool operator==(const RequestKind&, const RequestKind&) = default;
};

[[nodiscard]] inline Family family_of(const IpAddress& client) noexcept {
    return client.is_ipv4() ? Family::ipv4 : Family::ipv6;
}

/// Can a request of this kind end so? What cannot is not shown while it is 0.
[[nodiscard]] constexpr bool can_end(const RequestKind& kind, Ending ending) noexcept {
    constexpr std::string_view action_letters = "ascro";
    constexpr std::string_view front_end_letters = "hu";
    const bool is_of_front_end =
        (kind.action != Action::connect || kind.front_end == FrontEnd::udp) &&
        (kind.action != Action::control || kind.front_end == FrontEnd::http);
    return is_of_front_end &&
           labels_of(ending).actions.find(action_letters[index_of(kind.action)]) !=
               std::string_view::npos &&
           labels_of(ending).front_ends.find(front_end_letters[index_of(kind.front_end)]) !=
               std::string_view::npos;
}

/// Is the time between such a request and its reply measured? Others are answered at once.
[[nodiscard]] constexpr bool is_measured(const RequestKind& kind) noexcept {
    return kind.action == Action::announce || kind.action == Action::scrape ||
           (kind.action == Action::control && kind.front_end == FrontEnd::http);
}

}  // namespace chihaya::metrics
