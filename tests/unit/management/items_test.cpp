#include "core/base/limits.hpp"
#include "core/logic/client_list.hpp"
#include "tests/unit/management/listener.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

using chihaya::Freeleech;
using chihaya::InfoHash;
using chihaya::PeerFlags;
using chihaya::PeerRecord;
using chihaya::StatusCode;
using chihaya::SwarmRecord;
using chihaya::TorrentId;
using chihaya::UserFlags;
using chihaya::UserId;
using chihaya::logic::client_prefix;
using chihaya::test::json_content;
using chihaya::test::Listener;
using Written = std::vector<std::string>;

TEST_SUITE_BEGIN("management items");

namespace {

InfoHash all_of(std::uint8_t byte) {
    InfoHash info_hash;
    info_hash.bytes.fill(byte);
    return info_hash;
}

const std::string hex_aa(40, 'a');  // all_of(0xaa)

PeerRecord peer(std::uint8_t last, PeerFlags flags) {
    PeerRecord record;
    record.ipv4.wire = {10, 0, 0, last, 0x1a, 0xe1};  // port 6881
    record.flags = flags;
    record.last_announce = std::chrono::sys_seconds(std::chrono::seconds(1000 + last));
    return record;
}

}  // namespace

TEST_CASE("a torrent is put, shown and deleted") {
    Listener listener;
    listener.start();
    const std::string target = "/torrents/" + hex_aa;
    CHECK(listener.get(target).status == 404);
    const auto put = listener.ask("PUT", target,
                                  R"({"id":12,"infohash":")" + hex_aa +
                                      R"(","up_multiplier":2,"down_multiplier":0.5,)"
                                      R"("snatches":3,"freeleech":true,"seeders":{}})");
    CHECK(put.status == 200);
    CHECK(put.body.empty());
    const auto record = listener.roster.torrent(all_of(0xaa));
    REQUIRE(record);
    CHECK(record->id == TorrentId{12});
    CHECK(record->up_multiplier == 2.0);
    CHECK(record->down_multiplier == 0.5);
    CHECK(record->snatches == 3);
    CHECK(record->freeleech == Freeleech::free);

    const auto shown = listener.get(target);
    CHECK(shown.status == 200);
    CHECK(shown.headers.at("Content-Type") == json_content);
    CHECK(shown.body ==
          R"({"id":12,"infohash":")" + hex_aa +
              R"(","seeders":{},"leechers":{},"last_action":0,"peers_truncated":false,)"
              R"("snatches":3,"up_multiplier":2,"down_multiplier":0.5,"freeleech":"free",)"
              R"("registered":true,"seeders_count":0,"leechers_count":0,"partial_seeds_count":0})"
              "\n");

    CHECK(listener.ask("DELETE", target).status == 200);
    CHECK(listener.ask("DELETE", target).status == 200);
    const auto gone = listener.get(target);
    CHECK(gone.status == 404);
    CHECK(gone.body == "Not Found\n");
}

TEST_CASE("a torrent's multipliers are 1 and its info-hash the path's when the body has none") {
    Listener listener;
    listener.start();
    CHECK(listener.ask("PUT", "/torrents/" + hex_aa, "{}").status == 200);
    const auto record = listener.roster.torrent(all_of(0xaa));
    REQUIRE(record);
    CHECK(record->up_multiplier == 1.0);
    CHECK(record->down_multiplier == 1.0);
    CHECK(record->freeleech == Freeleech::none);
}

TEST_CASE("an info-hash in the path is hexadecimal or v1's raw bytes, a plus being a blank") {
    Listener listener;
    listener.start();
    CHECK(listener.ask("PUT", "/torrents/%20+aaaaaaaaaaaaaaaaa%FF", "{}").status == 200);
    InfoHash mixed = all_of('a');
    mixed.bytes[0] = mixed.bytes[1] = ' ';
    mixed.bytes[19] = 0xff;
    CHECK(listener.roster.torrent(mixed));
    CHECK(listener.ask("PUT", "/torrents/" + std::string(40, 'A') + '/', "{}").status == 200);
    CHECK(listener.roster.torrent(all_of(0xaa)));
    CHECK(listener.get("/torrents/" + hex_aa).status == 200);
    for (const char* bad : {"/torrents/%zz", "/torrents/abc", "/torrents/%2"}) {
        CAPTURE(bad);
        CHECK(listener.get(bad).status == 404);
    }
}

TEST_CASE("a torrent's body that is wrong is refused, all complaints in a line") {
    Listener listener;
    listener.start();
    const auto refused = [&](const std::string& body) {
        const auto answer = listener.ask("PUT", "/torrents/" + hex_aa, body);
        CHECK(answer.status == 400);
        CHECK(std::ranges::count(answer.body, '\n') == 1);
        return answer.body;
    };
    CHECK(refused(R"({"up_multiplier":-1,"id":"x"})") ==
          "malformed body: id: found the text \"x\", accepted a whole number from 0 to "
          "18446744073709551615; up_multiplier: found the number -1, accepted a number from 0 to "
          "1000\n");
    CHECK(refused("[]") == "malformed body: body: found a list, accepted a JSON object\n");
    CHECK(refused("{").starts_with("malformed body: "));
    CHECK(refused("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[")
              .starts_with("malformed body: "));
    CHECK(refused(R"({"infohash":"abc"})") ==
          "malformed body: infohash: found 3 characters, accepted 40 hexadecimal digits\n");
    CHECK(refused(R"({"infohash":")" + std::string(40, 'b') + R"("})") ==
          "malformed body: infohash: found another info-hash than in the path, accepted the same, "
          "or none\n");
    CHECK(refused(R"({"freeleech":"maybe"})").find("freeleech: found the text \"maybe\"") !=
          std::string::npos);
    CHECK(refused(R"({"snatches":4294967296})").find("snatches: found") != std::string::npos);
    CHECK(refused(R"({"id":1.5})").find("id: found the number 1.5") != std::string::npos);
    CHECK(listener.tracker.written().empty());
}

TEST_CASE("fields are also read in the spelling of Chihaya 1.0, and null is absent") {
    Listener listener;
    listener.start();
    CHECK(listener.ask("PUT", "/torrents/" + hex_aa, R"({"upMultiplier":3,"snatches":null})")
              .status == 200);
    CHECK(listener.roster.torrent(all_of(0xaa))->up_multiplier == 3.0);
}

TEST_CASE("freeleech has three words") {
    Listener listener;
    listener.start();
    const auto put = [&](const std::string& value) {
        CHECK(listener.ask("PUT", "/torrents/" + hex_aa, R"({"freeleech":)" + value + '}').status ==
              200);
        return listener.roster.torrent(all_of(0xaa))->freeleech;
    };
    CHECK(put("\"neutral\"") == Freeleech::neutral);
    CHECK(put("\"free\"") == Freeleech::free);
    CHECK(put("\"none\"") == Freeleech::none);
    CHECK(put("false") == Freeleech::none);
}

TEST_CASE("a deleted torrent's reason is kept for its peers") {
    Listener listener;
    listener.start();
    const std::string target = "/torrents/" + hex_aa;
    CHECK(listener.ask("DELETE", target + "?reason=Dupe+of%20another").status == 200);
    CHECK(std::string(listener.roster.erasure(all_of(0xaa)).reason.data()) == "Dupe of another");
    CHECK(listener.ask("DELETE", target + "?reason=" + std::string(45, 'x')).status == 400);
    CHECK(listener.ask("DELETE", target + "?reason=a%00b").status == 400);
}

TEST_CASE("a driver that is away is a 503 with its reason, and nothing is changed") {
    Listener listener;
    listener.start();
    listener.tracker.answer = {StatusCode::unavailable, "redis is away"};
    for (const char* method : {"PUT", "DELETE", "GET"}) {
        const auto answer = listener.ask(method, "/torrents/" + hex_aa, "{}");
        CHECK(answer.status == 503);
        CHECK(answer.body == "redis is away\n");
    }
    CHECK_FALSE(listener.roster.torrent(all_of(0xaa)));
    listener.tracker.answer = {StatusCode::internal, "broken"};
    CHECK(listener.ask("PUT", "/clients/-TR").status == 500);
}

TEST_CASE("a swarm is shown with v1's keys, seeders and leechers apart") {
    Listener listener;
    PeerRecord seeder = peer(1, PeerFlags::seeder);
    seeder.peer_id.bytes.fill(0xbb);
    seeder.user = UserId{5};
    seeder.uploaded = 100;
    seeder.ipv6.wire[0] = 0x20;
    seeder.ipv6.wire[15] = 1;
    seeder.ipv6.wire[17] = 80;
    PeerRecord twin = peer(2, PeerFlags::seeder);
    twin.peer_id = seeder.peer_id;
    listener.tracker.swarms = {
        {SwarmRecord{.info_hash = all_of(0xaa), .counts = {.seeders = 2, .leechers = 2}},
         {seeder, twin, peer(3, PeerFlags::paused), peer(4, PeerFlags::hidden),
          peer(5, PeerFlags::dormant)}}};
    listener.start();
    const auto body = listener.get("/torrents/" + hex_aa).body;
    const std::string id(40, 'b');
    CHECK(body.find(R"("seeders":{"4:)" + id + R"(":{"id":")" + id +
                    R"(","user_id":5,"torrent_id":0,"ip":"10.0.0.1","port":6881,"uploaded":100,)"
                    R"("downloaded":0,"left":0,"last_announce":1001},"6:)" +
                    id + R"(":{)") != std::string::npos);
    CHECK(body.find(R"("ip":"2000::1","port":80)") != std::string::npos);
    CHECK(body.find(R"("4:)" + id + R"(#1":{)") != std::string::npos);
    CHECK(body.find(R"("leechers":{"4:10.0.0.3/6881":{"id":"",)") != std::string::npos);
    CHECK(body.find(R"("4:hidden":{"id":"")") != std::string::npos);
    CHECK(body.find("10.0.0.4") == std::string::npos);
    CHECK(body.find("10.0.0.5") == std::string::npos);
    CHECK(body.find(R"("last_action":1004)") != std::string::npos);
    CHECK(body.find(R"("registered":false,"seeders_count":2,"leechers_count":2)") !=
          std::string::npos);
}

TEST_CASE("peers are shown to the holder of the token only, counts to everybody") {
    Listener listener;
    listener.settings.token = "hunter2";
    listener.tracker.swarms = {{SwarmRecord{.info_hash = all_of(0xaa), .counts = {.seeders = 1}},
                                {peer(1, PeerFlags::seeder)}}};
    listener.start();
    const auto open = listener.get("/torrents/" + hex_aa);
    CHECK(open.status == 200);
    CHECK(open.body.find(R"("seeders":{},)") != std::string::npos);
    CHECK(open.body.find(R"("peers_truncated":true)") != std::string::npos);
    CHECK(open.body.find(R"("seeders_count":1)") != std::string::npos);
    const auto shown =
        listener.ask("GET", "/torrents/" + hex_aa, "", {{"Authorization", "Bearer hunter2"}});
    CHECK(shown.body.find("10.0.0.1") != std::string::npos);
}

TEST_CASE("a listing of peers has an end") {
    Listener listener;
    const std::size_t most = chihaya::limits::listed_peers_max;
    listener.tracker.swarms = {{SwarmRecord{.info_hash = all_of(0xaa)},
                                std::vector<PeerRecord>(most + 1, peer(1, PeerFlags::seeder))}};
    listener.start();
    const auto body = listener.get("/torrents/" + hex_aa).body;
    CHECK(body.find(R"("peers_truncated":true)") != std::string::npos);
    CHECK(body.find('#' + std::to_string(most - 1) + '"') != std::string::npos);
    CHECK(body.find('#' + std::to_string(most) + '"') == std::string::npos);
}

TEST_CASE("a client is put, looked up and deleted") {
    Listener listener;
    listener.start();
    const auto before = listener.get("/clients/%2DTR2940");
    CHECK(before.status == 404);
    CHECK(before.body == "client is not approved\n");
    CHECK(listener.ask("PUT", "/clients/-TR2940").status == 200);
    CHECK(listener.ask("PUT", "/clients/TR2940/").status == 200);
    CHECK(listener.roster.has_client(client_prefix("-TR2940").value()));
    const auto after = listener.get("/clients/%2DTR2940");
    CHECK(after.status == 200);
    CHECK(after.body.empty());
    CHECK(listener.ask("DELETE", "/clients/-TR2940").status == 200);
    CHECK(listener.ask("DELETE", "/clients/-TR2940").status == 200);
    CHECK(listener.get("/clients/-TR2940").status == 404);
    CHECK(listener.get("/clients/TR2940").status == 200);
    CHECK(listener.get("/clients/TR29").status == 404);
}

TEST_CASE("a client ID has 1 to 20 bytes, any of them escaped") {
    Listener listener;
    listener.start();
    CHECK(listener.ask("PUT", "/clients/" + std::string(20, 'x')).status == 200);
    CHECK(listener.ask("PUT", "/clients/A%00+").status == 200);
    CHECK(listener.roster.has_client(client_prefix(std::string("A\0+", 3)).value()));
    CHECK(listener.ask("PUT", "/clients/" + std::string(21, 'x')).status == 400);
    CHECK(listener.ask("PUT", "/clients/%f").status == 400);
    CHECK(listener.ask("PUT", "/clients/").status == 404);
}

TEST_CASE("a user is put, shown and deleted") {
    Listener listener;
    listener.start();
    CHECK(listener.get("/users/anna-Key_1").status == 404);
    const auto put = listener.ask("PUT", "/users/ignored",
                                  R"({"id":7,"passkey":"anna-Key_1","up_multiplier":0,)"
                                  R"("down_multiplier":0,"can_leech":false,"hidden":true})");
    CHECK(put.status == 200);
    CHECK(put.body.empty());
    CHECK_FALSE(listener.roster.user("ignored"));
    const auto user = listener.roster.user("anna-Key_1");
    REQUIRE(user);
    CHECK(user->id == UserId{7});
    CHECK(user->up_multiplier == 0.0);
    CHECK(user->flags == UserFlags::hidden);
    CHECK(listener.get("/users/anna-Key_1").body ==
          R"({"id":7,"passkey":"anna-Key_1","up_multiplier":0,"down_multiplier":0,)"
          R"("can_leech":false,"hidden":true})"
          "\n");
    CHECK(listener.ask("DELETE", "/users/anna-Key_1").status == 200);
    CHECK_FALSE(listener.roster.user("anna-Key_1"));
    CHECK(listener.ask("DELETE", "/users/anna-Key_1").status == 200);
    CHECK(listener.tracker.written() == Written{"put_users:1", "erase_users:1"});
}

TEST_CASE("a user's passkey is the path's when the body has none, and may leech") {
    Listener listener;
    listener.start();
    CHECK(listener.ask("PUT", "/users/from_path", R"({"id":7})").status == 200);
    const auto user = listener.roster.user("from_path");
    REQUIRE(user);
    CHECK(user->up_multiplier == 1.0);
    CHECK(user->flags == UserFlags::can_leech);
}

TEST_CASE("a user's body that is wrong is refused, and its passkey not repeated") {
    Listener listener;
    listener.start();
    const auto refused = [&](const std::string& body) {
        const auto answer = listener.ask("PUT", "/users/key", body);
        CHECK(answer.status == 400);
        return answer.body;
    };
    CHECK(refused("{}") ==
          "malformed body: id: found nothing, accepted the number of the account\n");
    CHECK(refused(R"({"id":0})").find("from 1 to") != std::string::npos);
    const auto odd = refused(R"({"id":1,"passkey":"s e c r e t"})");
    CHECK(odd ==
          "malformed body: passkey: found 11 characters, accepted 1 to 32 of A-Z, a-z, 0-9, "
          "_ and -\n");
    CHECK(refused(R"({"id":1,"passkey":")" + std::string(33, 'k') + "\"}").find("33 characters") !=
          std::string::npos);
    CHECK(refused(R"({"id":1,"passkey":12345})").find("12345") == std::string::npos);
    CHECK(refused(R"({"id":1,"passkey":"")"
                  "}")
              .find("secret") == std::string::npos);
    CHECK(refused(R"({"id":1,"can_leech":1})").find("accepted true or false") != std::string::npos);
    CHECK(refused("").starts_with("malformed body: "));
    CHECK(listener.tracker.written().empty());
}

TEST_SUITE_END();
