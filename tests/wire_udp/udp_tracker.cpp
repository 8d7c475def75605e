#include "tests/wire_udp/udp_tracker.hpp"

#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <chrono>
#include <cstdlib>
#include <stdexcept>
#include <thread>

namespace chihaya::test {
namespace {

std::string config(const std::string& members, const std::string& udp) {
    const char* const batched = std::getenv("CHIHAYA_TEST_UDP_BATCHED");
    std::string section = udp;
    if (batched != nullptr && section.find("batched") == std::string::npos) {
        section += (section.empty() ? "" : ", ") + R"("batched": )"s + batched;
    }
    return members + (members.empty() ? "" : ", ") + R"("udp": {)" + section + "}";
}

}  // namespace

UdpTracker::UdpTracker(const std::string& members, const std::string& udp)
    : Tracker(config(members, udp)) {}

UdpAnswer UdpTracker::announce_udp(const UdpAnnounce& announce) const {
    const UdpClient client(udp_port());
    UdpAnswer answer = announce_answer(client.ask(announce_packet(client.connect(), announce)));
    if (answer.transaction != announce.transaction) {
        throw std::runtime_error("the reply to another announce");
    }
    return answer;
}

std::set<std::string> UdpTracker::handed_udp(const UdpAnnounce& announce) const {
    return entries(announce_udp(announce), ipv4_entry);
}

std::string UdpTracker::refused_udp(const UdpAnnounce& announce) const {
    const UdpClient client(udp_port());
    return error_text(client.ask(announce_packet(client.connect(), announce)),
                      announce.transaction);
}

std::int64_t UdpTracker::number(const std::string& name) const {
    const std::string page = http_get(management_port(), "/stats?flatten").body;
    const auto object = Poco::JSON::Parser().parse(page).extract<Poco::JSON::Object::Ptr>();
    return object->getValue<std::int64_t>(name);
}

void UdpTracker::wait_for(const std::string& name, std::int64_t least) const {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (number(name) < least) {
        if (std::chrono::steady_clock::now() > deadline) {
            throw std::runtime_error(name + " stays below " + std::to_string(least));
        }
        std::this_thread::yield();
    }
}

HttpReply UdpTracker::manage(const std::string& method, const std::string& path,
                             const std::string& body) const {
    TcpClient client(management_port());
    client.send(method + ' ' + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body);
    return client.read_reply();
}

bool UdpTracker::serves_udp_as_ever() const {
    const UdpClient client(udp_port());
    const std::string reply = client.ask(first_connect());
    if (reply.size() != 16 || !reply.starts_with(from_hex("00000000 01020304"))) {
        return false;
    }
    const std::string id = reply.substr(8);
    const bool answers = client.ask(sample_announce(id)) == sample_answer();
    const std::string stopped = client.ask(announce_packet(id, {.event = stopped_event}));
    return answers && announce_answer(stopped).leechers == 0;
}

std::string first_connect() {
    return from_hex("00 00 04 17 27 10 19 80 00 00 00 00 01 02 03 04");
}

std::string sample_announce(std::string_view id) {
    return with_id(
        id, from_hex("11 22 33 44 55 66 77 88 00 00 00 01 0a 0b 0c 0d a2 a1 55 37 54 2b 22 92"
                     "5a d1 04 86 bf 7a 8b 2a 9c 42 f0 d1 2d 71 42 34 36 35 30 2d 41 62 43 64"
                     "45 66 47 68 49 6a 4b 6c 00 00 00 00 00 00 00 00 00 00 00 00 00 01 00 00"
                     "00 00 00 00 00 00 00 00 00 00 00 02 00 00 00 00 81 c8 1d 14 00 00 00 c8"
                     "1a e1"));
}

std::string sample_answer() {
    return from_hex("00 00 00 01 0a 0b 0c 0d 00 00 07 08 00 00 00 01 00 00 00 00");
}

}  // namespace chihaya::test
