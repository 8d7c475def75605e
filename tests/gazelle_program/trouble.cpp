#include "tests/gazelle_program/trouble.hpp"

namespace chihaya::test {

MariadbServer& frail_mariadb() {
    static MariadbServer server;
    server.start();
    return server;
}

void check_sums(Site& site, const PrivateTracker& tracker, SteadyLoad& load,
                const TruthfulPeers& peers) {
    load.wait_for_rounds();
    load.finish();
    CHECK(load.failure() == "");
    CHECK(peers.differences(site) == "");
    CHECK(tracker.number("rejected_rows") == 0);
    CHECK(tracker.number("lost_deltas") == 0);
}

void wait_for_failed_flush(const PrivateTracker& tracker) {
    const std::uint64_t before = tracker.number("failed_flushes");
    wait_until("a flush has failed", [&] { return tracker.number("failed_flushes") > before; });
}

void wait_for_flush(const PrivateTracker& tracker) {
    const std::uint64_t before = tracker.number("flushes");
    wait_until("a flush has succeeded", [&] { return tracker.number("flushes") > before; });
}

void wait_for_row_lock_wait(Site& site) {
    wait_until("the books wait for a row", [&] {
        return site.sql().value(
                   "SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS"
                   " WHERE VARIABLE_NAME = 'INNODB_ROW_LOCK_CURRENT_WAITS'") == "1";
    });
}

std::string touch_user(const Site& site, std::uint32_t user, int by) {
    return "UPDATE " + site.users_table() + " SET Uploaded = Uploaded + " + std::to_string(by) +
           " WHERE " + site.users_key() + " = " + std::to_string(user);
}

std::string count_of(Site& site, const std::string& rows) {
    return site.sql().value("SELECT COUNT(*) FROM " + rows);
}

}  // namespace chihaya::test
