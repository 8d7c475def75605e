#include "core/management/client_shares.hpp"

#include "core/base/limits.hpp"
#include "core/wire/client_names.hpp"

#include <algorithm>
#include <cctype>
#include <functional>

namespace chihaya::management {
namespace {

constexpr std::string_view other = "other";

ClientShare& share_of(std::vector<ClientShare>& shares, std::string_view name) {
    const auto found = std::ranges::find(shares, name, &ClientShare::name);
    return found != shares.end()
               ? *found
               : shares.emplace_back(ClientShare{.name = name, .share = 0.0, .versions = {}});
}

/// An id may claim any bytes for its version.
std::string printable(std::string_view text) {
    std::string clean(text);
    std::ranges::replace_if(
        clean, [](char c) { return c < ' ' || c > '~'; }, '?');
    return clean;
}

}  // namespace

std::vector<ClientShare> client_shares(const metrics::PopularityTotals& totals) {
    std::vector<ClientShare> shares;
    const auto all = static_cast<double>(totals.announces);
    double named = 0.0;
    for (const auto& one : totals.clients) {
        // What the rarest may have taken over from others is not theirs.
        const double share = static_cast<double>(one.announces - one.error) / all;
        PeerId peer_id;
        std::ranges::copy(one.key, peer_id.bytes.begin());
        const wire::ClientName client = wire::classify_client(peer_id);
        const std::string_view name = wire::client_name(client);
        if (name == other || share <= 0.0) {
            continue;
        }
        named += share;
        ClientShare& known = share_of(shares, name);
        known.share += share;
        const std::string version = printable(client.version());
        const auto same = std::ranges::find(known.versions, version, &VersionShare::version);
        if (same != known.versions.end()) {
            same->share += share;
        } else if (known.versions.size() < limits::client_versions_shown) {
            known.versions.push_back({version, share});
        }
    }
    if (totals.announces > 0 && named < 1.0) {
        shares.push_back({.name = other, .share = 1.0 - named, .versions = {}});
    }
    for (ClientShare& client : shares) {
        std::ranges::stable_sort(client.versions, std::ranges::greater(), &VersionShare::share);
    }
    std::ranges::stable_sort(shares, std::ranges::greater(), &ClientShare::share);
    return shares;
}

}  // namespace chihaya::management
