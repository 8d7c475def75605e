#include "plugins/gazelle/site/actions.hpp"
#include "plugins/gazelle/site/delete_reasons.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <vector>

namespace chihaya::gazelle {
namespace {

constexpr const char* no_info_hash = "info_hash is not 20 bytes: nothing done";

std::string number_of(TorrentId id) {
    return std::to_string(static_cast<std::uint64_t>(id));
}

Status put(RegistrySink& registry, const TorrentRecord& torrent) {
    return registry.put_torrents(std::span(&torrent, 1));
}

std::optional<TokenRecord> token_of(const ControlQuery& query) noexcept {
    const auto info_hash = query.info_hash();
    const auto user = query.id("userid");
    if (!info_hash || !user) {
        return std::nullopt;
    }
    return TokenRecord{.user = UserId{*user}, .info_hash = *info_hash};
}

std::string note_of(const TokenRecord& token) {
    return "user=" + std::to_string(static_cast<std::uint64_t>(token.user)) +
           " info_hash=" + hex(token.info_hash);
}

}  // namespace

Performed add_torrent(const ActionTools& tools, const ControlQuery& query) {
    const auto info_hash = query.info_hash();
    if (!info_hash) {
        return {.note = no_info_hash};
    }
    TorrentRecord torrent;
    const bool is_known = tools.tracker.find_torrent(*info_hash, torrent);
    if (!is_known) {
        const auto id = query.id("id");
        if (!id) {
            return {.note = "id is not a number above 0: nothing done"};
        }
        torrent.id = TorrentId{*id};
        torrent.info_hash = *info_hash;
    }
    torrent.freeleech = query.freeleech().value_or(torrent.freeleech);
    return {.status = put(tools.registry, torrent),
            .note = "torrent=" + number_of(torrent.id) + (is_known ? " known" : "")};
}

Performed update_torrent(const ActionTools& tools, const ControlQuery& query) {
    const auto info_hash = query.info_hash();
    const auto freeleech = query.freeleech();
    TorrentRecord torrent;
    if (!info_hash) {
        return {.note = no_info_hash};
    }
    if (!tools.tracker.find_torrent(*info_hash, torrent)) {
        return {.note = "unknown info_hash=" + hex(*info_hash), .has_missed = true};
    }
    if (!freeleech) {
        return {.note = "freetorrent is none of 0, 1, 2: nothing done"};
    }
    torrent.freeleech = *freeleech;
    return {.status = put(tools.registry, torrent), .note = "torrent=" + number_of(torrent.id)};
}

Performed update_torrents(const ActionTools& tools, const ControlQuery& query) {
    const auto freeleech = query.freeleech();
    std::vector<TorrentRecord> torrents;
    bool has_missed = false;
    for (const InfoHash& info_hash : query.info_hashes()) {
        TorrentRecord torrent;
        if (freeleech && tools.tracker.find_torrent(info_hash, torrent)) {
            torrent.freeleech = *freeleech;
            torrents.push_back(torrent);
        } else {
            has_missed = true;
        }
    }
    return {.status = torrents.empty() ? Status{} : tools.registry.put_torrents(torrents),
            .note = "torrents=" + std::to_string(torrents.size()),
            .has_missed = has_missed};
}

Performed delete_torrent(const ActionTools& tools, const ControlQuery& query) {
    const auto info_hash = query.info_hash();
    if (!info_hash) {
        return {.note = no_info_hash};
    }
    TorrentErasure erasure{.info_hash = *info_hash};
    const std::int64_t code = query.number("reason").value_or(-1);
    const std::string_view reason = delete_reason(code, tools.delete_reasons);
    std::copy_n(reason.begin(), std::min(reason.size(), erasure.reason.size() - 1),
                erasure.reason.begin());
    return {.status = tools.registry.erase_torrents(std::span(&erasure, 1)),
            .note = "info_hash=" + hex(*info_hash) + " reason=" + std::to_string(code)};
}

Performed info_torrent(const ActionTools& tools, const ControlQuery& query) {
    const auto info_hash = query.info_hash();
    if (!info_hash) {
        return {.note = no_info_hash};
    }
    std::string line = R"({"hash":")" + hex(*info_hash) + '"';
    TorrentRecord torrent;
    if (tools.tracker.find_torrent(*info_hash, torrent)) {
        line += ",\"id\":" + number_of(torrent.id) +
                ",\"free\":" + std::to_string(static_cast<unsigned>(torrent.freeleech)) + "}\n";
    } else {
        line += ",\"fail\":\"unknown\"}\n";
    }
    return {.note = "info_hash=" + hex(*info_hash), .line_out = std::move(line)};
}

Performed add_token(const ActionTools& tools, const ControlQuery& query) {
    const auto token = token_of(query);
    if (!token) {
        return {.note = "info_hash or userid is missing or wrong: nothing done"};
    }
    return {.status = tools.registry.put_tokens(std::span(&*token, 1)), .note = note_of(*token)};
}

Performed remove_token(const ActionTools& tools, const ControlQuery& query) {
    const auto token = token_of(query);
    if (!token) {
        return {.note = "info_hash or userid is missing or wrong: nothing done"};
    }
    return {.status = tools.registry.erase_tokens(std::span(&*token, 1)), .note = note_of(*token)};
}

}  // namespace chihaya::gazelle
