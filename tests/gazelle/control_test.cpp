#include "tests/gazelle/noted_metrics.hpp"
#include "tests/gazelle/site_caller.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

TEST_SUITE_BEGIN("calls of a site");

namespace chihaya::gazelle::test {

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

    NotedMetrics metrics;
    caller.desk.report(metrics);
    CHECK(metrics.values.at("control_wrong_site_secret") == 2);
    CHECK(metrics.values.at("control_wrong_report_secret") == 1);
    CHECK(metrics.values.at("control_updates") == 0);
}

TEST_CASE("what is said of a record that a load may yet bring has the site read once more") {
    Caller caller;
    caller.put(user_of(10, 'A'));
    const std::array<std::string, 5> calls{
        "action=remove_user&passkey=" + keys_of('k'),
        "action=remove_users&passkeys=" + keys_of('k'),
        "action=change_passkey&oldpasskey=" + keys_of('k') + "&newpasskey=" + keys_of('n'),
        "action=update_user&can_leech=0&passkey=" + keys_of('k'),
        "action=update_torrent&freetorrent=1&info_hash=" + escaped(3)};
    for (const std::string& call : calls) {
        caller.tell(call);
        CHECK(caller.tracker.lapses == 0);
        {
            LoadOverlay load(caller.recent, caller.tracker);
            caller.tell(call);
            CHECK(caller.tracker.lapses == 1);
            caller.tell("action=update_user&can_leech=0&passkey=" + keys_of('A'));
            CHECK(caller.tracker.lapses == 1);
        }
        caller.tracker.lapses = 0;
    }
}

TEST_CASE("a report goes through its own door") {
    Caller caller;
    const Reply reply = caller.call('/' + std::string(report_password) + "/report", "get=stats");
    CHECK(reply.status == 200);
    CHECK(reply.body.starts_with("Uptime: "));
    CHECK(reply.body.ends_with("\nsuccess"));
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
    Parameters parameters = calling_parameters(ReportFormat::text);
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
