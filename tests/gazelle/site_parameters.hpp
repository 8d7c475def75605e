#pragma once

/// @file site_parameters.hpp
/// The driver's parameters for a site of tests/support/gazelle_site.hpp.

#include "plugins/gazelle/parameters.hpp"
#include "tests/support/gazelle_site.hpp"

namespace chihaya::gazelle::test {

inline Parameters parameters_of(const chihaya::test::MariadbServer& server) {
    Parameters parameters;
    parameters.database.unix_socket = server.unix_socket().string();
    parameters.database.user = chihaya::test::tracker_account.name;
    parameters.database.password = chihaya::test::tracker_account.password;
    return parameters;
}

}  // namespace chihaya::gazelle::test
