// A tracker that is killed, again and again, at any moment.

#include "plugins/memory/memory_driver.hpp"
#include "plugins/memory/snapshot_reader.hpp"
#include "tests/support/chihaya_process.hpp"
#include "tests/support/fake_host.hpp"
#include "tests/support/http_client.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <random>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>

TEST_SUITE_BEGIN("killed");

namespace chihaya::test {
namespace {

namespace fs = std::filesystem;
using std::chrono::milliseconds;

/// Swarm and address.
using Seat = std::pair<std::array<std::uint8_t, 20>, std::array<std::uint8_t, 6>>;
using Seats = std::set<Seat>;

std::string hash_of(std::uint32_t number) {
    std::string text = "%aa%bb%cc%dd%ee%ff%00%01%02%03%04%05%06%07%08%09%0a";
    for (int digit = 0; digit < 3; ++digit) {
        text += '%' + std::string(1, "0123456789abcdef"[number / 16 % 16]) +
                "0123456789abcdef"[number % 16];
        number /= 256;
    }
    return text;
}

Seat seat_of(std::uint32_t swarm, std::uint16_t port) {
    Seat seat{
        {0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
        {127, 0, 0, 1, static_cast<std::uint8_t>(port >> 8U), static_cast<std::uint8_t>(port)}};
    for (std::size_t at = 17; at < 20; ++at) {
        seat.first.at(at) = static_cast<std::uint8_t>(swarm);
        swarm /= 256;
    }
    return seat;
}

/// Who is in a file, and nobody else's word for it.
class Sitting final : public memory::SavedSink {
public:
    void swarm(const memory::SavedPiece& piece, std::span<const memory::SavedPeer> peers) override {
        for (const memory::SavedPeer& peer : peers) {
            seats.insert({piece.info_hash.bytes, peer.record.ipv4.wire});
        }
    }
    void users(std::span<const UserRecord> /*users*/) override {}
    void torrents(std::span<const TorrentRecord> /*torrents*/) override {}
    void clients(std::span<const ClientRecord> /*clients*/) override {}
    void tokens(std::span<const TokenRecord> /*tokens*/) override {}
    Seats seats;
};

Seats seats_in(const fs::path& file) {
    memory::SnapshotReader reader(file);
    reader.examine();
    Sitting sitting;
    if (reader.verdict() != memory::SnapshotReader::Verdict::good) {
        return {};
    }
    memory::Block block;
    while (reader.next_block(block)) {
        REQUIRE(memory::decode_block(static_cast<memory::BlockType>(block.header.type),
                                     block.payload, {.tick_seconds = reader.header().tick_seconds},
                                     sitting));
    }
    return sitting.seats;
}

/// What a driver restores from a copy of the files.
class Restored final : public SwarmSink, public RegistrySink, public RegistrySource {
public:
    explicit Restored(const fs::path& file) {
        FakeClock clock;
        const auto now = std::chrono::system_clock::now().time_since_epoch();
        clock.advance(std::chrono::duration_cast<milliseconds>(now) -
                      clock.now().time_since_epoch());
        FakeHost host(clock);
        TrackerSetup setup;
        setup.registry = this;
        auto* const driver = new memory::MemoryDriver(host, setup, false);
        is_good = driver->keep({.snapshot = file}, setup) && driver->load(*this).ok() &&
                  driver->read_swarms(*this).ok();
        errors = host.lines_of(Severity::error);
        driver->release();
    }

    bool swarm(const SwarmRecord& swarm, std::span<const PeerRecord> peers) noexcept override {
        for (const PeerRecord& peer : peers) {
            seats.insert({swarm.info_hash.bytes, peer.ipv4.wire});
        }
        return true;
    }
    Status put_torrents(std::span<const TorrentRecord> torrents) noexcept override {
        for (const TorrentRecord& torrent : torrents) {
            ids.insert(static_cast<std::uint64_t>(torrent.id));
        }
        return {};
    }
    Status read(RegistrySink& /*sink*/) noexcept override { return {}; }
    Status put_users(std::span<const UserRecord> /*users*/) noexcept override { return {}; }
    Status put_clients(std::span<const ClientRecord> /*clients*/) noexcept override { return {}; }
    Status put_tokens(std::span<const TokenRecord> /*tokens*/) noexcept override { return {}; }
    Status erase_users(std::span<const UserId> /*users*/) noexcept override { return {}; }
    Status erase_torrents(std::span<const TorrentErasure> /*all*/) noexcept override { return {}; }
    Status erase_clients(std::span<const PeerIdPrefix> /*all*/) noexcept override { return {}; }
    Status erase_tokens(std::span<const TokenRecord> /*tokens*/) noexcept override { return {}; }
    Status remember_peers(const InfoHash& /*name*/,
                          std::span<const PeerRecord> /*peers*/) noexcept override {
        return {};
    }
    void lapsed() noexcept override {}

    bool is_good = false;
    std::size_t errors = 0;
    Seats seats;
    std::set<std::uint64_t> ids;
};

/// Clients that announce, and a site that registers, until the tracker is gone.
class Life {
public:
    explicit Life(unsigned seed) : dice_(seed) {}

    void announce_until_end(std::uint16_t port) {
        try {
            TcpClient client(port);
            while (true) {
                announce(client);
            }
        } catch (const std::runtime_error&) {
            return;  // it has been killed
        }
    }
    void register_until_end(std::uint16_t port) {
        try {
            while (true) {
                TcpClient client(port);
                const std::string body = "{\"id\": " + std::to_string(++last_id_) + "}";
                client.send("PUT /torrents/" + hash_of(1000 + last_id_) +
                            " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " +
                            std::to_string(body.size()) + "\r\n\r\n" + body);
                if (client.read_reply().status == 200) {
                    confirmed.insert(last_id_);
                }
            }
        } catch (const std::runtime_error&) {
            return;
        }
    }

    Seats stopped;  // or asked to
    std::set<std::uint64_t> confirmed;

private:
    void announce(TcpClient& client) {
        const auto swarm = static_cast<std::uint32_t>(dice_() % 40);
        const auto port = static_cast<std::uint16_t>(1 + dice_() % 20'000);
        const bool stops = dice_() % 16 == 0;
        const Seat seat = seat_of(swarm, port);
        if (stops) {
            stopped.insert(seat);
        }
        client.send("GET /announce?info_hash=" + hash_of(swarm) +
                    "&peer_id=-TR3000-abcdefghijkl&uploaded=0&downloaded=0&left=1&compact=1&port=" +
                    std::to_string(port) + (stops ? "&event=stopped" : "") +
                    " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        if (client.read_reply().status != 200) {
            throw std::runtime_error("an announce was refused");
        }
        if (!stops) {
            stopped.erase(seat);
        }
    }

    std::mt19937 dice_;
    std::uint32_t last_id_ = 0;
};

unsigned kills() {
    const char* const wanted = std::getenv("CHIHAYA_KILLS");
    return wanted == nullptr ? 20 : static_cast<unsigned>(std::strtoul(wanted, nullptr, 10));
}

}  // namespace

TEST_CASE("a tracker that is killed at any moment starts, with what it had saved and promised") {
    const TempDir folder;
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 dice(seed);
    Life life(seed);
    const fs::path state = folder / "state";
    std::size_t most = 0;
    for (unsigned round = 0; round < kills(); ++round) {
        CAPTURE(round);
        ChihayaProcess process({.config = R"({"workers": 1, "state_dir": ")" + state.string() +
                                          R"(", "tracker": {"driver": "memory",
                          "params": {"snapshot_interval": "100ms"}}})"});
        CHECK(process.log().find(" error ") == std::string::npos);
        std::thread clients([&] { life.announce_until_end(process.http_port()); });
        std::thread site([&] { life.register_until_end(process.management_port()); });
        std::this_thread::sleep_for(milliseconds(dice() % 400));  // so that any moment is one
        process.signal(SIGKILL);
        static_cast<void>(process.wait());
        clients.join();
        site.join();

        Seats saved = seats_in(state / "memory.snapshot");
        fs::remove_all(folder / "copy");
        fs::create_directory(folder / "copy");
        for (const auto& entry : fs::directory_iterator(state)) {
            if (entry.is_regular_file()) {  // there is a socket as well
                fs::copy(entry, folder / "copy");
            }
        }
        const Restored restored(folder / "copy" / "memory.snapshot");
        CHECK(restored.is_good);
        CHECK(restored.errors == 0);
        for (const Seat& seat : life.stopped) {
            saved.erase(seat);
        }
        std::erase_if(saved, [&](const Seat& seat) { return restored.seats.contains(seat); });
        CHECK(saved.empty());
        auto promised = life.confirmed;
        std::erase_if(promised, [&](std::uint64_t id) { return restored.ids.contains(id); });
        CHECK(promised.empty());
        most = std::max(most, restored.seats.size());
    }
    MESSAGE("killed ", kills(), " times; at most ", most, " peers and ", life.confirmed.size(),
            " torrents were restored");
    CHECK(most > 100);
    CHECK_FALSE(life.confirmed.empty());
}

}  // namespace chihaya::test
TEST_SUITE_END();
