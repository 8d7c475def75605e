#include "core/base/limits.hpp"
#include "core/config/sections.hpp"

namespace chihaya::config {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t path_max = 4'096;

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
    fields.bytes("limits.memory", limits.memory);
    fields.duration("limits.shed_after", limits.shed_after, 0s, 1min);

    Access& access = config.access;
    fields.file("access.torrents_allow_file", access.torrents_allow_file, path_max);
    fields.file("access.torrents_deny_file", access.torrents_deny_file, path_max);
    fields.file("access.addresses_allow_file", access.addresses_allow_file, path_max);
    fields.file("access.addresses_deny_file", access.addresses_deny_file, path_max);
}

}  // namespace chihaya::config
