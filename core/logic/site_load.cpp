#include "core/logic/site_load.hpp"

#include "core/base/limits.hpp"
#include "core/logic/site_news.hpp"

#include <algorithm>
#include <exception>
#include <mutex>
#include <vector>

namespace chihaya::logic {
namespace {

// Compared and written at once: nobody else's change waits for more.
constexpr std::size_t at_once = 1000;

constexpr Status out_of_memory{StatusCode::unavailable, "out of memory"};
constexpr Status stopping{StatusCode::unavailable, "the tracker is stopping"};

/// How many of `known` records are gone, where that is too much to be believed at once; else 0.
std::uint64_t suspicious(std::size_t known, std::uint64_t gone) noexcept {
    return known > limits::site_erasure_small && gone > known / 2 ? gone : 0;
}

}  // namespace

Status SiteLoad::run(BackendDriver& site, std::span<const ClientRecord> kept,
                     MassErasure erasure) noexcept {
    parts_.tables.begin_site_load();
    Status loaded = site.load(*this);
    if (loaded.ok()) {
        loaded = failed_.ok() ? finish(kept, erasure) : failed_;
    }
    parts_.tables.end_site_load();
    return loaded;
}

/// Others may change records between two pieces, not within one.
template <class Record, class Write, class Publish>
Status SiteLoad::take(std::span<const Record> records, SiteFinding& finding, Write write,
                      Publish publish) noexcept {
    try {
        while (!records.empty()) {
            if (ends_) {
                return after(stopping);
            }
            const auto piece = records.first(std::min(records.size(), at_once));
            records = records.subspan(piece.size());
            const std::lock_guard lock(parts_.turn);
            const News<Record> news = parts_.tables.see(piece);
            if (news.records.empty()) {
                continue;
            }
            const std::span<const Record> records_of_news(news.records);
            const Status written = write(records_of_news);
            const Status published = written.ok() ? publish(records_of_news) : written;
            if (!published.ok()) {
                return after(published);
            }
            finding.added += news.added;
            finding.changed += news.changed;
            for (const Record& record : news.told) {
                list_id(finding.ids, key_of(record));
            }
        }
        return {};
    } catch (const std::exception&) {
        return after(out_of_memory);
    }
}

Status SiteLoad::after(Status done) noexcept {
    if (failed_.ok()) {
        failed_ = done;
    }
    return done;
}

Status SiteLoad::put_users(std::span<const UserRecord> users) noexcept {
    return take(
        users, findings_.users, [&](auto news) { return parts_.driver.put_users(news); },
        [&](auto news) { return parts_.tables.put_users(news); });
}

Status SiteLoad::put_torrents(std::span<const TorrentRecord> torrents) noexcept {
    return take(
        torrents, findings_.torrents, [&](auto news) { return parts_.driver.put_torrents(news); },
        [&](auto news) { return parts_.tables.put_torrents(news); });
}

Status SiteLoad::put_clients(std::span<const ClientRecord> clients) noexcept {
    return take(
        clients, findings_.clients, [&](auto news) { return parts_.driver.put_clients(news); },
        [&](auto news) { return parts_.tables.put_clients(news); });
}

Status SiteLoad::put_tokens(std::span<const TokenRecord> tokens) noexcept {
    return take(
        tokens, findings_.tokens, [&](auto news) { return parts_.driver.put_tokens(news); },
        [&](auto news) { return parts_.tables.put_tokens(news); });
}

Status SiteLoad::erase_users(std::span<const UserId> users) noexcept {
    return after(parts_.roster.erase_users(users));
}

Status SiteLoad::erase_torrents(std::span<const TorrentErasure> torrents) noexcept {
    return after(parts_.roster.erase_torrents(torrents));
}

Status SiteLoad::erase_clients(std::span<const PeerIdPrefix> clients) noexcept {
    return after(parts_.roster.erase_clients(clients));
}

Status SiteLoad::erase_tokens(std::span<const TokenRecord> tokens) noexcept {
    return after(parts_.roster.erase_tokens(tokens));
}

Status SiteLoad::remember_peers(const InfoHash& info_hash,
                                std::span<const PeerRecord> peers) noexcept {
    return after(parts_.roster.remember_peers(info_hash, peers));
}

void SiteLoad::lapsed() noexcept {
    parts_.roster.lapsed();
}

Status SiteLoad::finish(std::span<const ClientRecord> kept, MassErasure erasure) noexcept {
    try {
        if (!parts_.tables.has_seen_all()) {
            return out_of_memory;
        }
        const bool is_meant = erasure == MassErasure::meant;
        return is_meant || !withholds() ? erase_what_is_gone(kept) : Status{};
    } catch (const std::exception&) {
        return out_of_memory;
    }
}

/// Nothing is believed of a site that has lost most of its users, or of its torrents.
bool SiteLoad::withholds() {
    RosterTables& tables = parts_.tables;
    std::uint64_t users = 0;
    std::uint64_t torrents = 0;
    for (std::size_t piece = 0; piece < RosterTables::pieces; ++piece) {
        users += tables.unseen_users(piece).size();
        torrents += tables.unseen_torrents(piece).size();
    }
    const Roster::Sizes sizes = tables.sizes();
    const auto before = [](std::size_t now, const SiteFinding& finding) {
        return now - std::min<std::size_t>(now, finding.added);
    };
    findings_.users.withheld = suspicious(before(sizes.users, findings_.users), users);
    findings_.torrents.withheld = suspicious(before(sizes.torrents, findings_.torrents), torrents);
    return findings_.any_withheld();
}

/// What somebody has put since it was found missing stays.
template <class Record, class Write, class Publish>
Status SiteLoad::erase_unseen(std::span<const Record> missing, SiteFinding& finding, Write write,
                              Publish publish) {
    while (!missing.empty() && !ends_) {
        const auto piece = missing.first(std::min(missing.size(), at_once));
        missing = missing.subspan(piece.size());
        const std::lock_guard lock(parts_.turn);
        const std::vector<Record> gone = parts_.tables.still_unseen(piece);
        const Status written = gone.empty() ? Status{} : write(std::span(gone));
        const Status published = written.ok() ? publish(std::span(gone)) : written;
        if (!published.ok()) {
            return published;
        }
        finding.erased += gone.size();
        std::ranges::for_each(gone, [&](const Record& one) { list_id(finding.ids, key_of(one)); });
    }
    return missing.empty() ? Status{} : stopping;
}

Status SiteLoad::erase_what_is_gone(std::span<const ClientRecord> kept) {
    TrackerDriver& driver = parts_.driver;
    RosterTables& tables = parts_.tables;
    Status status;
    for (std::size_t piece = 0; status.ok() && piece < RosterTables::pieces; ++piece) {
        status = erase_unseen<TokenRecord>(
            tables.unseen_tokens(piece), findings_.tokens,
            [&](auto gone) { return driver.erase_tokens(gone); },
            [&](auto gone) { return tables.erase_tokens(gone); });
    }
    for (std::size_t piece = 0; status.ok() && piece < RosterTables::pieces; ++piece) {
        status = erase_unseen<UserId>(
            tables.unseen_users(piece), findings_.users,
            [&](auto gone) { return driver.erase_users(gone); },
            [&](auto gone) { return tables.erase_users(gone); });
    }
    for (std::size_t piece = 0; status.ok() && piece < RosterTables::pieces; ++piece) {
        status = erase_unseen<TorrentErasure>(
            tables.unseen_torrents(piece), findings_.torrents,
            [&](auto gone) { return driver.erase_torrents(gone); },
            [&](auto gone) { return tables.erase_torrents(gone); });
    }
    if (!status.ok()) {
        return status;
    }
    return erase_unseen<PeerIdPrefix>(
        tables.unseen_clients(kept), findings_.clients,
        [&](auto gone) { return driver.erase_clients(gone); },
        [&](auto gone) { return tables.erase_clients(gone); });
}

}  // namespace chihaya::logic
