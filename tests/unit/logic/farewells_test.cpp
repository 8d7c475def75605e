#include "core/logic/farewells.hpp"

#include "core/base/limits.hpp"
#include "tests/support/scripted_drivers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

namespace chihaya::logic {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;

constexpr sys_seconds first{seconds(1'700'000'000)};
constexpr sys_seconds last{seconds(1'700'003'600)};

ExpiredPeer silent(std::uint64_t user, PeerFlags flags = PeerFlags::none) {
    ExpiredPeer gone;
    gone.info_hash.bytes.fill(4);
    gone.peer.user = UserId{user};
    gone.peer.peer_id.bytes.fill(5);
    gone.peer.ipv4.wire = {1, 2, 3, 4, 5, 6};
    gone.peer.uploaded = 70;
    gone.peer.downloaded = 80;
    gone.peer.left = 90;
    gone.peer.corrupt = 10;
    gone.peer.first_announce = first;
    gone.peer.last_announce = last;
    gone.peer.announces = 3;
    gone.peer.flags = flags;
    gone.counts = {.seeders = 1, .leechers = 2};
    return gone;
}

struct World {
    World() {
        UserRecord seen{.id = UserId{7}};
        UserRecord unseen{.id = UserId{8}, .flags = UserFlags::hidden};
        seen.passkey.text = {'a'};
        unseen.passkey.text = {'b'};
        TorrentRecord torrent{.id = TorrentId{9}};
        torrent.info_hash.bytes.fill(4);
        REQUIRE(roster.put_users(std::array{seen, unseen}).ok());
        REQUIRE(roster.put_torrents(std::array{torrent}).ok());
    }
    test::ScriptedTracker driver;
    Roster roster{driver};
    test::ScriptedBackend backend;
};

}  // namespace

TEST_SUITE_BEGIN("farewells");

TEST_CASE("who fell silent is told as it last was, and gains nothing") {
    const World world;
    const AnnounceDelta delta = farewell(silent(7, PeerFlags::seeder), world.roster);
    CHECK(delta.user == UserId{7});
    CHECK(delta.torrent == TorrentId{9});
    CHECK(delta.info_hash.bytes[0] == 4);
    CHECK(delta.peer_id.bytes[0] == 5);
    CHECK(delta.ipv4.wire[5] == 6);
    CHECK(delta.uploaded == 70);
    CHECK(delta.downloaded == 80);
    CHECK(delta.left == 90);
    CHECK(delta.corrupt == 10);
    CHECK(delta.uploaded_raw == 0);
    CHECK(delta.downloaded_credited == 0);
    CHECK(delta.at == last);
    CHECK(delta.stay == seconds(3600));
    CHECK(delta.active_for == seconds(0));
    CHECK(delta.announces == 3);
    CHECK(delta.counts == SwarmCounts{.seeders = 1, .leechers = 2});
    CHECK(delta.event == Event::none);
    CHECK(delta.flags == (DeltaFlags::expired | DeltaFlags::is_seeder));
}

TEST_CASE("a partial seed is told as one, and who is hidden or unknown is told as hidden") {
    const World world;
    CHECK(farewell(silent(7, PeerFlags::paused), world.roster).flags ==
          (DeltaFlags::expired | DeltaFlags::is_paused));
    for (const std::uint64_t user : {8U, 100U}) {
        CHECK(farewell(silent(user), world.roster).flags ==
              (DeltaFlags::expired | DeltaFlags::hidden));
    }
}

TEST_CASE("each is recorded once and in order, so many at a time") {
    World world;
    Farewells farewells;
    farewells.open(world.roster, world.backend);
    std::vector<ExpiredPeer> gone;
    for (std::uint64_t user = 1; user <= 1'000; ++user) {
        gone.push_back(silent(user));
    }
    farewells.expired(gone);
    std::uint64_t next = 1;
    for (const auto& deltas : world.backend.recorded) {
        CHECK(!deltas.empty());
        CHECK(deltas.size() <= limits::batch_max);
        for (const AnnounceDelta& delta : deltas) {
            CHECK(delta.user == UserId{next++});
        }
    }
    CHECK(next == 1'001);
}

TEST_CASE("before it is opened and after it is closed nobody is told") {
    World world;
    Farewells farewells;
    farewells.expired(std::array{silent(7)});
    farewells.open(world.roster, world.backend);
    farewells.close();
    farewells.expired(std::array{silent(7)});
    CHECK(world.backend.recorded.empty());
}

TEST_SUITE_END();

}  // namespace chihaya::logic
