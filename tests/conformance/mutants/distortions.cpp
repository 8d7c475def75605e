#include "tests/conformance/mutants/distorted_driver.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace chihaya::test {
namespace {

using std::chrono::seconds;

AnnounceFlags without(AnnounceFlags flags, AnnounceFlags removed) {
    return static_cast<AnnounceFlags>(static_cast<std::uint32_t>(flags) &
                                      ~static_cast<std::uint32_t>(removed));
}

Distortion flag_ignored(std::string name, AnnounceFlags flag) {
    return {.name = std::move(name), .request = [flag](AnnounceRequest& r) {
                r.flags = without(r.flags, flag);
            }};
}

Distortion event_ignored(std::string name, Event event) {
    return {.name = std::move(name), .request = [event](AnnounceRequest& r) {
                r.event = r.event == event ? Event::none : r.event;
            }};
}

Distortion history_forgets(std::string name, void (*forget)(PeerHistory&)) {
    return {.name = std::move(name), .reply = [forget](const AnnounceRequest&, Draft& draft) {
                forget(draft.reply.history);
            }};
}

Distortion shows(std::string name, void (*change)(PeerRecord&)) {
    return {.name = std::move(name),
            .shown = [change](SwarmRecord&, std::vector<PeerRecord>& peers) {
                std::ranges::for_each(peers, change);
            }};
}

Distortion adds(std::string name, void (*change)(PeerRecord&)) {
    return {.name = std::move(name),
            .added = [change](SwarmRecord&, std::vector<PeerRecord>& peers) {
                std::ranges::for_each(peers, change);
            }};
}

Distortion setup_ignored(std::string name, void (*change)(TrackerSetup&)) {
    return {.name = std::move(name), .setup = change};
}

void add_counts(std::vector<Distortion>& all) {
    const auto counts = [&](std::string name, void (*change)(SwarmCounts&)) {
        all.push_back(
            {.name = std::move(name), .reply = [change](const AnnounceRequest&, Draft& d) {
                 change(d.reply.counts);
             }});
    };
    counts("swaps seeders and leechers", [](SwarmCounts& c) { std::swap(c.seeders, c.leechers); });
    counts("counts partial seeds apart", [](SwarmCounts& c) { c.leechers -= c.partial_seeds; });
    counts("never tells partial seeds", [](SwarmCounts& c) { c.partial_seeds = 0; });
    counts("counts snatches twice", [](SwarmCounts& c) { c.snatches *= 2; });
    counts("never counts snatches", [](SwarmCounts& c) { c.snatches = 0; });
    all.push_back({.name = "counts before the announce instead of after",
                   .reply = [](const AnnounceRequest& r, Draft& d) {
                       if (!d.reply.history.known && r.event != Event::stopped) {
                           --(r.left == 0 ? d.reply.counts.seeders : d.reply.counts.leechers);
                       }
                   }});
    all.push_back(
        {.name = "counts a snatch for every completed", .request = [](AnnounceRequest& r) {
             r.left = r.event == Event::completed ? 0 : r.left;
         }});
    all.push_back({.name = "counts a snatch for everybody who becomes a seeder",
                   .request = [](AnnounceRequest& r) {
                       if (r.left == 0 && r.event == Event::none) {
                           r.event = Event::completed;
                       }
                   }});
    all.push_back(
        {.name = "takes an unknown amount for nothing", .request = [](AnnounceRequest& r) {
             r.left = r.left == unknown_left ? 0 : r.left;
         }});
    all.push_back({.name = "scrapes in reverse order", .scrape = [](std::vector<SwarmCounts>& c) {
                       std::ranges::reverse(c);
                   }});
    all.push_back({.name = "scrapes nothing", .scrape = [](std::vector<SwarmCounts>& c) {
                       std::ranges::fill(c, SwarmCounts{});
                   }});
    all.push_back({.name = "leaves unknown swarms out of a scrape",
                   .scrape = [](std::vector<SwarmCounts>& c) {
                       std::erase(c, SwarmCounts{});
                   }});
    all.push_back({.name = "knows half of an info-hash", .request = [](AnnounceRequest& r) {
                       std::fill(r.info_hash.bytes.begin() + 10, r.info_hash.bytes.end(), 0);
                   }});
}

void add_events(std::vector<Distortion>& all) {
    all.push_back(event_ignored("ignores stopped", Event::stopped));
    all.push_back(event_ignored("ignores completed", Event::completed));
    all.push_back(event_ignored("ignores paused", Event::paused));
    all.push_back(event_ignored("ignores started", Event::started));
    all.push_back({.name = "takes paused for stopped", .request = [](AnnounceRequest& r) {
                       r.event = r.event == Event::paused ? Event::stopped : r.event;
                   }});
}

void add_answers(std::vector<Distortion>& all) {
    all.push_back({.name = "announces nothing", .ignored = {Call::announce}});
    all.push_back(
        {.name = "answers twice", .answer = [](AnnounceSink& sink, const AnnounceReply& r) {
             sink.done(r);
             sink.done(r);
         }});
    all.push_back({.name = "answers done and then failed",
                   .answer = [](AnnounceSink& sink, const AnnounceReply& r) {
                       sink.done(r);
                       sink.failed({StatusCode::internal, "too late"});
                   }});
    all.push_back({.name = "uses spare bytes", .reply = [](const AnnounceRequest&, Draft& d) {
                       d.reply.reserved[0] = 1;
                   }});
    all.push_back(
        {.name = "applies a batch from its end", .batch = [](std::vector<AnnounceCall>& b) {
             std::ranges::reverse(b);
         }});
    all.push_back({.name = "drops the last of a batch", .batch = [](std::vector<AnnounceCall>& b) {
                       if (b.size() > 1) {
                           b.pop_back();
                       }
                   }});
    all.push_back({.name = "applies the first of a batch twice, answers the second so",
                   .batch = [](std::vector<AnnounceCall>& b) {
                       if (b.size() > 2) {
                           b[1].request = b[0].request;
                       }
                   }});
    all.push_back({.name = "leaves a timer behind", .opened = [](const void*, Host& host) {
                       static_cast<void>(
                           host.start_timer(seconds(1'000'000), {[](void*) noexcept {}, nullptr}));
                   }});
}

void add_identity(std::vector<Distortion>& all) {
    all.push_back({.name = "ignores accounts", .request = [](AnnounceRequest& r) {
                       r.user = UserId::none;
                   }});
    all.push_back({.name = "makes the peer id an account", .request = [](AnnounceRequest& r) {
                       if (r.user == UserId::none) {
                           r.user = static_cast<UserId>(1000U + r.peer_id.bytes[2] * 256U +
                                                        r.peer_id.bytes[1]);
                       }
                   }});
    all.push_back({.name = "ignores the peer id of an account", .request = [](AnnounceRequest& r) {
                       r.peer_id = r.user == UserId::none ? r.peer_id : PeerId{};
                   }});
    all.push_back({.name = "keeps 32 bits of an account", .request = [](AnnounceRequest& r) {
                       r.user = static_cast<UserId>(static_cast<std::uint32_t>(r.user));
                   }});
    all.push_back({.name = "ignores ports", .request = [](AnnounceRequest& r) {
                       if (r.ipv4.present()) {
                           r.ipv4.wire[4] = 0x1a;
                           r.ipv4.wire[5] = 0xe1;
                       }
                   }});
    all.push_back({.name = "loses the second family", .request = [](AnnounceRequest& r) {
                       r.ipv6 = r.ipv4.present() ? Ipv6Endpoint{} : r.ipv6;
                   }});
    all.push_back({.name = "loses IPv6", .reply = [](const AnnounceRequest&, Draft& d) {
                       d.ipv6.clear();
                       d.ipv6_ids.clear();
                   }});
    all.push_back({.name = "takes the two clients of a household for one account",
                   .request = [](AnnounceRequest& r) {
                       if (r.user == UserId::none && r.ipv4.present()) {
                           r.user = static_cast<UserId>(5000U + r.ipv4.wire[3]);
                       }
                   }});
}

void add_choice(std::vector<Distortion>& all) {
    all.push_back(
        {.name = "hands out the announcer", .reply = [](const AnnounceRequest& r, Draft& d) {
             if (!d.ipv4.empty() && r.ipv4.present()) {
                 d.ipv4.back() = r.ipv4;
             }
         }});
    all.push_back({.name = "hands out a peer twice", .reply = [](const AnnounceRequest&, Draft& d) {
                       if (d.ipv4.size() > 1) {
                           d.ipv4.back() = d.ipv4.front();
                       }
                   }});
    all.push_back({.name = "hands out one more than wanted", .request = [](AnnounceRequest& r) {
                       r.num_want_ipv4 += r.num_want_ipv4 != 0 ? 1 : 0;
                   }});
    all.push_back({.name = "hands out one fewer than it could",
                   .reply = [](const AnnounceRequest& r, Draft& d) {
                       if (d.ipv4.size() == r.num_want_ipv4 && !d.ipv4.empty()) {
                           d.ipv4.pop_back();
                       }
                   }});
    all.push_back({.name = "writes beyond its counts",
                   .answer = [](AnnounceSink& sink, const AnnounceReply& r) {
                       AnnounceReply fewer = r;
                       fewer.ipv4_peers -= fewer.ipv4_peers != 0 ? 1 : 0;
                       sink.done(fewer);
                   }});
    all.push_back({.name = "hands peers to those who stop", .request = [](AnnounceRequest& r) {
                       r.event = r.event == Event::stopped ? Event::none : r.event;
                   }});
    all.push_back(flag_ignored("hands out hidden peers", AnnounceFlags::hidden));
    all.push_back(flag_ignored("hands seeders to seeders", AnnounceFlags::only_leechers));
    all.push_back(flag_ignored("hands out foreign families", AnnounceFlags::own_families_only));
    all.push_back({.name = "hands leechers to leechers only", .request = [](AnnounceRequest& r) {
                       r.flags = r.flags | AnnounceFlags::only_leechers;
                   }});
    all.push_back({.name = "hands no partial seeds to seeders", .request = [](AnnounceRequest& r) {
                       if (r.event == Event::paused) {
                           r.flags = r.flags | AnnounceFlags::hidden;
                       }
                   }});
    all.push_back({.name = "takes the private for the global", .request = [](AnnounceRequest& r) {
                       r.ipv4.wire[0] = r.ipv4.wire[0] == 192 ? 193 : r.ipv4.wire[0];
                   }});
    all.push_back(
        {.name = "hands out nobody's neighbours, but only IPv4", .request = [](AnnounceRequest& r) {
             r.num_want_ipv6 = 0;
         }});
    all.push_back(
        {.name = "always hands out the same",
         .request = [](AnnounceRequest& r) { r.num_want_ipv4 = r.num_want_ipv4 != 0 ? 200 : 0; },
         .reply =
             [](const AnnounceRequest& r, Draft& d) {
                 std::ranges::sort(d.ipv4, {}, &Ipv4Endpoint::wire);
                 d.ipv4.resize(std::min<std::size_t>(d.ipv4.size(), r.num_want_ipv4));
                 d.ipv4_ids.clear();
                 d.reply.has_peer_ids = false;
             }});
    all.push_back(
        {.name = "hands out a window of a fixed order",
         .request = [](AnnounceRequest& r) { r.num_want_ipv4 = r.num_want_ipv4 != 0 ? 400 : 0; },
         .reply =
             [turn = std::size_t{0}](const AnnounceRequest& r, Draft& d) mutable {
                 if (d.ipv4.size() <= r.num_want_ipv4) {
                     return;
                 }
                 std::ranges::sort(d.ipv4, {}, &Ipv4Endpoint::wire);
                 turn = (turn * 7919 + 13) % d.ipv4.size();
                 std::rotate(d.ipv4.begin(), d.ipv4.begin() + static_cast<std::ptrdiff_t>(turn),
                             d.ipv4.end());
                 d.ipv4.resize(r.num_want_ipv4);
                 d.ipv4_ids.clear();
                 d.reply.has_peer_ids = false;
             }});
    all.push_back({.name = "turns peer ids round", .reply = [](const AnnounceRequest&, Draft& d) {
                       std::ranges::reverse(d.ipv4_ids);
                   }});
    all.push_back({.name = "sends peer ids unasked", .reply = [](const AnnounceRequest&, Draft& d) {
                       d.reply.has_peer_ids = true;
                   }});
}

void add_history(std::vector<Distortion>& all) {
    all.push_back(history_forgets("never knows anybody", [](PeerHistory& h) { h = {}; }));
    all.push_back(history_forgets("forgets uploads", [](PeerHistory& h) { h.uploaded = 0; }));
    all.push_back(history_forgets("forgets downloads", [](PeerHistory& h) { h.downloaded = 0; }));
    all.push_back(history_forgets("forgets what was left", [](PeerHistory& h) { h.left = 0; }));
    all.push_back(
        history_forgets("forgets what was corrupt", [](PeerHistory& h) { h.corrupt = 0; }));
    all.push_back(
        history_forgets("forgets who seeded", [](PeerHistory& h) { h.was_seeder = false; }));
    all.push_back(
        history_forgets("forgets who slept", [](PeerHistory& h) { h.was_dormant = false; }));
    all.push_back(
        history_forgets("counts this announce too", [](PeerHistory& h) { ++h.announces; }));
    all.push_back(history_forgets("begins every stay anew",
                                  [](PeerHistory& h) { h.first_announce = h.last_announce; }));
    all.push_back(
        history_forgets("remembers everybody as known", [](PeerHistory& h) { h.known = true; }));
    all.push_back({.name = "keeps 32 bits of a counter", .request = [](AnnounceRequest& r) {
                       r.uploaded &= 0xffff'ffffU;
                   }});
    all.push_back({.name = "tells what is announced instead of what was",
                   .reply = [](const AnnounceRequest& r, Draft& d) {
                       if (d.reply.history.known) {
                           d.reply.history.uploaded = r.uploaded;
                       }
                   }});
}

void add_time(std::vector<Distortion>& all) {
    all.push_back(setup_ignored("never expires", [](TrackerSetup& s) {
        s.peer_lifetime = s.history_lifetime = seconds(1'000'000);
    }));
    all.push_back(setup_ignored("expires too early", [](TrackerSetup& s) {
        s.peer_lifetime = s.peer_lifetime - seconds(30);
    }));
    all.push_back(setup_ignored("expires too late", [](TrackerSetup& s) {
        s.peer_lifetime = s.peer_lifetime + seconds(90);
    }));
    all.push_back(setup_ignored("has no dormant peers",
                                [](TrackerSetup& s) { s.history_lifetime = s.peer_lifetime; }));
    all.push_back(setup_ignored("never forgets dormant peers", [](TrackerSetup& s) {
        s.history_lifetime = s.history_lifetime * (s.history_lifetime > s.peer_lifetime ? 10 : 1);
    }));
    all.push_back(
        setup_ignored("tells nobody who fell silent", [](TrackerSetup& s) { s.expiry = nullptr; }));
    all.push_back(
        setup_ignored("keeps empty swarms", [](TrackerSetup& s) { s.purge_empty_swarms = false; }));
    all.push_back(setup_ignored("purges empty swarms always",
                                [](TrackerSetup& s) { s.purge_empty_swarms = true; }));
    all.push_back(
        setup_ignored("keeps no peer ids", [](TrackerSetup& s) { s.keep_peer_ids = false; }));
    all.push_back(setup_ignored("prefers no subnet", [](TrackerSetup& s) {
        s.preferred_ipv4_bits = s.preferred_ipv6_bits = 0;
    }));
    all.push_back(setup_ignored("prefers whole bytes of a subnet", [](TrackerSetup& s) {
        s.preferred_ipv4_bits = static_cast<std::uint8_t>(s.preferred_ipv4_bits / 8 * 8 - 1);
    }));
}

void add_calls(std::vector<Distortion>& all) {
    const auto ignoring = [&](std::string name, Call call) {
        all.push_back({.name = std::move(name), .ignored = {call}});
    };
    ignoring("ignores put_torrents", Call::put_torrents);
    ignoring("ignores erase_torrents", Call::erase_torrents);
    ignoring("ignores erase_users", Call::erase_users);
    ignoring("ignores read_some", Call::read_some);
    ignoring("ignores read_swarms", Call::read_swarms);
    ignoring("ignores add_swarms", Call::add_swarms);
    all.push_back({.name = "shows the first of several names alone",
                   .names = [](std::vector<InfoHash>& names) {
                       names.resize(std::min<std::size_t>(names.size(), 1));
                   }});
    all.push_back(
        {.name = "shows swarms in an order of its own", .names = [](std::vector<InfoHash>& names) {
             std::ranges::reverse(names);
         }});
    all.push_back({.name = "takes in the first of several swarms alone",
                   .added_all = [](std::vector<SwarmInTransit>& swarms) {
                       swarms.resize(std::min<std::size_t>(swarms.size(), 1));
                   }});
    ignoring("says ok to reconfigure and does nothing", Call::reconfigure);
    ignoring("reports nothing", Call::report);
    ignoring("never has current histories", Call::has_current_histories);
    all.push_back(adds("is sure of what is unsure", [](PeerRecord& p) {
        p.flags = PeerFlags{static_cast<std::uint32_t>(p.flags) &
                            ~static_cast<std::uint32_t>(PeerFlags::unsure)};
    }));
    all.push_back(
        {.name = "registers torrents without their snatches", .put = [](TorrentRecord& t) {
             t.snatches = 0;
         }});
    all.push_back({.name = "does not hear enough", .is_never_enough = true});
    all.push_back(shows("shows no accounts", [](PeerRecord& p) { p.user = UserId::none; }));
    all.push_back(shows("shows what was in memory", [](PeerRecord& p) { p.reserved[3] = 1; }));
    all.push_back(shows("shows no IPv6", [](PeerRecord& p) { p.ipv6 = {}; }));
    all.push_back(shows("shows everybody as a leecher", [](PeerRecord& p) {
        p.flags = has(p.flags, PeerFlags::seeder) ? PeerFlags::none : p.flags;
    }));
    all.push_back(shows("shows nobody's key", [](PeerRecord& p) { p.key = 0; }));
    all.push_back(shows("shows the dormant as awake", [](PeerRecord& p) {
        p.flags = has(p.flags, PeerFlags::dormant) ? PeerFlags::none : p.flags;
    }));
    all.push_back(
        {.name = "shows half of the peers", .shown = [](SwarmRecord&, std::vector<PeerRecord>& p) {
             p.resize((p.size() + 1) / 2);
         }});
    all.push_back({.name = "shows nothing as registered",
                   .shown = [](SwarmRecord& s, std::vector<PeerRecord>&) {
                       s.registered = false;
                   }});
    all.push_back({.name = "shows swarms without counts",
                   .shown = [](SwarmRecord& s, std::vector<PeerRecord>&) {
                       s.counts = {};
                   }});
    all.push_back(adds("adds everybody as new",
                       [](PeerRecord& p) { p.last_announce += std::chrono::seconds(500); }));
    all.push_back(adds("adds everybody as old",
                       [](PeerRecord& p) { p.last_announce -= std::chrono::seconds(300); }));
    all.push_back(adds("adds the hidden as visible", [](PeerRecord& p) {
        p.flags = has(p.flags, PeerFlags::hidden) ? PeerFlags::none : p.flags;
    }));
    all.push_back(adds("adds the dormant as awake", [](PeerRecord& p) {
        p.flags = has(p.flags, PeerFlags::dormant) ? PeerFlags::seeder : p.flags;
    }));
    all.push_back({.name = "adds nobody without an address",
                   .added = [](SwarmRecord&, std::vector<PeerRecord>& peers) {
                       std::erase_if(peers, [](const PeerRecord& p) {
                           return !p.ipv4.present() && !p.ipv6.present() &&
                                  !has(p.flags, PeerFlags::dormant);
                       });
                   }});
    all.push_back(adds("adds those without an address as dormant", [](PeerRecord& p) {
        if (!p.ipv4.present() && !p.ipv6.present()) {
            p.flags = p.flags | PeerFlags::dormant;
        }
    }));
    all.push_back(adds("adds nobody's uploads", [](PeerRecord& p) { p.uploaded = 0; }));
    all.push_back({.name = "adds peers without their swarm's snatches",
                   .added = [](SwarmRecord& s, std::vector<PeerRecord>&) {
                       s.counts = {};
                   }});
}

std::vector<Distortion> all_distortions() {
    std::vector<Distortion> all{{.name = "none"}};
    add_counts(all);
    add_events(all);
    add_answers(all);
    add_identity(all);
    add_choice(all);
    add_history(all);
    add_time(all);
    add_calls(all);
    return all;
}

}  // namespace

const std::vector<Distortion>& distortions() {
    static const std::vector<Distortion> all = all_distortions();
    return all;
}

}  // namespace chihaya::test
