#pragma once

/// @file protection_settings.hpp
/// What an operator decides about those who ask too often, and those who may not ask.

#include "core/base/ip_address.hpp"
#include "core/logic/access_lists.hpp"
#include "core/logic/address_limit.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

namespace chihaya::logic {

/// By default nothing is limited. A copy allocates nothing.
struct ProtectionSettings {
    std::uint32_t workers = 1;                // among whom the kernel spreads what comes
    AddressRates announces;                   // and scrapes
    AddressRates connections;                 // over TCP
    std::chrono::milliseconds shed_after{0};  // behind, and something is shed; 0: never
    std::chrono::seconds interval{1800};      // told to peers whose announces are shed
    std::shared_ptr<const std::vector<IpNetwork>> exempt;  // from both; null: nobody
    // Whose connections bring the requests of others, who are told by a header; null: nobody.
    std::shared_ptr<const std::vector<IpNetwork>> proxies;
    std::shared_ptr<const AccessLists> access;  // null: there are none
};

}  // namespace chihaya::logic
