#pragma once

/// @file torrents.hpp
/// `/torrents/INFOHASH`: a torrent's record and its swarm.
/// Source: Chihaya v1 (2014)

#include "chihaya/tracker_driver.hpp"
#include "core/logic/roster.hpp"
#include "core/management/json_fields.hpp"
#include "core/management/reply.hpp"
#include "core/management/request.hpp"

#include <optional>
#include <string_view>

namespace chihaya::management {

/// A torrent's record, as PUT takes it.
[[nodiscard]] config::Value shown(const TorrentRecord& torrent);

/// The torrent that PUT's object describes, which names it if the path did not; what is wrong with
/// it, `fields` complains of.
[[nodiscard]] TorrentRecord read_torrent(JsonFields& fields, std::optional<InfoHash> of_path);

/// 40 hexadecimal digits, or the 20 bytes themselves.
/// Errors: empty when it is neither
[[nodiscard]] std::optional<InfoHash> info_hash_of(std::string_view text) noexcept;

/// INFOHASH is 40 hexadecimal digits, or as in v1 the 20 bytes themselves, percent-encoded, a plus
/// being a blank.
///
/// GET shows v1's object: `id`, `infohash`, `seeders` and `leechers` (peers by
/// `4:PEERID` or `6:PEERID`), `snatches`, multipliers, `last_action`; and beside it the counts,
/// `freeleech`, `registered` and `peers_truncated`. JSON cannot carry raw bytes, so info-hashes and
/// peer ids are hexadecimal; a peer without a known id goes by its address (`4:10.0.0.1/6881`), and
/// one whose key another peer has already gets `#` and a number behind it. Peers are shown to those
/// who have access, at most limits::listed_peers_max; to others `last_action` is 0. A hidden user's
/// peer shows no address.
/// 404 when there is neither record nor swarm.
///
/// PUT takes `{"infohash", "id", "up_multiplier", "down_multiplier", "snatches", "freeleech"}`; all
/// are optional, an `infohash` that differs from the path's is an error. `freeleech` is true,
/// false, "none", "free" or "neutral".
///
/// DELETE forgets torrent and swarm; `?reason=` is told to peers that still ask. 200, whether it
/// was there or not.
[[nodiscard]] Reply answer_torrent(const Call& call, logic::Roster& roster, TrackerDriver& tracker);

}  // namespace chihaya::management
