#pragma once

/// @file world.hpp
/// A tracker put together as app/service.cpp does it, whose driver changes while it serves.

#include "core/app/driver_switch.hpp"
#include "core/app/settings.hpp"
#include "core/app/site_loader.hpp"
#include "core/logic/farewells.hpp"
#include "tests/support/free_port.hpp"
#include "tests/support/scripted_drivers.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace chihaya::test {

/// What a site would have credited to one peer.
struct Credit {
    std::uint64_t uploaded = 0;
    std::uint64_t downloaded = 0;
    unsigned announces = 0;
    unsigned first_announces = 0;
    unsigned snatches = 0;
    unsigned farewells = 0;  // fell silent
    friend bool operator==(const Credit&, const Credit&) = default;
};

/// Who, where: account and swarm.
using Account = std::pair<std::uint64_t, std::array<std::uint8_t, 20>>;

/// A backend driver that keeps books in memory. Thread: any
class Books final : public BackendDriver {
public:
    [[nodiscard]] std::map<Account, Credit> credits();

    Status load(RegistrySink& sink) noexcept override;
    void record(std::span<const AnnounceDelta> deltas) noexcept override;
    void rules(SiteRules& rules) noexcept override;
    bool has_control() noexcept override { return false; }
    void control(const ControlRequest& request, ControlSink& sink) noexcept override;
    Status flush(std::chrono::milliseconds deadline) noexcept override;
    Status reconfigure(const BackendSetup& setup) noexcept override;
    Status health() noexcept override { return {}; }
    void report(MetricSink& sink) noexcept override;
    void release() noexcept override {}

private:
    std::mutex mutex_;
    std::map<Account, Credit> credits_;
};

/// One swarm, comparable: who is in it (by port), and is that one a seeder?
struct SwarmAsItIs {
    std::map<std::uint16_t, bool> peers;
    std::uint32_t snatches = 0;
    friend bool operator==(const SwarmAsItIs&, const SwarmAsItIs&) = default;
};

/// What a driver keeps of the registry.
struct RegistryCopy {
    std::set<std::uint64_t> users;
    std::size_t torrents = 0;
    std::set<std::array<std::uint8_t, 20>> clients;
    std::set<std::uint64_t> tokens;  // whose
};

struct WorldOptions {
    bool is_private = false;
    std::chrono::seconds peer_lifetime{3600};
    std::chrono::seconds history_lifetime{3600};
};

/// Two workers on a free port of both protocols, on the memory driver at first.
/// Thread: made and ended by one; `change_to` from any one
class World {
public:
    explicit World(const WorldOptions& options = {});
    ~World();
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    [[nodiscard]] Result<app::Switched> change_to(const std::string& name,
                                                  const std::string& params = "{}");
    [[nodiscard]] app::DriverSwitch& driver_switch() { return *switch_; }

    [[nodiscard]] std::uint16_t port() const noexcept { return port_.number(); }
    [[nodiscard]] logic::Roster& roster() { return *roster_; }
    [[nodiscard]] TrackerDriver& tracker() { return *slot_; }
    [[nodiscard]] Books& books() { return books_; }

    [[nodiscard]] SwarmAsItIs read(const InfoHash& info_hash);
    /// Every record, with all that is known.
    [[nodiscard]] std::vector<PeerRecord> records(const InfoHash& info_hash);
    /// The registry as the driver's shared copy has it.
    [[nodiscard]] RegistryCopy shared_copy();
    [[nodiscard]] std::string log();

private:
    /// Borrows `params`.
    [[nodiscard]] TrackerSetup setup(const std::string& params) const;

    const WorldOptions options_;
    std::mutex lines_mutex_;
    std::string lines_;
    Log log_;
    const Clock clock_;
    FreePort port_;
    Books books_;
    app::ControlLoop control_;
    logic::Farewells farewells_;
    std::optional<app::TrackerSlot> slot_;
    std::optional<logic::Roster> roster_;
    std::optional<app::InEffect> in_effect_;
    std::optional<app::SiteLoader> site_loader_;
    std::optional<app::Filling> filling_;
    std::optional<app::Shared> shared_;
    std::optional<app::Workers> workers_;
    std::optional<app::DriverSwitch> switch_;
};

}  // namespace chihaya::test
