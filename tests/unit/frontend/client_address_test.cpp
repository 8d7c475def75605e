#include "core/frontend/client_address.hpp"

#include <doctest/doctest.h>

namespace chihaya::frontend {
namespace {

const auto global4 = *IpAddress::parse("203.0.113.10");
const auto other4 = *IpAddress::parse("198.51.100.20");
const auto global6 = *IpAddress::parse("2001:db8::a");
const auto private4 = *IpAddress::parse("10.0.0.1");
constexpr std::uint16_t port = 6881;

wire::AnnounceQuery query() {
    wire::AnnounceQuery made;
    made.port = port;
    return made;
}

AnnounceRequest placed(const wire::AnnounceQuery& query, const IpAddress& source,
                       const logic::Policy& policy) {
    AnnounceRequest request;
    place(request, query, source, policy);
    return request;
}

logic::Policy believing() {
    logic::Policy policy;
    policy.allow_ip_spoofing = true;
    return policy;
}

}  // namespace

TEST_SUITE_BEGIN("client address");

TEST_CASE("a peer is where the socket says, at the port it says itself") {
    const AnnounceRequest request = placed(query(), global4, {});
    CHECK(request.ipv4 == global4.ipv4_endpoint(port));
    CHECK_FALSE(request.ipv6.present());
}

TEST_CASE("by default claims are not believed") {
    auto claiming = query();
    claiming.ip = other4;
    claiming.ipv6 = global6;
    const AnnounceRequest request = placed(claiming, global4, {});
    CHECK(request.ipv4 == global4.ipv4_endpoint(port));
    CHECK_FALSE(request.ipv6.present());
}

TEST_CASE("where claims are believed they come first, and each family has one address") {
    auto claiming = query();
    claiming.ip = other4;
    claiming.ipv6 = global6;
    const AnnounceRequest request = placed(claiming, global4, believing());
    CHECK(request.ipv4 == other4.ipv4_endpoint(port));
    CHECK(request.ipv6 == global6.ipv6_endpoint(port));
}

TEST_CASE("an IPv4 client that claims an IPv6 address has both") {
    auto claiming = query();
    claiming.ipv6 = global6;
    const AnnounceRequest request = placed(claiming, global4, believing());
    CHECK(request.ipv4 == global4.ipv4_endpoint(port));
    CHECK(request.ipv6 == global6.ipv6_endpoint(port));
}

TEST_CASE("without dual-stacked peers the first address found is the only one") {
    auto claiming = query();
    claiming.ipv6 = global6;
    logic::Policy policy = believing();
    policy.dual_stacked_peers = false;
    const AnnounceRequest request = placed(claiming, global4, policy);
    CHECK_FALSE(request.ipv4.present());
    CHECK(request.ipv6 == global6.ipv6_endpoint(port));
}

TEST_CASE("a claim that is no global address is never believed") {
    auto claiming = query();
    claiming.ip = private4;
    claiming.ipv6 = *IpAddress::parse("fe80::1");
    const AnnounceRequest request = placed(claiming, global4, believing());
    CHECK(request.ipv4 == global4.ipv4_endpoint(port));
    CHECK_FALSE(request.ipv6.present());
}

TEST_SUITE_END();

}  // namespace chihaya::frontend
