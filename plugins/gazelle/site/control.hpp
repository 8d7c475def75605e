#pragma once

/// @file control.hpp
/// Where the site's calls arrive: who may call, which secret opens what, and how it is answered.
/// What an update does is in actions.hpp, what a report says in reports.hpp.

#include "chihaya/backend_driver.hpp"
#include "chihaya/host.hpp"
#include "plugins/gazelle/parameters.hpp"
#include "plugins/gazelle/site/actions.hpp"
#include "plugins/gazelle/site/answer.hpp"
#include "plugins/gazelle/site/networks.hpp"
#include "plugins/gazelle/site/recent_changes.hpp"
#include "plugins/gazelle/site/reports.hpp"
#include "plugins/gazelle/site/traced_users.hpp"

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace chihaya::gazelle {

/// What the desk works with. Lifetime: all outlive it
struct DeskTools {
    Host& log;
    RecentChanges& registry;
    TrackerView& tracker;
    TracedUsers& traced;
    Reports& reports;
};

/// Thread: any; changes are made one at a time, reports beside them
class Desk {
public:
    /// Lifetime: both outlive it
    Desk(const Parameters& parameters, const DeskTools& tools);
    Desk(const Desk&) = delete;
    Desk& operator=(const Desk&) = delete;

    /// Can anybody call at all?
    [[nodiscard]] bool is_open() const noexcept;

    /// As BackendDriver::control. What is no call of the site, or does not come from where it may,
    /// is answered as if there was nothing here.
    void control(const ControlRequest& request, ControlSink& sink) noexcept;

    void report(MetricSink& sink) const noexcept;

private:
    enum class Door : std::uint8_t { none, update, report };

    [[nodiscard]] Door door_of(std::string_view path) const noexcept;
    [[nodiscard]] Answer answer(const ControlRequest& request);
    [[nodiscard]] Answer update(const ControlQuery& query);
    void write_down(std::string_view action, const Performed& done);

    const Parameters& parameters_;
    const DeskTools tools_;
    const std::vector<Network> networks_;
    std::mutex acting_;  // an action reads a record, changes it, and puts it back
    std::atomic<std::uint64_t> updates_{0};
    std::atomic<std::uint64_t> failures_{0};
    WrongSecrets wrong_secrets_;
};

/// Takes as long whatever the bytes are.
[[nodiscard]] bool same_secret(std::string_view given, std::string_view wanted) noexcept;

}  // namespace chihaya::gazelle
