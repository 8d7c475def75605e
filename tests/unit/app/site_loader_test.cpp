#include "core/app/site_loader.hpp"

#include "tests/support/scripted_drivers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

TEST_SUITE_BEGIN("the site loader");

namespace chihaya::app {
namespace {

constexpr std::chrono::seconds patience{20};

UserRecord user(std::uint64_t id, std::string_view passkey) {
    UserRecord record{.id = UserId{id}};
    std::ranges::copy(passkey, record.passkey.text.begin());
    return record;
}

/// A site that counts how often it was read, and a loader for it.
class Site {
public:
    test::ScriptedTracker driver;
    logic::Roster roster{driver};
    std::vector<ClientRecord> kept;

    Site() {
        roster.set_whole(false);
        roster.set_awaits_site(true);
        backend_.site = [this](RegistrySink& sink) {
            return answer(sink);
        };
        log_.set_level(Severity::debug);
    }
    ~Site() { let_go(); }
    Site(const Site&) = delete;
    Site& operator=(const Site&) = delete;

    void start() {
        loader_.start(backend_);
        loader_.allow();
    }
    SiteLoader& loader() { return loader_; }

    void set(std::vector<UserRecord> users, Status end = {}) {
        const std::lock_guard lock(mutex_);
        users_ = std::move(users);
        end_ = end;
    }
    /// From now on a load waits in the middle.
    void hold() {
        const std::lock_guard lock(mutex_);
        is_held_ = true;
    }
    void let_go() {
        const std::lock_guard lock(mutex_);
        is_held_ = false;
        changed_.notify_all();
    }
    /// Waits until it has been asked so many times.
    bool asked(int times) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, patience, [&] { return asked_ >= times; });
    }
    int asked_so_far() {
        const std::lock_guard lock(mutex_);
        return asked_;
    }
    /// Waits for a line of the log.
    bool told(std::string_view text) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, patience, [&] { return has_line(text); });
    }
    bool has_told(std::string_view text) {
        const std::lock_guard lock(mutex_);
        return has_line(text);
    }

    int lines_with(std::string_view text) {
        const std::lock_guard lock(mutex_);
        return static_cast<int>(std::ranges::count_if(
            lines_, [&](const std::string& line) { return line.find(text) != line.npos; }));
    }

private:
    Status answer(RegistrySink& sink) {
        std::unique_lock lock(mutex_);
        ++asked_;
        changed_.notify_all();
        changed_.wait(lock, [this] { return !is_held_; });
        const auto users = users_;
        const Status end = end_;
        lock.unlock();
        const Status put = sink.put_users(users);
        return put.ok() ? end : put;
    }
    bool has_line(std::string_view text) const {
        return std::ranges::any_of(
            lines_, [&](const std::string& line) { return line.find(text) != line.npos; });
    }

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<UserRecord> users_;
    Status end_;
    bool is_held_ = false;
    int asked_ = 0;
    std::vector<std::string> lines_;
    test::ScriptedBackend backend_;
    Log log_{[this](Severity /*severity*/, const std::string& line) {
        const std::lock_guard lock(mutex_);
        lines_.push_back(line);
        changed_.notify_all();
    }};
    SiteLoader loader_{roster, kept, log_};
};

}  // namespace

TEST_CASE("the roster is whole when the site has been read, and not before") {
    Site site;
    site.set({user(1, "anna")});
    site.hold();
    site.start();
    REQUIRE(site.asked(1));
    CHECK_FALSE(site.roster.is_whole());
    site.let_go();
    site.loader().wait_for_first(patience);
    CHECK(site.roster.is_whole());
    CHECK_FALSE(site.roster.awaits_site());
    CHECK(site.roster.user("anna"));
    CHECK(site.has_told("the site has been read users=1 torrents=0"));
    CHECK_FALSE(site.has_told("reading the site again"));
}

TEST_CASE("a backend without a site makes the roster whole, and nothing is said") {
    Site site;
    site.set({}, {StatusCode::unsupported, "no site"});
    site.start();
    site.loader().wait_for_first(patience);
    CHECK(site.roster.is_whole());
    CHECK_FALSE(site.roster.awaits_site());
    CHECK_FALSE(site.has_told("site"));
}

TEST_CASE("the site is not read before the shared copy is here") {
    Site site;
    test::ScriptedBackend none;
    site.loader().start(none);
    site.loader().request();
    site.loader().wait_for_first(std::chrono::milliseconds(1));
    CHECK_FALSE(site.roster.is_whole());
    site.loader().allow();
    site.loader().wait_for_first(patience);
    CHECK(site.roster.is_whole());
    site.loader().stop();
}

TEST_CASE("a load that fails is told once and repeated until it succeeds") {
    Site site;
    site.set({}, {StatusCode::unavailable, "the database is away"});
    site.start();
    REQUIRE(site.asked(2));
    CHECK_FALSE(site.roster.is_whole());
    CHECK(site.roster.awaits_site());
    CHECK(site.has_told("reason=\"the database is away\""));
    site.set({user(1, "anna")});
    REQUIRE(site.told("the site has been read users=1"));
}

TEST_CASE("what a reload found is told, with numbers and no passkey") {
    Site site;
    site.set({user(1, "anna"), user(2, "bert")});
    site.start();
    site.loader().wait_for_first(patience);
    site.set({user(2, "bertha"), user(3, "carl")});
    site.loader().request();
    REQUIRE(site.told("found by reading the site again: users 1 new, 1 changed, 1 gone"));
    REQUIRE(site.told("ids=\"2 3 1\""));
    CHECK(site.roster.user("bertha"));
    CHECK_FALSE(site.roster.user("anna"));
    CHECK_FALSE(site.has_told("bertha"));
}

TEST_CASE(
    "a site that lost most of its users is told once, and believed when the operator says so") {
    Site site;
    std::vector<UserRecord> users;
    for (std::uint64_t id = 1; id <= 200; ++id) {
        users.push_back(user(id, "user" + std::to_string(id)));
    }
    site.set(users);
    site.start();
    site.loader().wait_for_first(patience);
    site.set({user(1, "user1"), user(300, "anna")});
    SUBCASE("the operator, who has not been told, has it read") {
        site.loader().request_of_operator();
    }
    SUBCASE("it is read by itself") {
        site.loader().request();
    }
    REQUIRE(site.told("gone from its database"));
    CHECK(site.has_told("users=199"));
    REQUIRE(site.told("users 1 new"));
    CHECK(site.roster.sizes().users == 201);
    site.loader().request();
    REQUIRE(site.asked(3));
    site.loader().request_of_operator();
    REQUIRE(site.told("users 199 gone"));
    CHECK(site.roster.sizes().users == 2);
    CHECK(site.lines_with("gone from its database") == 1);
}

TEST_CASE("requests while the site is read are one load more") {
    Site site;
    site.hold();
    site.start();
    REQUIRE(site.asked(1));
    for (int i = 0; i < 100; ++i) {
        site.loader().request();
    }
    site.let_go();
    REQUIRE(site.asked(2));
    site.loader().stop();
    CHECK(site.asked_so_far() == 2);
}

TEST_CASE("a loader that waits to try again can be stopped") {
    Site site;
    site.set({user(1, "anna")}, {StatusCode::unavailable, "away"});
    site.start();
    site.loader().wait_for_first(patience);
    site.loader().stop();
    CHECK_FALSE(site.roster.is_whole());
}

}  // namespace chihaya::app
TEST_SUITE_END();
