#include "core/logic/admission.hpp"

#include "core/logic/client_list.hpp"
#include "tests/support/scripted_drivers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string_view>

TEST_SUITE_BEGIN("admission");

namespace chihaya::logic {
namespace {

struct Asked final : Announcement {
    void answered() noexcept override {}
};

/// What an announce with this passkey is refused with; an empty text when it is not.
Refusal refusal_of(const Policy& policy, const Roster& roster, std::string_view passkey = "") {
    Asked asked;
    constexpr std::string_view peer_id = "-TR4060-0123456789ah";
    std::ranges::copy(peer_id, asked.request.peer_id.bytes.begin());
    const bool is_admitted = Admission(policy, roster).admit(asked, passkey);
    CHECK(is_admitted == asked.refusal.text.empty());
    return asked.refusal;
}

bool is_come_back_soon(const Refusal& refusal) {
    return refusal.text == "the tracker is temporarily unavailable" && refusal.retry_minutes == 1 &&
           refusal.interval == 60;
}

/// One, whose passkey is "key".
std::array<UserRecord, 1> account() {
    UserRecord user{.id = UserId{1}};
    user.passkey.text = {'k', 'e', 'y'};
    return {user};
}

}  // namespace

TEST_CASE("who is not on the list is told to come back until the list is whole") {
    test::ScriptedTracker driver;
    Roster roster(driver);
    Policy policy;
    policy.client_whitelist = true;
    roster.set_whole(false);
    CHECK(is_come_back_soon(refusal_of(policy, roster)));
    roster.set_whole(true);
    CHECK(refusal_of(policy, roster).text == "client is not approved");
    CHECK(refusal_of(policy, roster).retry_minutes == 0);
}

TEST_CASE("no account is served before the site has been read, where peers are older than that") {
    test::ScriptedTracker driver;
    Roster roster(driver);
    Policy policy;
    policy.private_mode = true;
    REQUIRE(roster.put_users(account()).ok());
    roster.set_awaits_site(true);
    CHECK(is_come_back_soon(refusal_of(policy, roster, "key")));
    CHECK(is_come_back_soon(refusal_of(policy, roster, "other")));
    CHECK(is_come_back_soon(Admission(policy, roster).admit_scrape("key")));
    policy.site.not_ready = "later";
    CHECK(refusal_of(policy, roster, "key").text == "later");
    roster.set_awaits_site(false);
    CHECK(refusal_of(policy, roster, "key").text == "torrent does not exist");
    policy.private_mode = false;
    roster.set_awaits_site(true);
    CHECK_FALSE(refusal_of(policy, roster));
}

TEST_CASE("an unknown user and an unknown torrent are told to come back until all are known") {
    test::ScriptedTracker driver;
    Roster roster(driver);
    Policy policy;
    policy.private_mode = true;
    roster.set_whole(false);
    CHECK(is_come_back_soon(refusal_of(policy, roster, "key")));
    CHECK(is_come_back_soon(Admission(policy, roster).admit_scrape("key")));
    REQUIRE(roster.put_users(account()).ok());
    CHECK_FALSE(Admission(policy, roster).admit_scrape("key"));
    CHECK(is_come_back_soon(refusal_of(policy, roster, "key")));  // of the torrent
    roster.set_whole(true);
    CHECK(refusal_of(policy, roster, "key").text == "torrent does not exist");
    CHECK(refusal_of(policy, roster, "other").text == "user does not exist");
}

TEST_CASE("what the roster knows already is served before it is whole") {
    test::ScriptedTracker driver;
    Roster roster(driver);
    Policy policy;
    policy.client_whitelist = true;
    const ClientRecord client{.prefix = client_prefix("-TR").value()};
    REQUIRE(roster.put_clients(std::array{client}).ok());
    roster.set_whole(false);
    CHECK_FALSE(refusal_of(policy, roster));
}

TEST_CASE("without a passkey nobody is told to come back") {
    test::ScriptedTracker driver;
    Roster roster(driver);
    Policy policy;
    policy.private_mode = true;
    roster.set_whole(false);
    CHECK(refusal_of(policy, roster).retry_minutes == 0);
}

TEST_CASE("of two faults the client list's is told first, unless the site keeps the list") {
    test::ScriptedTracker driver;
    Roster roster(driver);
    Policy policy;
    policy.private_mode = true;
    policy.client_whitelist = true;
    REQUIRE(roster.put_users(account()).ok());
    CHECK(refusal_of(policy, roster, "key").text == "client is not approved");
    CHECK(refusal_of(policy, roster, "other").text == "user does not exist");
    policy.site.lists_clients = true;
    CHECK(refusal_of(policy, roster, "key").text == "torrent does not exist");
    REQUIRE(roster.put_torrents(std::array{TorrentRecord{.id = TorrentId{1}}}).ok());
    CHECK(refusal_of(policy, roster, "key").text == "client is not approved");
}

TEST_CASE("the list of a site approves everybody while it is empty, that of an operator nobody") {
    test::ScriptedTracker driver;
    Roster roster(driver);
    Policy policy;
    policy.site.lists_clients = true;
    policy.site.unapproved_client = "Your client is not on the whitelist";
    CHECK_FALSE(refusal_of(policy, roster));
    const ClientRecord other{.prefix = client_prefix("-qB").value()};
    REQUIRE(roster.put_clients(std::array{other}).ok());
    CHECK(refusal_of(policy, roster).text == "Your client is not on the whitelist");
    const ClientRecord ours{.prefix = client_prefix("-TR").value()};
    REQUIRE(roster.put_clients(std::array{ours}).ok());
    CHECK_FALSE(refusal_of(policy, roster));
    REQUIRE(roster.erase_clients(std::array{ours.prefix}).ok());
    CHECK(refusal_of(policy, roster));
    REQUIRE(roster.erase_clients(std::array{other.prefix, other.prefix}).ok());
    CHECK_FALSE(refusal_of(policy, roster));
    policy.client_whitelist = true;
    CHECK(refusal_of(policy, roster));
}

TEST_CASE("while not all are known a site's words are told, and the time to come back is ours") {
    test::ScriptedTracker driver;
    Roster roster(driver);
    Policy policy;
    policy.private_mode = true;
    policy.site.not_ready = "The tracker is temporarily unavailable.";
    policy.site.failure_interval = std::chrono::seconds(5400);
    roster.set_whole(false);
    const Refusal refusal = refusal_of(policy, roster, "key");
    CHECK(refusal.text == "The tracker is temporarily unavailable.");
    CHECK(refusal.interval == 60);
    CHECK(refusal.retry_minutes == 1);
    roster.set_whole(true);
    CHECK(refusal_of(policy, roster, "key").text == "user does not exist");
}

TEST_CASE("who is refused comes back after the site's time, or the interval it has set") {
    test::ScriptedTracker driver;
    Roster roster(driver);
    IntervalSetting setting;
    Policy policy;
    policy.private_mode = true;
    policy.interval_setting = &setting;
    CHECK(refusal_of(policy, roster, "key").interval == 1800);
    setting.write({.interval = 2'000, .jitter = 100});
    CHECK(refusal_of(policy, roster, "key").interval == 2'000);
    policy.site.failure_interval = std::chrono::seconds(5400);
    CHECK(refusal_of(policy, roster, "key").min_interval == 5400);
}

}  // namespace chihaya::logic

TEST_SUITE_END();
