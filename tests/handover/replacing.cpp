#include "tests/handover/replacing.hpp"

#include "core/app/greeting.hpp"
#include "core/wire/connection_id.hpp"
#include "tests/support/child_process.hpp"
#include "tests/support/http_client.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <stdexcept>

namespace chihaya::test {
namespace {

using handover::Channel;
using handover::Kind;
using std::chrono::seconds;

constexpr seconds patience{20};

/// The socket of a tracker that has ended stays where it was until the next one listens.
int way_in(const std::filesystem::path& state_dir) {
    int socket = -1;
    wait_until("somebody may come", [&] {
        const auto connected = handover::connect_to(state_dir / "handover.sock");
        socket = connected.has_error() ? -1 : *connected;
        return socket >= 0;
    });
    return socket;
}

std::optional<Kind> next_of(Channel& channel) {
    auto message = channel.receive(patience);
    if (message.has_error()) {
        return std::nullopt;
    }
    for (const int descriptor : message->descriptors) {
        ::close(descriptor);
    }
    return message->kind;
}

}  // namespace

ChihayaOptions replaceable(const std::string& members) {
    ChihayaOptions options;
    options.config =
        R"({"workers": 2, "interval_jitter": 0, "state_dir": "$DIR/state")" + members + "}";
    return options;
}

std::string get_page(const ChihayaProcess& process, const std::string& path) {
    return http_get(process.management_port(), path).body;
}

std::string put(const ChihayaProcess& process, const std::string& path, const std::string& body) {
    TcpClient client(process.management_port());
    client.send("PUT " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body);
    return client.read_reply().body;
}

Stranger::Stranger(const std::filesystem::path& state_dir) : channel_(way_in(state_dir)) {}

void Stranger::greet() {
    const auto sent = channel_.send(
        Kind::hello, packed(app::Hello{.process = 1, .driver = "memory", .params = "{}"}));
    if (sent.has_error()) {
        throw std::runtime_error(sent.error().text);
    }
}

std::optional<Kind> Stranger::next() {
    return next_of(channel_);
}

bool Stranger::play_until(Kind last) {
    greet();
    for (auto kind = next(); kind; kind = next()) {
        if (*kind == last) {
            return true;
        }
        if (*kind == Kind::key) {
            static_cast<void>(channel_.send(Kind::ready, {}));
        }
        if (*kind == Kind::yours) {
            static_cast<void>(channel_.send(Kind::taken, {}));
        }
    }
    return false;
}

Elder::Elder(const std::filesystem::path& state_dir)
    : listening_(handover::listen_at(state_dir / "handover.sock").value()) {}

Elder::~Elder() {
    ::close(listening_);
}

void Elder::greet() {
    int caller = -1;
    wait_until("somebody comes", [&] {
        caller = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
        return caller >= 0;
    });
    channel_.emplace(caller);
    const auto now = std::chrono::floor<seconds>(std::chrono::system_clock::now());
    if (next() != Kind::hello) {
        throw std::runtime_error("it does not say hello");
    }
    send(Kind::welcome, packed(app::Welcome{.clock = now.time_since_epoch().count()}));
    send(Kind::key, std::string(sizeof(wire::ConnectionIds::Key), 'k'));
    if (next() != Kind::ready) {
        throw std::runtime_error("it is not ready");
    }
}

void Elder::send(Kind kind, std::string_view body) {
    if (const auto sent = channel_->send(kind, body); sent.has_error()) {
        throw std::runtime_error(sent.error().text);
    }
}

std::optional<Kind> Elder::next() {
    return next_of(*channel_);
}

}  // namespace chihaya::test
