#include "tests/driver_switch/world.hpp"

#include "core/app/settings.hpp"
#include "core/config/config.hpp"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace chihaya::test {
namespace {

constexpr std::uint32_t worker_count = 2;

plugin::Library library(const std::string& name) {
    return plugin::Library::load(std::string(CHIHAYA_PLUGIN_DIR "/") + name + ".so").value();
}

class Records final : public SwarmSink {
public:
    bool swarm(const SwarmRecord& swarm, std::span<const PeerRecord> some) noexcept override {
        record = swarm;
        peers.insert(peers.end(), some.begin(), some.end());
        return true;
    }
    SwarmRecord record;
    std::vector<PeerRecord> peers;
};

/// Takes a driver's copy of the registry.
class CopySink final : public RegistrySink {
public:
    Status put_users(std::span<const UserRecord> some) noexcept override {
        for (const UserRecord& user : some) {
            copy.users.insert(static_cast<std::uint64_t>(user.id));
        }
        return {};
    }
    Status put_torrents(std::span<const TorrentRecord> some) noexcept override {
        copy.torrents += some.size();
        return {};
    }
    Status put_clients(std::span<const ClientRecord> some) noexcept override {
        for (const ClientRecord& client : some) {
            copy.clients.insert(client.prefix.bytes);
        }
        return {};
    }
    Status put_tokens(std::span<const TokenRecord> some) noexcept override {
        for (const TokenRecord& token : some) {
            copy.tokens.insert(static_cast<std::uint64_t>(token.user));
        }
        return {};
    }
    Status erase_users(std::span<const UserId> /*some*/) noexcept override { return {}; }
    Status erase_torrents(std::span<const TorrentErasure> /*some*/) noexcept override { return {}; }
    Status erase_clients(std::span<const PeerIdPrefix> /*some*/) noexcept override { return {}; }
    Status erase_tokens(std::span<const TokenRecord> /*some*/) noexcept override { return {}; }
    Status remember_peers(const InfoHash& /*info_hash*/,
                          std::span<const PeerRecord> /*peers*/) noexcept override {
        return {};
    }
    void lapsed() noexcept override {}

    RegistryCopy copy;
};

}  // namespace

std::map<Account, Credit> Books::credits() {
    const std::lock_guard lock(mutex_);
    return credits_;
}

Status Books::load(RegistrySink& /*sink*/) noexcept {
    return {StatusCode::unsupported, "no site"};
}

void Books::record(std::span<const AnnounceDelta> deltas) noexcept {
    const std::lock_guard lock(mutex_);
    for (const AnnounceDelta& delta : deltas) {
        Credit& credit = credits_[{static_cast<std::uint64_t>(delta.user), delta.info_hash.bytes}];
        if (has(delta.flags, DeltaFlags::expired)) {
            ++credit.farewells;
            continue;
        }
        credit.uploaded += delta.uploaded_raw;
        credit.downloaded += delta.downloaded_raw;
        ++credit.announces;
        credit.first_announces += has(delta.flags, DeltaFlags::is_new) ? 1U : 0U;
        credit.snatches += has(delta.flags, DeltaFlags::snatched) ? 1U : 0U;
    }
}

void Books::rules(SiteRules& /*rules*/) noexcept {}
void Books::control(const ControlRequest& /*request*/, ControlSink& sink) noexcept {
    sink.answer(404, "text/plain", "");
}
Status Books::flush(std::chrono::milliseconds /*deadline*/) noexcept {
    return {};
}
Status Books::reconfigure(const BackendSetup& /*setup*/) noexcept {
    return {};
}
void Books::report(MetricSink& /*sink*/) noexcept {}

World::World(const WorldOptions& options)
    : options_(options),
      log_([this](Severity /*severity*/, const std::string& line) {
          const std::lock_guard lock(lines_mutex_);
          lines_ += line + '\n';
      }),
      control_(clock_, log_) {
    config::Config config;
    config.private_mode = options.is_private;
    config.http.addr = {{"127.0.0.1", port_.number()}};
    config.udp.addr = {{"127.0.0.1", port_.number()}};
    config.workers = worker_count;
    config.limits.shed_after = {};  // a machine that is busy with other tests is no overload
    in_effect_.emplace(config);
    control_.start();
    control_.run_on([&] {
        auto place = std::make_shared<app::TrackerPlace>(farewells_);
        const std::string no_parameters = "{}";
        TrackerSetup first = setup(no_parameters);
        first.expiry = options.is_private ? &place->door : nullptr;
        place->driver = library("memory").create_tracker(control_.tracker_host(), first).value();
        slot_.emplace(std::move(place));
        roster_.emplace(*slot_);
        site_loader_.emplace(*roster_, in_effect_->clients, log_);
        filling_.emplace(app::Filling::Parts{.control = control_,
                                             .tracker = *slot_,
                                             .roster = *roster_,
                                             .site_loader = *site_loader_,
                                             .log = log_},
                         in_effect_->clients);
        roster_->on_lapsed([this] { control_.post([this] { filling_->reload(); }); });
        farewells_.open(*roster_, books_);
        static_cast<void>(filling_->begin());
        roster_->set_whole(true);  // as though a site had been read
        roster_->set_awaits_site(false);
    });
    shared_.emplace(app::Shared{
        .clock = clock_, .log = log_, .roster = *roster_, .tracker = *slot_, .backend = books_});
    workers_.emplace(*shared_, [](const metrics::WorkerCounters& /*counters*/) {});
    app::Posts posts{.workers = worker_count,
                     .http = app::places_of(net::Transport::tcp, config.http.addr, log_).value(),
                     .udp = app::places_of(net::Transport::udp, config.udp.addr, log_).value()};
    auto prepared = workers_->prepare(std::move(posts)).value();
    if (!workers_->adopt(app::worker_settings_of(*in_effect_, log_, false), std::move(prepared))) {
        throw std::runtime_error("no worker");
    }
    switch_.emplace(app::DriverSwitch::Parts{.clock = clock_,
                                             .log = log_,
                                             .control = control_,
                                             .slot = *slot_,
                                             .roster = *roster_,
                                             .filling = *filling_,
                                             .workers = *workers_,
                                             .farewells = farewells_});
}

World::~World() {
    switch_->end();
    workers_->stop(std::chrono::milliseconds(0));
    control_.run_on([&] {
        farewells_.close();
        slot_->unfollow();
        filling_->end();
        site_loader_.reset();
        roster_.reset();
        slot_->release();
    });
    workers_.reset();
    control_.stop();
}

TrackerSetup World::setup(const std::string& params) const {
    TrackerSetup setup;
    setup.params = params;
    setup.peer_lifetime = options_.peer_lifetime;
    setup.history_lifetime = options_.history_lifetime;
    setup.workers = worker_count;
    return setup;
}

Result<app::Switched> World::change_to(const std::string& name, const std::string& params) {
    TrackerSetup next = setup(params);
    next.expiry = options_.is_private ? &farewells_ : nullptr;
    return switch_->to(library(name), next);
}

std::vector<PeerRecord> World::records(const InfoHash& info_hash) {
    Records all;
    if (!slot_->read_swarm(info_hash, all).ok()) {
        throw std::runtime_error("the swarm cannot be read");
    }
    return all.peers;
}

SwarmAsItIs World::read(const InfoHash& info_hash) {
    Records all;
    if (!slot_->read_swarm(info_hash, all).ok()) {
        throw std::runtime_error("the swarm cannot be read");
    }
    SwarmAsItIs swarm;
    swarm.snatches = all.record.counts.snatches;
    for (const PeerRecord& peer : all.peers) {
        const auto port = static_cast<std::uint16_t>(peer.ipv4.wire[4] * 256 + peer.ipv4.wire[5]);
        swarm.peers[port] = has(peer.flags, PeerFlags::seeder);
    }
    return swarm;
}

RegistryCopy World::shared_copy() {
    CopySink sink;
    if (!slot_->load(sink).ok()) {
        throw std::runtime_error("the shared copy cannot be loaded");
    }
    return sink.copy;
}

std::string World::log() {
    const std::lock_guard lock(lines_mutex_);
    return lines_;
}

}  // namespace chihaya::test
