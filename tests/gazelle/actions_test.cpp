#include "tests/gazelle/site_caller.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <set>
#include <string>

TEST_SUITE_BEGIN("what a site tells its tracker");

namespace chihaya::gazelle::test {

TEST_CASE("#42 add_torrent registers once, and sets the freeleech of what is known") {
    Caller caller;
    caller.tell("action=add_torrent&id=200&freetorrent=1&info_hash=" + escaped(0xAB));
    CHECK(caller.tracker.torrent(0xAB)->id == TorrentId{200});
    CHECK(caller.tracker.torrent(0xAB)->freeleech == Freeleech::free);

    TorrentRecord doubled = *caller.tracker.torrent(0xAB);
    doubled.up_multiplier = 2;
    doubled.snatches = 9;
    caller.put(doubled);
    caller.tell("action=add_torrent&id=300&freetorrent=0&info_hash=" + escaped(0xAB));
    const auto again = caller.tracker.torrent(0xAB);
    CHECK(again->id == TorrentId{200});
    CHECK(again->freeleech == Freeleech::none);
    CHECK(again->up_multiplier == 2);
    CHECK(again->snatches == 9);
}

TEST_CASE("#42 delete_torrent remembers the reason in the words of the site") {
    Caller caller;
    const auto reason_after = [&](const std::string& parameter) {
        caller.tell("action=delete_torrent&id=1&info_hash=" + escaped(3) + parameter);
        return caller.tracker.reason(3);
    };
    caller.put(torrent_of(100, 3));
    CHECK(reason_after("&reason=1") == "Trump");
    CHECK(!caller.tracker.torrent(3));
    CHECK(reason_after("").empty());
    CHECK(reason_after("&reason=-1").empty());
    CHECK(reason_after("&reason=0") == "Dupe");
    CHECK(reason_after("&reason=16") == "Transcode");
    CHECK(reason_after("&reason=23") == "Extraneous Files");
    CHECK(reason_after("&reason=24") == "Checksum Trump");
    CHECK(reason_after("&reason=25").empty());
    CHECK(reason_after("&reason=99999999999").empty());
    CHECK(reason_after("&reason=22") == "Wrong Lyrics");
    CHECK(reason_after("&reason=77") == std::string(43, 'x'));
}

TEST_CASE("#28 update_torrent takes 0, 1 and 2, and leaves the torrent alone otherwise") {
    Caller caller;
    caller.put(torrent_of(100, 3));
    caller.put(torrent_of(101, 4));
    const auto freeleech_after = [&](const std::string& parameter) {
        caller.tell("action=update_torrent&info_hash=" + escaped(3) + parameter);
        return caller.tracker.torrent(3)->freeleech;
    };
    CHECK(freeleech_after("&freetorrent=1") == Freeleech::free);
    CHECK(freeleech_after("&freetorrent=2") == Freeleech::neutral);
    CHECK(freeleech_after("") == Freeleech::neutral);
    CHECK(freeleech_after("&freetorrent=3") == Freeleech::neutral);
    CHECK(freeleech_after("&freetorrent=0") == Freeleech::none);
    caller.tell("action=update_torrents&freetorrent=1&info_hashes=" + escaped(3) + escaped(9) +
                escaped(4) + "%12");
    CHECK(caller.tracker.torrent(3)->freeleech == Freeleech::free);
    CHECK(caller.tracker.torrent(4)->freeleech == Freeleech::free);
    CHECK(!caller.tracker.torrent(9));
}

TEST_CASE("a token is added and removed") {
    Caller caller;
    caller.tell("action=add_token&userid=7&info_hash=" + escaped(3));
    CHECK(caller.tracker.has_token(7, 3));
    caller.tell("action=remove_token&userid=7&info_hash=" + escaped(3));
    CHECK(!caller.tracker.has_token(7, 3));
}

TEST_CASE("#43 users are added and removed, 124 at once, or none") {
    Caller caller;
    caller.tell("action=add_user&id=7&passkey=" + keys_of('k'));
    CHECK(caller.flags(7) == UserFlags::can_leech);
    caller.tell("action=add_user&id=8&visible=0&passkey=" + keys_of('h'));
    CHECK(has(caller.flags(8), UserFlags::hidden));
    caller.tell("action=remove_user&passkey=" + keys_of('k'));
    CHECK(!caller.tracker.user(7));

    std::string passkeys;
    for (unsigned i = 0; i < 124; ++i) {
        const std::string key = std::string(29, 'p') + std::to_string(100 + i);
        caller.tell("action=add_user&id=" + std::to_string(1000 + i) + "&passkey=" + key);
        passkeys += key;
    }
    CHECK(caller.tracker.users() == 125);
    caller.tell("action=remove_users&passkeys=");
    CHECK(caller.tracker.users() == 125);
    caller.tell("action=remove_users&passkeys=" + passkeys + "rest");
    CHECK(caller.tracker.users() == 1);
}

TEST_CASE("add_user with a known passkey keeps the id") {
    Caller caller;
    UserRecord user = user_of(7, 'k');
    user.flags = UserFlags::none;
    caller.put(user);
    caller.tell("action=add_user&id=9&visible=0&passkey=" + keys_of('k'));
    CHECK(!caller.tracker.user(9));
    CHECK(caller.flags(7) == UserFlags::hidden);
    caller.tell("action=add_user&id=7&passkey=" + keys_of('k'));
    CHECK(caller.flags(7) == UserFlags::hidden);
    caller.tell("action=add_user&id=7&visible=1&passkey=" + keys_of('k'));
    CHECK(caller.flags(7) == UserFlags::none);
}

TEST_CASE("#44 change_passkey moves the user, and does nothing when old and new are the same") {
    Caller caller;
    caller.put(user_of(7, 'k'));
    const auto change = [&](char from, const std::string& to) {
        caller.tell("action=change_passkey&oldpasskey=" + keys_of(from) + "&newpasskey=" + to);
    };
    change('k', keys_of('k'));
    CHECK(caller.passkey(7) == keys_of('k'));
    change('q', keys_of('n'));
    CHECK(caller.passkey(7) == keys_of('k'));
    change('k', "");
    CHECK(caller.passkey(7) == keys_of('k'));
    change('k', keys_of('n'));
    CHECK(caller.passkey(7) == keys_of('n'));
    CHECK(caller.tracker.users() == 1);
}

TEST_CASE("#45 what update_user does not name stays as it is") {
    Caller caller;
    UserRecord user = user_of(7, 'k');
    user.flags = UserFlags::can_leech | UserFlags::hidden;
    caller.put(user);
    const auto flags_after = [&](const std::string& parameters) {
        caller.tell("action=update_user&passkey=" + keys_of('k') + parameters);
        return caller.flags(7);
    };
    CHECK(flags_after("&can_leech=0") == UserFlags::hidden);
    CHECK(flags_after("&visible=1") == UserFlags::none);
    CHECK(flags_after("&visible=0") == UserFlags::hidden);
    CHECK(flags_after("&can_leech=1") == (UserFlags::can_leech | UserFlags::hidden));
    CHECK(flags_after("") == (UserFlags::can_leech | UserFlags::hidden));
    CHECK(flags_after("&can_leech=yes") == (UserFlags::can_leech | UserFlags::hidden));
    CHECK(flags_after("&can_leech=1&visible=1") == UserFlags::can_leech);
}

TEST_CASE("#46 the list of clients takes any bytes, and is never empty while one is exchanged") {
    Caller caller;
    using Clients = std::set<std::string>;
    caller.tell("action=add_whitelist&peer_id=-T#%2B+=");
    CHECK(caller.tracker.clients() == Clients{"-T#%2B+="});
    caller.tell("action=edit_whitelist&old_peer_id=-T#%2B+=&new_peer_id=-qB4");
    CHECK(caller.tracker.clients() == Clients{"-qB4"});
    CHECK(caller.tracker.fewest_clients() == 1);
    caller.tell("action=edit_whitelist&old_peer_id=-qB4&new_peer_id=-qB4");
    caller.tell("action=edit_whitelist&old_peer_id=-qB4&new_peer_id=");
    caller.tell("action=edit_whitelist&old_peer_id=-none&new_peer_id=-TR3");
    CHECK(caller.tracker.clients() == Clients{"-TR3", "-qB4"});
    caller.tell("action=remove_whitelist&peer_id=-TR3");
    caller.tell("action=remove_whitelist&peer_id=-qB4");
    CHECK(caller.tracker.clients().empty());
}

TEST_CASE("#47 interval and jitter are set, each for itself") {
    Caller caller;
    const auto interval = [&] {
        return caller.tracker.now().interval.count();
    };
    const auto jitter = [&] {
        return caller.tracker.now().interval_jitter.count();
    };
    caller.tell("action=update_announce_interval&new_announce_interval=900");
    CHECK(interval() == 900);
    CHECK(jitter() == 240);
    caller.tell("action=update_announce_jitter&new_announce_jitter=0");
    CHECK(interval() == 900);
    CHECK(jitter() == 0);
    for (const char* const wrong : {"0", "-1", "86401", "x", ""}) {
        const Reply reply = caller.update(
            std::string("action=update_announce_interval&new_announce_interval=") + wrong);
        CHECK(reply.status == 400);
        CHECK(reply.body.find('\n') == std::string::npos);
    }
    CHECK(caller.update("action=update_announce_jitter&new_announce_jitter=901").status == 400);
    CHECK(interval() == 900);
    caller.tracker.now().interval_jitter = std::chrono::seconds(240);
    caller.tell("action=update_announce_interval&new_announce_interval=100");
    CHECK(jitter() == 100);
}

TEST_CASE("info_torrent answers a line of JSON before success") {
    Caller caller;
    caller.put(torrent_of(100, 3));
    CHECK(caller.update("action=info_torrent&info_hash=" + escaped(3)).body ==
          R"({"hash":"0303030303030303030303030303030303030303","id":100,"free":0})"
          "\nsuccess");
    CHECK(caller.update("action=info_torrent&info_hash=" + escaped(4)).body ==
          R"({"hash":"0404040404040404040404040404040404040404","fail":"unknown"})"
          "\nsuccess");
}

TEST_CASE("trace_user is remembered until it is taken back") {
    Caller caller;
    caller.put(user_of(7, 'k'));
    caller.tell("action=trace_user&trace=1&passkey=" + keys_of('k'));
    CHECK(caller.traced.has(UserId{7}));
    CHECK(!caller.traced.has(UserId{8}));
    caller.tell("action=trace_user&trace=0&passkey=" + keys_of('k'));
    CHECK(!caller.traced.has(UserId{7}));
}

}  // namespace chihaya::gazelle::test
TEST_SUITE_END();
