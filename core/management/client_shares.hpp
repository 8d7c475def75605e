#pragma once

/// @file client_shares.hpp
/// Who announces: programs and their versions, from what was sampled.

#include "core/metrics/popularity.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace chihaya::management {

struct VersionShare {
    std::string version;  // printable ASCII; empty: it does not say
    double share = 0.0;   // of all announces, 0 to 1
};

struct ClientShare {
    std::string_view name;  // literal
    double share = 0.0;
    std::vector<VersionShare> versions;  // the most frequent first; of "other" none
};

/// The most frequent first. Announces that nobody was noted for are "other".
[[nodiscard]] std::vector<ClientShare> client_shares(const metrics::PopularityTotals& totals);

}  // namespace chihaya::management
