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

TEST_CASE("an unknown user and an unknown torrent are told to come back until all are known") {
    test::ScriptedTracker driver;
    Roster roster(driver);
    Policy policy;
    policy.private_mode = true;
    UserRecord user{.id = UserId{1}};
    user.passkey.text = {'k', 'e', 'y'};
    roster.set_whole(false);
    CHECK(is_come_back_soon(refusal_of(policy, roster, "key")));
    CHECK(is_come_back_soon(Admission(policy, roster).admit_scrape("key")));
    REQUIRE(roster.put_users(std::array{user}).ok());
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

}  // namespace chihaya::logic

TEST_SUITE_END();
