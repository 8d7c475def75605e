#pragma once

/// @file protection_settings.hpp
/// What an operator decides about those who ask too often.

#include "core/base/ip_address.hpp"
#include "core/logic/address_limit.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace chihaya::logic {

/// By default nothing is limited. A copy allocates nothing.
struct ProtectionSettings {
    std::uint32_t workers = 1;  // among whom the kernel spreads what comes
    AddressRates announces;     // and scrapes
    AddressRates connections;   // over TCP
    std::shared_ptr<const std::vector<IpNetwork>> exempt;  // from both; null: nobody
};

}  // namespace chihaya::logic
