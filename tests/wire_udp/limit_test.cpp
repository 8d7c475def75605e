// Who asks too often over UDP.

#include "tests/wire_udp/udp_tracker.hpp"

#include <doctest/doctest.h>

#include <string>

namespace chihaya::test {
namespace {

constexpr const char* two_announces =
    R"("http": {"trusted_proxies": []}, )"
    R"("limits": {"announces_per_address": 1, "announces_per_address_burst": 2, "exempt": []})";

TEST_SUITE_BEGIN("wire: limits over UDP");

TEST_CASE("who announces too often gets an error and the next address does not") {
    const UdpTracker tracker(two_announces);
    const UdpClient flooder(tracker.udp_port(), "127.0.0.1", {.address = "127.0.0.10"});
    const std::string id = flooder.connect();
    const std::string announce = announce_packet(id, {});
    static_cast<void>(announce_answer(flooder.ask(announce)));
    static_cast<void>(announce_answer(flooder.ask(announce)));
    CHECK(error_text(flooder.ask(announce)) == "too many requests from this address");

    const UdpClient other(tracker.udp_port(), "127.0.0.1", {.address = "127.0.0.11"});
    CHECK(announce_answer(other.ask(announce_packet(other.connect(), {.port = 2}))).leechers == 2);
}

TEST_CASE("nobody can use up the announces of an address that is not his") {
    const UdpTracker tracker(two_announces);
    const UdpClient victim(tracker.udp_port(), "127.0.0.1", {.address = "127.0.0.10"});
    for (int i = 0; i < 100; ++i) {  // without a good connection id, as with a forged address
        victim.send(announce_packet("forged!!", {}));
        CHECK(error_text(victim.receive()) == "bad connection ID");
    }
    const std::string announce = announce_packet(victim.connect(), {});
    static_cast<void>(announce_answer(victim.ask(announce)));
    static_cast<void>(announce_answer(victim.ask(announce)));
}

TEST_SUITE_END();

}  // namespace
}  // namespace chihaya::test
