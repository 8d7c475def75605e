#include "tests/driver_switch/clients.hpp"

#include "tests/support/http_client.hpp"
#include "tests/support/udp_client.hpp"
#include "tests/wire_udp/packets.hpp"

#include <chrono>
#include <exception>
#include <iostream>
#include <optional>
#include <random>
#include <string_view>

namespace chihaya::test {
namespace {

constexpr std::uint16_t ports_each = 40;

// Between two announces of a client: others need the machine as well.
constexpr std::chrono::milliseconds rest{2};

std::string passkey_of(std::uint32_t client) {
    return "passkey-of-user-number-" + std::to_string(100 + client);
}

std::string peer_id_of(std::uint32_t client) {
    return "-qB4650-client-" + std::to_string(10000 + client);
}

}  // namespace

InfoHash swarm_of(std::uint32_t number) {
    InfoHash info_hash;
    const std::string text = "a-swarm-with-no-" + std::to_string(1000 + number);
    std::copy_n(text.begin(), info_hash.bytes.size(), info_hash.bytes.begin());
    return info_hash;
}

struct Clients::Client {
    Client(std::uint32_t which, World& world)
        : number(which), dice(which), port(world.port()), udp(port) {}

    /// One peer in one swarm, as it was announced last.
    struct Peer {
        bool is_there = false;
        bool is_seeder = false;
        std::uint64_t uploaded = 0;
        std::uint64_t downloaded = 0;
    };

    /// What comes next, as an announce.
    struct Next {
        std::uint32_t swarm = 0;
        std::uint16_t port = 0;
        std::uint32_t event = no_event;
        bool seeds = false;
        std::uint64_t uploaded = 0;
        std::uint64_t downloaded = 0;
    };

    Next choose(bool is_private) {
        Next next;
        next.swarm = static_cast<std::uint32_t>(dice() % swarm_count);
        next.port = static_cast<std::uint16_t>(20000 + number * ports_each +
                                               (is_private ? 0 : dice() % ports_each));
        const Peer& peer = peers[{next.swarm, next.port}];
        next.uploaded = peer.uploaded + dice() % 1000;
        next.downloaded = peer.downloaded + dice() % 1000;
        next.seeds = peer.is_seeder || dice() % 8 == 0;
        if (!peer.is_there) {
            next.event = started_event;
            next.uploaded = next.downloaded = 0;
            next.seeds = dice() % 3 == 0;
        } else if (dice() % 5 == 0) {
            next.event = stopped_event;
        } else if (next.seeds && !peer.is_seeder) {
            next.event = completed_event;
        }
        return next;
    }

    void told(const Next& next) {
        Peer& peer = peers[{next.swarm, next.port}];
        Credit& credit = credits[next.swarm];
        ++credit.announces;
        if (peer.is_there) {
            credit.uploaded += next.uploaded - peer.uploaded;
            credit.downloaded += next.downloaded - peer.downloaded;
        } else {
            ++credit.first_announces;
        }
        if (next.event == completed_event) {
            ++credit.snatches;
        }
        peer = {next.event != stopped_event, next.event != stopped_event && next.seeds,
                next.uploaded, next.downloaded};
    }

    const std::uint32_t number;
    std::mt19937 dice;
    const std::uint16_t port;
    std::optional<TcpClient> http;
    unsigned requests = 0;  // on this connection, which is good for ten thousand
    UdpClient udp;
    std::string connection_id;
    std::map<std::pair<std::uint32_t, std::uint16_t>, Peer> peers;
    std::map<std::uint32_t, Credit> credits;
};

Clients::Clients(World& world, bool is_private) : world_(world), is_private_(is_private) {
    const std::uint32_t count = http_clients + (is_private ? 0 : udp_clients);
    if (is_private) {
        std::vector<UserRecord> users(count);
        for (std::uint32_t number = 0; number < count; ++number) {
            users[number].id = UserId{100 + number};
            const std::string passkey = passkey_of(number);
            std::copy(passkey.begin(), passkey.end(), users[number].passkey.text.begin());
        }
        std::vector<TorrentRecord> torrents(swarm_count);
        for (std::uint32_t number = 0; number < swarm_count; ++number) {
            torrents[number].id = TorrentId{number + 1};
            torrents[number].info_hash = swarm_of(number);
        }
        if (!world.roster().put_users(users).ok() || !world.roster().put_torrents(torrents).ok()) {
            throw std::runtime_error("the registry refuses records");
        }
    }
    for (std::uint32_t number = 0; number < count; ++number) {
        clients_.push_back(std::make_unique<Client>(number, world));
    }
    for (const auto& client : clients_) {
        threads_.emplace_back([this, &client] { run(*client); });
    }
}

Clients::~Clients() {
    stop();
}

void Clients::run(Client& client) {
    try {
        while (!ends_) {
            std::this_thread::sleep_for(rest);
            client.number < http_clients ? announce_over_http(client) : announce_over_udp(client);
        }
    } catch (const std::exception& error) {
        std::cerr << "client " << client.number << ": " << error.what() << '\n';
        ++failed_;
    }
}

void Clients::announce_over_http(Client& client) {
    const Client::Next next = client.choose(is_private_);
    constexpr std::array<std::string_view, 5> events{"", "&event=completed", "&event=started",
                                                     "&event=stopped", ""};
    const InfoHash info_hash = swarm_of(next.swarm);
    const std::string_view name(reinterpret_cast<const char*>(info_hash.bytes.data()),
                                info_hash.bytes.size());
    std::string target = is_private_ ? "/" + passkey_of(client.number) : "";
    target += "/announce?info_hash=" + escaped(name) + "&peer_id=" + peer_id_of(client.number) +
              "&port=" + std::to_string(next.port) + "&left=" + (next.seeds ? "0" : "7") +
              "&uploaded=" + std::to_string(next.uploaded) +
              "&downloaded=" + std::to_string(next.downloaded) + "&compact=1";
    target += events[next.event];
    if (client.requests++ % 5000 == 0) {
        client.http.emplace(client.port);
    }
    client.http->send(get(target));
    const HttpReply reply = client.http->read_reply();
    if (reply.status != 200 || reply.body.find("complete") == std::string::npos ||
        reply.body.find("failure") != std::string::npos) {
        throw std::runtime_error(reply.body);
    }
    client.told(next);
    ++answered_;
}

void Clients::announce_over_udp(Client& client) {
    if (client.connection_id.empty()) {
        client.connection_id = client.udp.connect();
    }
    const Client::Next next = client.choose(is_private_);
    const InfoHash info_hash = swarm_of(next.swarm);
    const std::string_view name(reinterpret_cast<const char*>(info_hash.bytes.data()),
                                info_hash.bytes.size());
    const std::string peer_id = peer_id_of(client.number);
    const std::string reply =
        client.udp.ask(announce_packet(client.connection_id, {.info_hash = name,
                                                              .peer_id = peer_id,
                                                              .downloaded = next.downloaded,
                                                              .left = next.seeds ? 0U : 7U,
                                                              .uploaded = next.uploaded,
                                                              .event = next.event,
                                                              .port = next.port}));
    if (reply.size() < 20 || reply.substr(0, 4) != big_endian(std::uint32_t{announce_action})) {
        throw std::runtime_error("no reply to an announce");
    }
    client.told(next);
    ++answered_;
}

void Clients::wait_for(std::uint64_t announces) {
    const std::uint64_t until = answered_ + announces;
    while (answered_ < until && failed_ == 0) {
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
}

void Clients::stop() {
    ends_ = true;
    for (std::thread& thread : threads_) {
        if (thread.joinable()) {
            thread.join();
        }
    }
}

std::map<std::uint32_t, SwarmAsItIs> Clients::swarms() const {
    std::map<std::uint32_t, SwarmAsItIs> all;
    for (const auto& client : clients_) {
        for (const auto& [where, peer] : client->peers) {
            if (peer.is_there) {
                all[where.first].peers[where.second] = peer.is_seeder;
            }
        }
        for (const auto& [swarm, credit] : client->credits) {
            all[swarm].snatches += credit.snatches;
        }
    }
    return all;
}

std::map<Account, Credit> Clients::credits() const {
    std::map<Account, Credit> all;
    for (const auto& client : clients_) {
        for (const auto& [swarm, credit] : client->credits) {
            all[{100 + client->number, swarm_of(swarm).bytes}] = credit;
        }
    }
    return all;
}

}  // namespace chihaya::test
