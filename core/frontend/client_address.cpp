#include "core/frontend/client_address.hpp"

#include "chihaya/address.hpp"

namespace chihaya::frontend {
namespace {

/// Puts `address` where nothing is yet.
void add(AnnounceRequest& request, const IpAddress& address, std::uint16_t port,
         bool dual_stacked) noexcept {
    const bool has_one = request.ipv4.present() || request.ipv6.present();
    if (has_one && !dual_stacked) {
        return;
    }
    if (address.is_ipv4()) {
        request.ipv4 = request.ipv4.present() ? request.ipv4 : address.ipv4_endpoint(port);
    } else {
        request.ipv6 = request.ipv6.present() ? request.ipv6 : address.ipv6_endpoint(port);
    }
}

bool is_global(const IpAddress& address) noexcept {
    return (address.is_ipv4() ? reach_of(address.ipv4_endpoint(1))
                              : reach_of(address.ipv6_endpoint(1))) == Reach::global;
}

}  // namespace

void place(AnnounceRequest& request, const wire::AnnounceQuery& query, const IpAddress& source,
           const logic::Policy& policy) noexcept {
    if (policy.allow_ip_spoofing) {
        for (const auto& claim : {query.ip, query.ipv4, query.ipv6}) {
            if (claim && is_global(*claim)) {
                add(request, *claim, query.port, policy.dual_stacked_peers);
            }
        }
    }
    add(request, source, query.port, policy.dual_stacked_peers);
}

}  // namespace chihaya::frontend
