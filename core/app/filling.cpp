#include "core/app/filling.hpp"

#include <algorithm>
#include <chrono>
#include <exception>
#include <iterator>

namespace chihaya::app {
namespace {

constexpr std::string_view area = "service";

// How soon a driver whose service is away is asked for its registry again.
constexpr std::chrono::milliseconds fill_pause{1000};

}  // namespace

Status Filling::begin() noexcept {
    if (const Status followed = parts_.tracker.follow(parts_.roster.replica()); !followed.ok()) {
        parts_.log.write(Severity::warning, area, "changes of other nodes will not be noticed",
                         {{"reason", followed.reason}});
    }
    parts_.roster.set_whole(false);
    parts_.roster.set_awaits_site(!parts_.tracker.has_current_histories());
    fill();
    return filled_;
}

void Filling::fill() noexcept {
    if (has_ended_ || is_filled_) {
        return;
    }
    const Status loaded = load_shared_copy();
    filled_ = loaded;
    if (loaded.code != StatusCode::unavailable) {
        filled_ = put_clients();
    }
    if (filled_.code == StatusCode::unavailable) {
        parts_.control.tracker_host().start_timer(fill_pause, Task::to<&Filling::fill>(*this));
        return;
    }
    if (!filled_.ok()) {
        parts_.log.write(Severity::error, area, "client_whitelist: the tracker driver refused it",
                         {{"reason", filled_.reason}});
    }
    is_filled_ = true;
    parts_.site_loader.allow();
}

/// What the roster has the driver has kept, and need not keep again: a disk that is full then
/// stops nobody from starting.
Status Filling::put_clients() noexcept {
    try {
        std::vector<ClientRecord> fresh;
        std::ranges::copy_if(clients_, std::back_inserter(fresh), [&](const ClientRecord& client) {
            return !parts_.roster.has_client(client.prefix);
        });
        return fresh.empty() ? Status{} : parts_.roster.put_clients(fresh);
    } catch (const std::exception&) {
        return {StatusCode::unavailable, "out of memory"};
    }
}

Status Filling::adopt(std::vector<ClientRecord> clients) noexcept {
    clients_ = std::move(clients);
    return is_filled_ && !has_ended_ ? put_clients() : Status{};
}

void Filling::reload() noexcept {
    if (!has_ended_ && is_filled_) {
        static_cast<void>(load_shared_copy());
    }
}

void Filling::end() noexcept {
    has_ended_ = true;
    parts_.control.tracker_host().forget(this);
}

Status Filling::load_shared_copy() noexcept {
    Status loaded = parts_.roster.load();
    if (loaded.code == StatusCode::lost) {
        const auto sizes = parts_.roster.sizes();
        parts_.log.write(Severity::warning, area,
                         "the shared copy of the registry is lost; putting back what is known here",
                         {{"users", std::uint64_t{sizes.users}},
                          {"torrents", std::uint64_t{sizes.torrents}},
                          {"clients", std::uint64_t{sizes.clients}},
                          {"tokens", std::uint64_t{sizes.tokens}}});
        const Status put = parts_.roster.put_back();
        loaded = put.ok() ? parts_.roster.load() : put;
    }
    if (!loaded.ok() && loaded.code != told_.code) {
        parts_.log.write(Severity::warning, area,
                         "the shared copy of the registry could not be loaded",
                         {{"reason", loaded.reason}});
    }
    if (loaded.ok() && !told_.ok()) {
        parts_.log.write(Severity::info, area, "the shared copy of the registry has been loaded");
    }
    told_ = loaded;
    return loaded;
}

}  // namespace chihaya::app
