#include "plugins/gazelle/site/control.hpp"

#include "plugins/gazelle/site/recent_changes.hpp"
#include "tests/gazelle/site_tracker.hpp"
#include "tests/support/fake_host.hpp"

#include <doctest/doctest.h>

#include <string>
#include <string_view>
#include <thread>
#include <vector>

TEST_SUITE_BEGIN("calls of a site");

namespace chihaya::gazelle::test {
namespace {

constexpr std::string_view site_password = "0123456789abcdef0123456789abcdef";
constexpr std::string_view report_password = "report_report_report_report_repo";
constexpr std::string_view success = "success";

struct Reply final : ControlSink {
    void answer(std::uint32_t http_status, std::string_view content_type,
                std::string_view text) noexcept override {
        ++times;
        status = http_status;
        type = content_type;
        body = text;
    }
    int times = 0;
    std::uint32_t status = 0;
    std::string type;
    std::string body;
};

Parameters parameters_of(ReportFormat format) {
    Parameters parameters;
    parameters.database.port = 1;  // nobody is there
    parameters.timeout = std::chrono::milliseconds(500);
    parameters.site_password = site_password;
    parameters.report_password = report_password;
    parameters.report_format = format;
    parameters.delete_reasons = {{22, "Wrong Lyrics"}, {77, std::string(60, 'x')}};
    return parameters;
}

struct Caller {
    explicit Caller(ReportFormat format = ReportFormat::text) : parameters(parameters_of(format)) {
        tracker.now().interval = std::chrono::seconds(1800);
        tracker.now().interval_jitter = std::chrono::seconds(240);
    }

    Reply call(const std::string& path, const std::string& query,
               std::array<std::uint8_t, 4> address = {127, 0, 0, 1}) {
        ControlRequest request{.method = "GET", .path = path, .query = query};
        request.ipv4.wire = {address[0], address[1], address[2], address[3], 0x12, 0x34};
        Reply reply;
        desk.control(request, reply);
        CHECK(reply.times == 1);
        return reply;
    }
    Reply update(const std::string& query) {
        return call('/' + std::string(site_password) + "/update", query);
    }
    /// An update that succeeds.
    void tell(const std::string& query) {
        const Reply reply = update(query);
        CHECK(reply.status == 200);
        CHECK(reply.type == "text/plain");
        CHECK(reply.body == success);
    }
    [[nodiscard]] UserFlags flags(std::uint64_t id) const { return tracker.user(id)->flags; }
    [[nodiscard]] std::string passkey(std::uint64_t id) const {
        return std::string(tracker.user(id)->passkey.view());
    }
    void put(const UserRecord& user) { CHECK(tracker.put_users(std::span(&user, 1)).ok()); }
    void put(const TorrentRecord& one) { CHECK(tracker.put_torrents(std::span(&one, 1)).ok()); }

    const Parameters parameters;
    chihaya::test::FakeClock clock;
    chihaya::test::FakeHost host{clock};
    SiteTracker tracker;
    RecentChanges recent{tracker, [this] {
                             return clock.now();
                         }};
    TracedUsers traced;
    Reports reports{parameters,
                    {tracker, traced, [] { return Dialect(); }, [] { return QueueSizes(); },
                     [this] {
                         return clock.now();
                     }}};
    Desk desk{parameters, {host, recent, tracker, traced, reports}};
};

std::string keys_of(char letter) {
    return std::string(32, letter);
}

std::string escaped(std::uint8_t byte) {
    static constexpr std::string_view digits = "0123456789ABCDEF";
    std::string text;
    for (int i = 0; i < 20; ++i) {
        text += {'%', digits[byte >> 4U], digits[byte & 15U]};
    }
    return text;
}

}  // namespace

TEST_CASE("#48 a wrong password is refused without a line break, counted, and has no effect") {
    Caller caller;
    const Reply reply = caller.call('/' + std::string(32, '0') + "/update",
                                    "action=add_user&id=7&passkey=" + keys_of('k'));
    CHECK(reply.status == 403);
    CHECK(reply.body == "d14:failure reason22:Authentication failuree");
    CHECK(!caller.tracker.user(7));
    CHECK(caller.call('/' + std::string(report_password) + "/update", "").status == 403);
    CHECK(caller.call('/' + std::string(site_password) + "/report", "").status == 403);
    CHECK(caller.host.lines().empty());
}

TEST_CASE("a path that is no call of the site, or comes from elsewhere, is not there") {
    Caller caller;
    const std::string path = '/' + std::string(site_password) + "/update";
    for (const std::string& other :
         {std::string("/"), std::string(), std::string("/stats"), path + '/', path.substr(1),
          '/' + std::string(site_password) + "/announce",
          '/' + std::string(site_password.substr(1)) + "/update"}) {
        CHECK(caller.call(other, "action=add_user").status == 404);
    }
    CHECK(caller.call(path, "action=x", {10, 0, 0, 1}).status == 404);
    CHECK(caller.call('/' + std::string(32, '0') + "/update", "", {10, 0, 0, 1}).status == 404);
    CHECK(caller.call(path, "action=x", {127, 9, 9, 9}).status == 200);
}

TEST_CASE("a door without a password is not there") {
    Parameters parameters = parameters_of(ReportFormat::text);
    parameters.report_password.clear();
    Caller caller;
    Desk desk(parameters,
              {caller.host, caller.recent, caller.tracker, caller.traced, caller.reports});
    CHECK(desk.is_open());
    const std::string path = '/' + std::string(32, '0') + "/report";
    ControlRequest request{.path = path};
    request.ipv4.wire = {127, 0, 0, 1, 1, 1};
    Reply reply;
    desk.control(request, reply);
    CHECK(reply.status == 404);
}

TEST_CASE("an action that nobody knows succeeds, as does one about what nobody knows") {
    Caller caller;
    for (const std::string& query :
         {std::string(), std::string("action=dance"), std::string("action=add_torrent"),
          std::string("action=add_torrent&info_hash=%zz&id=5"),
          "action=add_torrent&info_hash=" + escaped(1) + "&id=-5",
          std::string("action=update_torrent&freetorrent=1&info_hash=") + escaped(1),
          "action=remove_user&passkey=" + keys_of('q'),
          "action=update_user&can_leech=0&passkey=" + keys_of('q'),
          "action=add_token&userid=x&info_hash=" + escaped(1), std::string("action=add_user&id=4"),
          std::string("action=add_whitelist&peer_id="),
          "action=add_whitelist&peer_id=" + std::string(21, 'x')}) {
        caller.tell(query);
    }
    CHECK(caller.tracker.users() == 0);
    CHECK(caller.tracker.clients().empty());
}

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

TEST_CASE("only an info_hash is decoded, and '+' stands for itself") {
    Caller caller;
    const std::string bytes = "+abc-_.~xyz01234567";  // and one that is escaped
    caller.tell("action=add_torrent&id=200&info_hash=" + bytes + "%00");
    InfoHash info_hash;
    bytes.copy(reinterpret_cast<char*>(info_hash.bytes.data()), bytes.size());
    TorrentRecord torrent;
    CHECK(caller.tracker.find_torrent(info_hash, torrent));
}

TEST_CASE("the last of several parameters of one name counts") {
    Caller caller;
    caller.tell("id=1&action=dance&id=7&action=add_user&passkey=" + keys_of('k'));
    CHECK(caller.tracker.user(7));
    CHECK(caller.tracker.users() == 1);
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

TEST_CASE("a change that the registry does not take is no success, so that the site calls again") {
    Caller caller;
    caller.tracker.answer = {StatusCode::unavailable, "Redis is away"};
    const Reply reply = caller.update("action=add_user&id=7&passkey=" + keys_of('k'));
    CHECK(reply.status == 503);
    CHECK(reply.body == "d14:failure reason13:Redis is awaye");
    CHECK(caller.host.lines_of(Severity::warning) == 1);
    caller.tracker.answer = {};
    caller.tell("action=add_user&id=7&passkey=" + keys_of('k'));
}

TEST_CASE("what is logged of a call has its ids and no passkey") {
    Caller caller;
    caller.tell("action=add_user&id=7&passkey=" + keys_of('k'));
    caller.tell("action=change_passkey&oldpasskey=" + keys_of('k') + "&newpasskey=" + keys_of('n'));
    caller.tell("action=delete_torrent&reason=1&info_hash=" + escaped(3));
    caller.tell("action=remove_user&passkey=" + keys_of('q'));
    caller.tell("action=" + keys_of('q'));
    CHECK(caller.host.lines() ==
          std::vector<std::string>{
              "control: add_user user=7",
              "control: change_passkey user=7",
              "control: delete_torrent info_hash=0303030303030303030303030303030303030303 reason=1",
              "control: remove_user unknown passkey: nothing done",
              "control: update unknown action: nothing done",
          });
}

TEST_CASE("calls from several threads do not undo each other") {
    Caller caller;
    UserRecord user = user_of(7, 'k');
    user.flags = UserFlags::none;
    for (int round = 0; round < 100; ++round) {
        caller.put(user);
        std::thread other(
            [&] { caller.tell("action=update_user&can_leech=1&passkey=" + keys_of('k')); });
        caller.tell("action=update_user&visible=0&passkey=" + keys_of('k'));
        other.join();
        REQUIRE(caller.flags(7) == (UserFlags::can_leech | UserFlags::hidden));
    }
}

TEST_CASE("networks hold what begins alike, and nothing else is one") {
    const auto lies = [](std::string_view network, std::array<std::uint8_t, 4> address) {
        Ipv4Endpoint ipv4;
        ipv4.wire = {address[0], address[1], address[2], address[3], 0, 80};
        return lies_in(parse_networks({std::string(network)}), ipv4, {});
    };
    CHECK(lies("10.0.0.0/8", {10, 255, 1, 1}));
    CHECK(!lies("10.0.0.0/8", {11, 0, 0, 0}));
    CHECK(lies("10.1.2.3", {10, 1, 2, 3}));
    CHECK(!lies("10.1.2.3", {10, 1, 2, 2}));
    CHECK(lies("10.1.2.2/31", {10, 1, 2, 3}));
    CHECK(lies("0.0.0.0/0", {8, 8, 8, 8}));
    CHECK(lies("::/0", {8, 8, 8, 8}));
    CHECK(!lies("::1", {127, 0, 0, 1}));
    for (const char* const wrong : {"", "10.0.0.0/33", "10.0.0.0/x", "10.0.0.0/", "localhost",
                                    "::1/129", "10.0.0/8", "1.2.3.4/8/8"}) {
        CHECK(!parse_network(wrong));
    }
    Ipv6Endpoint ipv6;
    ipv6.wire[15] = 1;
    ipv6.wire[17] = 80;
    CHECK(lies_in(parse_networks({"::1"}), {}, ipv6));
    CHECK(!lies_in(parse_networks({"2001:db8::/32"}), {}, ipv6));
    CHECK(!lies_in(parse_networks({"::/0"}), {}, {}));
    Ipv6Endpoint mapped;
    mapped.wire = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1, 0, 80};
    CHECK(lies_in(parse_networks({"127.0.0.0/8"}), {}, mapped));
}

TEST_CASE("secrets are the same only byte by byte") {
    CHECK(same_secret("abc", "abc"));
    CHECK(!same_secret("abd", "abc"));
    CHECK(!same_secret("ab", "abc"));
    CHECK(!same_secret("abcd", "abc"));
}

}  // namespace chihaya::gazelle::test
TEST_SUITE_END();
