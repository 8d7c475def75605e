#include "core/base/limits.hpp"
#include "core/config/sections.hpp"

namespace chihaya::config {
namespace {

void read_rate(Fields& fields, const std::string& name, Rate& into) {
    fields.whole(name, into.per_second, 0, limits::requests_per_address_max);
    fields.whole(name + "_burst", into.burst, 1, limits::requests_per_address_max);
}

}  // namespace

void read_protection(Fields& fields, Config& config) {
    Limits& limits = config.limits;
    read_rate(fields, "limits.announces_per_address", limits.announces_per_address);
    read_rate(fields, "limits.announces_per_prefix", limits.announces_per_prefix);
    read_rate(fields, "limits.connections_per_address", limits.connections_per_address);
    read_rate(fields, "limits.connections_per_prefix", limits.connections_per_prefix);
    fields.networks("limits.exempt", limits.exempt, limits::exempt_networks_max);
}

}  // namespace chihaya::config
