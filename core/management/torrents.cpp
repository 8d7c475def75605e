#include "core/management/torrents.hpp"

#include "core/base/limits.hpp"
#include "core/base/text.hpp"
#include "core/management/json_fields.hpp"
#include "core/management/swarm_page.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <optional>
#include <string>

namespace chihaya::management {
namespace {

constexpr const char* info_hash_shape = "40 hexadecimal digits";
constexpr const char* freeleech_shape = R"(true, false, "none", "free" or "neutral")";

std::optional<InfoHash> info_hash_in(const Target& target) {
    const auto decoded = percent_decoded(*target.item, true);
    return decoded ? info_hash_of(*decoded) : std::nullopt;
}

Freeleech freeleech_of(JsonFields& fields) {
    const config::Value* const value = fields.find("freeleech");
    if (value == nullptr) {
        return Freeleech::none;
    }
    if (const bool* const flag = value->as<bool>()) {
        return *flag ? Freeleech::free : Freeleech::none;
    }
    const auto* const text = value->as<std::string>();
    const auto* const name =
        text == nullptr ? freeleech_names.end() : std::ranges::find(freeleech_names, *text);
    if (name == freeleech_names.end()) {
        fields.complain("freeleech", config::described(*value), freeleech_shape);
        return Freeleech::none;
    }
    return static_cast<Freeleech>(name - freeleech_names.begin());
}

/// Errors: empty when the object has none, or a wrong one, and then there is a complaint
std::optional<InfoHash> info_hash_in(JsonFields& fields) {
    const auto digits = fields.text("infohash", info_hash_shape);
    const auto info_hash = digits ? info_hash_of(*digits) : std::nullopt;
    if (digits && !info_hash) {
        fields.complain("infohash", std::to_string(digits->size()) + " characters",
                        info_hash_shape);
    }
    return info_hash;
}

Reply put_torrent(const Call& call, logic::Roster& roster) {
    const auto body = call.body();
    if (!body) {
        return body_too_large();
    }
    JsonFields fields(*body);
    const auto of_path = info_hash_in(call.target);
    if (!of_path) {
        fields.complain("path", "no info-hash", info_hash_shape);
    }
    const TorrentRecord torrent = read_torrent(fields, of_path);
    return fields.ok() ? status_reply(roster.put_torrents({&torrent, 1}))
                       : bad_request(fields.complaints());
}

Reply erase_torrent(const Call& call, const InfoHash& info_hash, logic::Roster& roster) {
    TorrentErasure erasure{.info_hash = info_hash};
    const std::string_view reason = call.target.value("reason").value_or("");
    const bool printable = text::printable(reason) == reason;
    if (reason.size() > erasure.reason.size() || !printable) {
        return bad_request("malformed reason: accepted up to " +
                           std::to_string(erasure.reason.size()) + " printable characters");
    }
    std::ranges::copy(reason, erasure.reason.begin());
    return status_reply(roster.erase_torrents({&erasure, 1}));
}

}  // namespace

TorrentRecord read_torrent(JsonFields& fields, std::optional<InfoHash> of_path) {
    const auto of_body = info_hash_in(fields);
    if (of_path && of_body && *of_path != *of_body) {
        fields.complain("infohash", "another info-hash than in the path", "the same, or none");
    }
    if (!of_path && !of_body && fields.ok()) {
        fields.complain("infohash", "nothing", info_hash_shape);
    }
    TorrentRecord torrent{.info_hash = of_path ? *of_path : of_body.value_or(InfoHash{})};
    torrent.id = TorrentId{fields.whole("id", 0, {})};
    torrent.snatches = static_cast<std::uint32_t>(
        fields.whole("snatches", 0, {.most = std::numeric_limits<std::uint32_t>::max()}));
    torrent.up_multiplier = fields.multiplier("up_multiplier");
    torrent.down_multiplier = fields.multiplier("down_multiplier");
    torrent.freeleech = freeleech_of(fields);
    return torrent;
}

std::optional<InfoHash> info_hash_of(std::string_view text) noexcept {
    InfoHash info_hash;
    if (text.size() == info_hash.bytes.size()) {
        std::ranges::copy(text, info_hash.bytes.begin());
        return info_hash;
    }
    return text::from_hex(text, info_hash.bytes) ? std::optional(info_hash) : std::nullopt;
}

config::Value shown(const TorrentRecord& torrent) {
    config::Object members;
    members.reserve(6);
    members.push_back({"infohash", json(text::hex(torrent.info_hash.bytes))});
    members.push_back({"id", json(static_cast<std::uint64_t>(torrent.id))});
    members.push_back({"snatches", json(std::uint64_t{torrent.snatches})});
    members.push_back({"up_multiplier", json(torrent.up_multiplier)});
    members.push_back({"down_multiplier", json(torrent.down_multiplier)});
    const auto freeleech = static_cast<std::size_t>(torrent.freeleech);
    members.push_back(
        {"freeleech", json(std::string(freeleech_names[freeleech % freeleech_names.size()]))});
    return json(std::move(members));
}

Reply answer_torrent(const Call& call, logic::Roster& roster, TrackerDriver& tracker) {
    if (call.method == "PUT") {
        return put_torrent(call, roster);
    }
    const auto info_hash = info_hash_in(call.target);
    if (!info_hash) {
        return not_found();
    }
    if (call.method == "DELETE") {
        return erase_torrent(call, *info_hash, roster);
    }
    const bool show_peers = call.access == Access::granted;
    return swarm_page(*info_hash, roster.torrent(*info_hash), tracker, show_peers);
}

}  // namespace chihaya::management
