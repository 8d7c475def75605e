#include "core/app/greeting.hpp"

#include <cstring>

namespace chihaya::app {
namespace {

struct HelloHead {
    std::uint32_t version = handover::protocol_version;
    std::uint32_t shares_swarms = 0;
    std::uint64_t layout = handover::layout;
    std::uint64_t process = 0;
    std::uint64_t name = 0;  // bytes of it; the parameters follow
};

struct WelcomeBody {
    std::uint32_t version = handover::protocol_version;
    std::uint32_t carries = 0;
    std::int64_t clock = 0;
    std::uint64_t sockets = 0;
};

Failure stranger() {
    return {
        "the other process speaks another protocol, or none; accepted are trackers of the same "
        "release or a later one: restart instead"};
}

}  // namespace

std::string packed(const Hello& hello) {
    HelloHead head;
    head.shares_swarms = hello.shares_swarms ? 1 : 0;
    head.process = hello.process;
    head.name = hello.driver.size();
    return std::string(reinterpret_cast<const char*>(&head), sizeof head) + hello.driver +
           hello.params;
}

Result<Hello> read_hello(std::string_view body) {
    HelloHead head;
    if (body.size() < sizeof head) {
        return stranger();
    }
    std::memcpy(&head, body.data(), sizeof head);
    body.remove_prefix(sizeof head);
    if (head.version != handover::protocol_version || head.layout != handover::layout ||
        head.name > body.size()) {
        return stranger();
    }
    return Hello{.process = head.process,
                 .shares_swarms = head.shares_swarms != 0,
                 .driver = std::string(body.substr(0, head.name)),
                 .params = std::string(body.substr(head.name))};
}

std::string packed(const Welcome& welcome) {
    WelcomeBody body;
    body.carries = welcome.carries ? 1 : 0;
    body.clock = welcome.clock;
    body.sockets = welcome.sockets;
    return {reinterpret_cast<const char*>(&body), sizeof body};
}

Result<Welcome> read_welcome(std::string_view text) {
    WelcomeBody body;
    if (text.size() != sizeof body) {
        return stranger();
    }
    std::memcpy(&body, text.data(), sizeof body);
    if (body.version != handover::protocol_version || body.sockets > UINT32_MAX) {
        return stranger();
    }
    return Welcome{.carries = body.carries != 0,
                   .clock = body.clock,
                   .sockets = static_cast<std::uint32_t>(body.sockets)};
}

}  // namespace chihaya::app
