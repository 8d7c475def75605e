#include "core/app/tracker_slot.hpp"

#include "tests/support/scripted_drivers.hpp"

#include <doctest/doctest.h>

#include <array>
#include <future>

namespace chihaya::app {
namespace {

using Written = std::vector<std::string>;

constexpr InfoHash ubuntu{{1}};

class Mourner final : public ExpirySink {
public:
    void expired(std::span<const ExpiredPeer> peers) noexcept override { count += peers.size(); }
    std::size_t count = 0;
};

struct World {
    World() {
        first->driver = plugin::TrackerDriverPtr(&old_driver);
        next->driver = plugin::TrackerDriverPtr(&next_driver);
    }

    Mourner site;
    test::ScriptedTracker old_driver;
    test::ScriptedTracker next_driver;
    TrackerPlacePtr first = std::make_shared<TrackerPlace>(site);
    TrackerPlacePtr next = std::make_shared<TrackerPlace>(site);
    TrackerSlot slot{first};
    logic::ChangedSwarms notes;
};

ExpiredPeer gone(std::uint64_t user) {
    return {.info_hash = ubuntu, .peer = {.user = UserId{user}}};
}

}  // namespace

TEST_SUITE_BEGIN("tracker slot");

TEST_CASE("what is written goes to both drivers while one takes over, before and after to one") {
    World world;
    const UserRecord user{.id = UserId{1}};
    REQUIRE(world.slot.put_users({&user, 1}).ok());
    world.slot.write_to_next(world.next, world.notes);
    REQUIRE(world.slot.put_users({&user, 1}).ok());
    REQUIRE(world.slot.close(std::chrono::milliseconds(1000)));
    world.slot.take_over();
    REQUIRE(world.slot.put_users({&user, 1}).ok());
    CHECK(world.old_driver.written() == Written{"put_users:1", "put_users:1"});
    CHECK(world.next_driver.written() == Written{"put_users:1", "put_users:1"});
    TrackerSlot::retire(*world.first);
    CHECK(world.first->driver == nullptr);
}

TEST_CASE(
    "what the present driver refuses is not written to the next, and that it refuses is kept") {
    World world;
    const UserRecord user{.id = UserId{1}};
    world.slot.write_to_next(world.next, world.notes);
    world.next_driver.answer = {StatusCode::unavailable, "away"};
    CHECK(world.slot.next_status().ok());
    CHECK(world.slot.put_users({&user, 1}).ok());
    CHECK(!world.slot.next_status().ok());
    world.old_driver.answer = {StatusCode::unavailable, "away"};
    CHECK(!world.slot.put_users({&user, 1}).ok());
    CHECK(world.next_driver.written() == Written{"put_users:1"});
    world.slot.forget_next();
    world.old_driver.answer = {};
    CHECK(world.slot.put_users({&user, 1}).ok());
    CHECK(world.next_driver.written() == Written{"put_users:1"});
}

TEST_CASE("what is erased, or added, while one takes over is noted") {
    World world;
    const TorrentErasure torrent{.info_hash = ubuntu};
    REQUIRE(world.slot.erase_torrents({&torrent, 1}).ok());
    world.slot.write_to_next(world.next, world.notes);
    REQUIRE(world.slot.erase_torrents({&torrent, 1}).ok());
    REQUIRE(world.slot.add_peers({.info_hash = ubuntu}, {}).ok());
    const UserId user{7};
    REQUIRE(world.slot.erase_users({&user, 1}).ok());
    const auto noted = world.notes.take();
    CHECK(noted.erased.size() == 1);
    CHECK(noted.peers.size() == 2);
    CHECK(world.slot.take_erased_users() == std::vector{user});
    CHECK(world.next_driver.written() == Written{"erase_torrents:1", "erase_users:1"});
}

TEST_CASE("nobody takes over while somebody writes") {
    World world;
    std::promise<void> begun;
    std::promise<void> goes_on;
    auto until = goes_on.get_future();
    world.old_driver.while_busy = [&] {
        begun.set_value();
        until.wait();
    };
    world.slot.write_to_next(world.next, world.notes);
    const UserRecord user{.id = UserId{1}};
    auto writing = std::async(std::launch::async, [&] { return world.slot.put_users({&user, 1}); });
    begun.get_future().wait();
    CHECK_FALSE(world.slot.close(std::chrono::milliseconds(1)));
    goes_on.set_value();
    CHECK(writing.get().ok());
    world.old_driver.while_busy = nullptr;
    CHECK(world.slot.close(std::chrono::milliseconds(1000)));
    auto later = std::async(std::launch::async, [&] { return world.slot.put_users({&user, 1}); });
    world.slot.take_over();
    CHECK(later.get().ok());
    CHECK(world.old_driver.written().size() == 1);
    CHECK(world.next_driver.written().size() == 2);
}

TEST_CASE("who fell silent is said farewell to once, whichever driver finds it") {
    World world;
    world.next->door.keep_back();
    world.slot.write_to_next(world.next, world.notes);
    const std::array both{gone(1), gone(2)};
    world.first->door.expired({both.data(), 1});
    world.next->door.expired(both);
    CHECK(world.site.count == 1);
    CHECK(world.notes.take().stops.size() == 1);
    CHECK(world.first->door.has_passed(both[0]));
    CHECK_FALSE(world.first->door.has_passed(both[1]));
    world.first->door.close();
    world.first->door.expired({&both[1], 1});
    CHECK(world.site.count == 1);
    CHECK(world.next->door.open().size() == 2);
    world.next->door.expired({&both[1], 1});
    CHECK(world.site.count == 2);
}

TEST_CASE("a lapse while one takes over is passed on only when that comes to nothing") {
    World world;
    int lapses = 0;
    struct Sink final : RegistrySink {
        explicit Sink(int& count) : lapses(count) {}
        Status put_users(std::span<const UserRecord> /**/) noexcept override { return {}; }
        Status put_torrents(std::span<const TorrentRecord> /**/) noexcept override { return {}; }
        Status put_clients(std::span<const ClientRecord> /**/) noexcept override { return {}; }
        Status put_tokens(std::span<const TokenRecord> /**/) noexcept override { return {}; }
        Status erase_users(std::span<const UserId> /**/) noexcept override { return {}; }
        Status erase_torrents(std::span<const TorrentErasure> /**/) noexcept override { return {}; }
        Status erase_clients(std::span<const PeerIdPrefix> /**/) noexcept override { return {}; }
        Status erase_tokens(std::span<const TokenRecord> /**/) noexcept override { return {}; }
        Status remember_peers(const InfoHash& /**/,
                              std::span<const PeerRecord> /**/) noexcept override {
            return {};
        }
        void lapsed() noexcept override { ++lapses; }
        int& lapses;
    } sink(lapses);
    REQUIRE(world.slot.follow(sink).ok());
    world.slot.write_to_next(world.next, world.notes);
    const TorrentErasure torrent{.info_hash = ubuntu};
    REQUIRE(world.first->feed.erase_torrents({&torrent, 1}).ok());
    CHECK(world.notes.take().erased.size() == 1);
    world.first->feed.lapsed();
    CHECK(lapses == 0);
    world.slot.forget_next();
    CHECK(lapses == 1);
    world.first->feed.lapsed();
    CHECK(lapses == 2);
}

TEST_SUITE_END();

}  // namespace chihaya::app
