#pragma once

/// @file tracker_driver_contract.hpp
/// What every tracker driver must do, whatever it stores into: chihaya/tracker_driver.hpp,
/// announce.hpp and swarm.hpp as tests. Its parts are below contract/; world.hpp is what they
/// speak in.
///
/// Uses the SDK, core/plugin and tests/support only, so that a driver of another repository can be
/// tested with it as well: see driver_contract.cpp.

#include "core/plugin/loader.hpp"
#include "tests/support/fake_host.hpp"

#include <functional>

namespace chihaya::test {

/// Makes a driver without swarms and with an empty registry.
using MakeTrackerDriver = std::function<plugin::TrackerDriverPtr(FakeHost&, const TrackerSetup&)>;

/// What the headers leave to the driver.
struct TrackerDriverTraits {
    bool prefers_subnets = true;  // a driver may ignore `TrackerSetup::preferred_ipv4_bits`
    bool keeps_registry = false;  // `load` gives back what was put
};

/// Call inside a TEST_CASE; it consists of doctest SUBCASEs.
void tracker_driver_contract(const MakeTrackerDriver& make_driver,
                             const TrackerDriverTraits& traits = {});

}  // namespace chihaya::test
