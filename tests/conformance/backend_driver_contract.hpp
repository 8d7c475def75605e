#pragma once

/// @file backend_driver_contract.hpp
/// What every backend driver must do: chihaya/backend_driver.hpp as tests. What it does to its
/// site's database is for the driver's own tests.

#include "core/plugin/loader.hpp"
#include "tests/support/fake_host.hpp"

#include <functional>
#include <string_view>

namespace chihaya::test {

/// Makes a driver whose site is reachable.
using MakeBackendDriver = std::function<plugin::BackendDriverPtr(FakeHost&)>;

/// Call inside a TEST_CASE; it consists of doctest SUBCASEs. `params` are what it was made with.
void backend_driver_contract(const MakeBackendDriver& make_driver, std::string_view params = "{}");

}  // namespace chihaya::test
