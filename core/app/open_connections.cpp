#include "core/app/open_connections.hpp"

#include "core/handover/limits.hpp"

#include <unistd.h>

#include <cstring>
#include <memory>
#include <utility>

namespace chihaya::app {
namespace {

/// What is said of one, in front of its bytes.
struct Head {
    std::array<std::uint8_t, 16> from{};
    std::uint32_t requests = 0;
    std::uint32_t kept = 0;
    std::uint64_t body_left = 0;
};
static_assert(sizeof(Head) == 32);

/// Lives as long as a worker may come to it.
struct Unclaimed {
    explicit Unclaimed(std::vector<frontend::OpenConnection> connections)
        : all(std::move(connections)) {}
    ~Unclaimed() { close_connections(all); }
    Unclaimed(const Unclaimed&) = delete;
    Unclaimed& operator=(const Unclaimed&) = delete;

    std::vector<frontend::OpenConnection> all;
};

std::string packed(const frontend::OpenConnection& connection) {
    const Head head{.from = connection.from.bytes,
                    .requests = connection.requests,
                    .kept = static_cast<std::uint32_t>(connection.kept.size()),
                    .body_left = connection.body_left};
    return std::string(reinterpret_cast<const char*>(&head), sizeof head) + connection.kept;
}

}  // namespace

Result<void> send_connections(handover::Channel& channel,
                              std::span<const frontend::OpenConnection> all) {
    std::string body;
    std::vector<int> descriptors;
    const auto send = [&]() -> Result<void> {
        if (descriptors.empty()) {
            return {};
        }
        auto sent = channel.send(handover::Kind::connections, body, descriptors);
        body.clear();
        descriptors.clear();
        return sent;
    };
    for (const frontend::OpenConnection& connection : all) {
        const std::string one = packed(connection);
        if (one.size() > limits::handover_message_max) {
            continue;  // more than a request may have: it ends with this process
        }
        if (descriptors.size() == limits::handover_descriptors_max ||
            body.size() + one.size() > limits::handover_message_max) {
            if (auto sent = send(); sent.has_error()) {
                return sent;
            }
        }
        body += one;
        descriptors.push_back(connection.socket);
    }
    return send();
}

std::vector<frontend::OpenConnection> read_connections(handover::Message& message) {
    std::vector<frontend::OpenConnection> all;
    std::string_view rest = message.body;
    for (const int descriptor : std::exchange(message.descriptors, {})) {
        Head head;
        if (rest.size() >= sizeof head) {
            std::memcpy(&head, rest.data(), sizeof head);
            rest.remove_prefix(sizeof head);
            if (head.kept <= rest.size() && head.kept <= limits::handover_kept_max) {
                all.push_back({.socket = descriptor,
                               .from = IpAddress::from_ipv6(head.from),
                               .requests = head.requests,
                               .body_left = head.body_left,
                               .kept = std::string(rest.substr(0, head.kept))});
                rest.remove_prefix(head.kept);
                continue;
            }
        }
        rest = {};
        ::close(descriptor);
    }
    return all;
}

void share_out(std::vector<frontend::OpenConnection> all, Workers& workers, std::size_t first,
               std::chrono::milliseconds patience) {
    const auto shared = std::make_shared<Unclaimed>(std::move(all));
    const std::size_t count = workers.count();
    static_cast<void>(workers.with_front_ends(
        [shared, first, count](std::size_t number, frontend::HttpFrontend& http,
                               frontend::UdpFrontend& /*udp*/) {
            for (std::size_t i = 0; i < shared->all.size(); ++i) {
                if ((first + i) % count == number) {
                    http.take_in(std::exchange(shared->all[i], {}));
                }
            }
        },
        patience));
}

void close_connections(std::vector<frontend::OpenConnection>& all) noexcept {
    for (const frontend::OpenConnection& connection : std::exchange(all, {})) {
        if (connection.socket >= 0) {
            ::close(connection.socket);
        }
    }
}

}  // namespace chihaya::app
