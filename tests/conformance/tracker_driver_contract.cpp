#include "tests/conformance/tracker_driver_contract.hpp"

#include "tests/conformance/contract/parts.hpp"
#include "tests/conformance/contract/world.hpp"

#include <doctest/doctest.h>

namespace chihaya::test {

void tracker_driver_contract(const MakeTrackerDriver& make_driver,
                             const TrackerDriverTraits& traits) {
    using namespace contract;  // NOLINT(google-build-using-namespace): the parts, and only here
    SUBCASE("counting") {
        counting(make_driver);
    }
    SUBCASE("identity") {
        identity(make_driver);
    }
    SUBCASE("families") {
        families(make_driver);
    }
    SUBCASE("choice") {
        choice(make_driver);
    }
    SUBCASE("fairness") {
        fairness(make_driver, traits);
    }
    SUBCASE("reach") {
        reach(make_driver);
    }
    SUBCASE("peer ids") {
        peer_ids(make_driver);
    }
    SUBCASE("history") {
        history(make_driver);
    }
    SUBCASE("expiry") {
        expiry(make_driver);
    }
    SUBCASE("dormancy") {
        dormancy(make_driver);
    }
    SUBCASE("empty swarms") {
        empty_swarms(make_driver);
    }
    SUBCASE("registry") {
        registry(make_driver, traits);
    }
    SUBCASE("reading swarms") {
        reading(make_driver);
    }
    SUBCASE("adding peers") {
        adding(make_driver);
    }
    SUBCASE("peers that a site remembers") {
        remembering(make_driver);
    }
    SUBCASE("life of a driver") {
        lifecycle(make_driver);
    }
    SUBCASE("a long random history") {
        model(make_driver);
    }
    SUBCASE("threads") {
        threads(make_driver);
    }
    CHECK(take_busy_loops() == 0);
}

}  // namespace chihaya::test
