#pragma once

/// @file parts.hpp
/// The parts of the tracker driver contract, one file each.

#include "tests/conformance/tracker_driver_contract.hpp"

namespace chihaya::test::contract {

void counting(const MakeTrackerDriver& make);
void identity(const MakeTrackerDriver& make);
void families(const MakeTrackerDriver& make);
void choice(const MakeTrackerDriver& make);
void fairness(const MakeTrackerDriver& make, const TrackerDriverTraits& traits);
void reach(const MakeTrackerDriver& make);
void peer_ids(const MakeTrackerDriver& make);
void history(const MakeTrackerDriver& make);
void expiry(const MakeTrackerDriver& make);
void dormancy(const MakeTrackerDriver& make);
void empty_swarms(const MakeTrackerDriver& make);
void registry(const MakeTrackerDriver& make, const TrackerDriverTraits& traits);
void reading(const MakeTrackerDriver& make);
void adding(const MakeTrackerDriver& make);
void remembering(const MakeTrackerDriver& make);
void lifecycle(const MakeTrackerDriver& make);
void model(const MakeTrackerDriver& make);
void threads(const MakeTrackerDriver& make);

}  // namespace chihaya::test::contract
