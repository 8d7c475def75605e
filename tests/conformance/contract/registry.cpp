#include "tests/conformance/contract/parts.hpp"
#include "tests/conformance/contract/world.hpp"

#include <doctest/doctest.h>

#include <mutex>
#include <span>
#include <vector>

namespace chihaya::test::contract {
namespace {

/// Counts the records a driver gives back, and keeps the users and torrents among them.
class Registry final : public RegistrySink {
public:
    Status put_users(std::span<const UserRecord> records) noexcept override {
        const std::lock_guard lock(mutex_);
        users_.insert(users_.end(), records.begin(), records.end());
        return {};
    }
    Status put_torrents(std::span<const TorrentRecord> records) noexcept override {
        const std::lock_guard lock(mutex_);
        torrents_.insert(torrents_.end(), records.begin(), records.end());
        return {};
    }
    Status put_clients(std::span<const ClientRecord> records) noexcept override {
        return count(records.size());
    }
    Status put_tokens(std::span<const TokenRecord> records) noexcept override {
        return count(records.size());
    }
    Status erase_users(std::span<const UserId> users) noexcept override {
        return count(users.size());
    }
    Status erase_torrents(std::span<const TorrentErasure> torrents) noexcept override {
        return count(torrents.size());
    }
    Status erase_clients(std::span<const PeerIdPrefix> clients) noexcept override {
        return count(clients.size());
    }
    Status erase_tokens(std::span<const TokenRecord> tokens) noexcept override {
        return count(tokens.size());
    }
    Status remember_peers(const InfoHash& /*info_hash*/,
                          std::span<const PeerRecord> /*peers*/) noexcept override {
        return {StatusCode::unsupported, "from a backend driver only"};
    }
    void lapsed() noexcept override {}

    [[nodiscard]] std::vector<UserRecord> users() const {
        const std::lock_guard lock(mutex_);
        return users_;
    }
    [[nodiscard]] std::vector<TorrentRecord> torrents() const {
        const std::lock_guard lock(mutex_);
        return torrents_;
    }
    [[nodiscard]] std::size_t others() const {
        const std::lock_guard lock(mutex_);
        return others_;
    }

private:
    Status count(std::size_t size) noexcept {
        const std::lock_guard lock(mutex_);
        others_ += size;
        return {};
    }

    mutable std::mutex mutex_;
    std::vector<UserRecord> users_;
    std::vector<TorrentRecord> torrents_;
    std::size_t others_ = 0;
};

const TorrentRecord record{.id = TorrentId{5}, .info_hash = ubuntu, .snatches = 10};
const TorrentErasure erasure{.info_hash = ubuntu, .reason = {'n', 'o'}};
constexpr seconds slack = expiry_slack + seconds(1);

void torrents(Tracker& tracker) {
    TrackerDriver& driver = tracker.driver();

    SUBCASE("a torrent's snatches are raised by the registry, never lowered, and counted on") {
        REQUIRE(driver.put_torrents({&record, 1}).ok());
        CHECK(tracker.scrape().snatches == 10);
        CHECK(tracker.announce(from(ipv4(1), nothing_left, Event::completed)).counts.snatches ==
              11);
        REQUIRE(driver.put_torrents({&record, 1}).ok());
        CHECK(tracker.scrape().snatches == 11);
    }

    SUBCASE("putting a torrent leaves its peers where they are") {
        tracker.announce(from(ipv4(1), nothing_left));
        REQUIRE(driver.put_torrents({&record, 1}).ok());
        CHECK(tracker.scrape() == SwarmCounts{.seeders = 1, .snatches = 10});
        CHECK(tracker.visit().ipv4 == std::vector{ipv4(1)});
    }

    SUBCASE("a registered swarm is there before its first peer") {
        REQUIRE(driver.put_torrents({&record, 1}).ok());
        const auto view = tracker.read();
        REQUIRE(view.has_value());
        CHECK(view->record.registered);
        CHECK(view->record.counts == SwarmCounts{.snatches = 10});
    }

    SUBCASE("erasing a torrent forgets its swarm; erasing it again is fine") {
        REQUIRE(driver.put_torrents({&record, 1}).ok());
        tracker.announce(from(ipv4(1), nothing_left, Event::completed));
        tracker.announce(in_swarm(from(ipv4(2), some_left), debian));
        REQUIRE(driver.erase_torrents({&erasure, 1}).ok());
        CHECK(tracker.scrape() == SwarmCounts{});
        CHECK_FALSE(tracker.read().has_value());
        CHECK(tracker.scrape(debian) == SwarmCounts{.leechers = 1});
        CHECK(driver.erase_torrents({&erasure, 1}).ok());
        CHECK_FALSE(tracker.announce(from(ipv4(1), nothing_left)).history.known);
    }

    SUBCASE("an erased torrent's swarm is registered no more") {
        REQUIRE(driver.put_torrents({&record, 1}).ok());
        REQUIRE(driver.erase_torrents({&erasure, 1}).ok());
        tracker.announce(from(ipv4(1), nothing_left));
        tracker.announce(from(ipv4(1), nothing_left, Event::stopped));
        tracker.let_pass(slack);
        CHECK_FALSE(tracker.read().has_value());
    }

    SUBCASE("erasing a torrent that was never registered forgets its swarm as well") {
        tracker.announce(from(ipv4(1), nothing_left));
        REQUIRE(driver.erase_torrents({&erasure, 1}).ok());
        CHECK(tracker.scrape() == SwarmCounts{});
    }
}

void users(Tracker& tracker) {
    SUBCASE("erasing a user forgets its peers everywhere, and nobody else's") {
        tracker.announce(with_account(from(ipv4(1), nothing_left), 7, 'A'));
        tracker.announce(with_account(from(ipv4(2), some_left), 7, 'B'));
        tracker.announce(with_account(from(ipv4(3), some_left), 8));
        tracker.announce(from(ipv4(4), some_left));
        tracker.announce(in_swarm(with_account(from(ipv4(1), some_left), 7), debian));
        const UserId erased{7};
        REQUIRE(tracker.driver().erase_users({&erased, 1}).ok());
        tracker.let_pass(slack);
        CHECK(tracker.scrape() == SwarmCounts{.leechers = 2});
        CHECK(tracker.scrape(debian) == SwarmCounts{});
        CHECK(same_set(tracker.visit().ipv4, {ipv4(3), ipv4(4)}));
        CHECK_FALSE(tracker.announce(with_account(from(ipv4(1), some_left), 7)).history.known);
    }

    SUBCASE("an erased user may come back") {
        const UserId erased{7};
        REQUIRE(tracker.driver().erase_users({&erased, 1}).ok());
        tracker.let_pass(slack);
        tracker.announce(with_account(from(ipv4(1), some_left), 7));
        tracker.let_pass(slack);
        CHECK(tracker.scrape() == SwarmCounts{.leechers = 1});
    }
}

void records(Tracker& tracker, const TrackerDriverTraits& traits) {
    TrackerDriver& driver = tracker.driver();
    const UserRecord user{.id = UserId{7}, .passkey = {{'s', 'e', 'c', 'r', 'e', 't'}}};
    const ClientRecord client{.prefix = {.bytes = {'-', 'T', 'R'}, .size = 3}};
    const TokenRecord token{.user = UserId{7}, .info_hash = ubuntu};
    Registry registry;

    SUBCASE("records of every kind are taken, and erased, whether they were there or not") {
        for (int i = 0; i < 2; ++i) {
            CHECK(driver.put_users({&user, 1}).ok());
            CHECK(driver.put_torrents({&record, 1}).ok());
            CHECK(driver.put_clients({&client, 1}).ok());
            CHECK(driver.put_tokens({&token, 1}).ok());
        }
        for (int i = 0; i < 2; ++i) {
            CHECK(driver.erase_users({&user.id, 1}).ok());
            CHECK(driver.erase_torrents({&erasure, 1}).ok());
            CHECK(driver.erase_clients({&client.prefix, 1}).ok());
            CHECK(driver.erase_tokens({&token, 1}).ok());
        }
        CHECK(driver.load(registry).ok());
        CHECK(registry.users().empty());
        CHECK(registry.torrents().empty());
        CHECK(registry.others() == 0);
    }

    SUBCASE("load shows nothing but what was put, and all of it where the driver keeps it") {
        CHECK(driver.put_users({&user, 1}).ok());
        CHECK(driver.put_torrents({&record, 1}).ok());
        CHECK(driver.put_clients({&client, 1}).ok());
        CHECK(driver.put_tokens({&token, 1}).ok());
        CHECK(driver.load(registry).ok());
        const std::size_t expected = traits.keeps_registry ? 1 : 0;
        REQUIRE(registry.users().size() == expected);
        REQUIRE(registry.torrents().size() == expected);
        CHECK(registry.others() == 2 * expected);
        for (const UserRecord& kept : registry.users()) {
            CHECK(kept.id == user.id);
            CHECK(kept.passkey == user.passkey);
        }
        for (const TorrentRecord& kept : registry.torrents()) {
            CHECK(kept.info_hash == record.info_hash);
            CHECK(kept.id == record.id);
        }
    }

    SUBCASE("following can be ended, and ended again; then nothing is passed on") {
        driver.unfollow();
        CHECK(driver.follow(registry).ok());
        driver.unfollow();
        const std::size_t before = registry.users().size();
        CHECK(driver.put_users({&user, 1}).ok());
        tracker.let_pass(seconds(2));
        CHECK(registry.users().size() == before);
        driver.unfollow();
    }
}

}  // namespace

void registry(const MakeTrackerDriver& make, const TrackerDriverTraits& traits) {
    Tracker tracker(make);
    torrents(tracker);
    users(tracker);
    records(tracker, traits);
}

}  // namespace chihaya::test::contract
