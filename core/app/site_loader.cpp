#include "core/app/site_loader.hpp"

#include "core/base/limits.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace chihaya::app {
namespace {

constexpr std::string_view area = "site";

/// "users 3 new, 1 gone"; empty when there is nothing to say.
std::string in_words(std::string_view kind, const logic::SiteFinding& finding) {
    std::string words;
    for (const auto& [count, what] : {std::pair{finding.added, "new"},
                                      {finding.changed, "changed"},
                                      {finding.erased, "gone"}}) {
        if (count > 0) {
            words += (words.empty() ? " " : ", ") + std::to_string(count) + ' ' + what;
        }
    }
    return words.empty() ? words : std::string(kind) + words;
}

}  // namespace

SiteLoader::SiteLoader(logic::Roster& roster, std::vector<ClientRecord> kept, Log& log)
    : roster_(roster), log_(log), kept_(std::move(kept)) {}

SiteLoader::~SiteLoader() {
    stop();
}

void SiteLoader::start(BackendDriver& site) {
    site_ = &site;
    ends_ = false;
    thread_ = std::thread([this] { run(); });
}

void SiteLoader::allow() noexcept {
    const std::lock_guard lock(mutex_);
    is_allowed_ = true;
    changed_.notify_all();
}

void SiteLoader::keep(std::vector<ClientRecord> kept) {
    const std::lock_guard lock(mutex_);
    kept_ = std::move(kept);
}

std::vector<ClientRecord> SiteLoader::kept() {
    const std::lock_guard lock(mutex_);
    return kept_;
}

void SiteLoader::request() noexcept {
    const std::lock_guard lock(mutex_);
    is_requested_ = true;
    changed_.notify_all();
}

void SiteLoader::request_of_operator() noexcept {
    const std::lock_guard lock(mutex_);
    is_requested_ = true;
    is_meant_ = is_withheld_;
    changed_.notify_all();
}

void SiteLoader::wait_for_first(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience, [this] { return has_tried_; });
}

void SiteLoader::stop() noexcept {
    {
        const std::lock_guard lock(mutex_);
        ends_ = true;
        changed_.notify_all();
    }
    if (thread_.joinable()) {
        thread_.join();
    }
}

void SiteLoader::run() {
    while (wait_for_request()) {
        loaded(roster_.load_site(*site_, kept(), ends_, findings_, take_meant()));
        const std::lock_guard lock(mutex_);
        has_tried_ = true;
        changed_.notify_all();
    }
}

/// After a load that failed it asks for the next one itself, when the pause is over.
/// Returns: false when it is time to end
bool SiteLoader::wait_for_request() {
    std::unique_lock lock(mutex_);
    const auto ends = [this] {
        return ends_.load();
    };
    if (pause_.count() > 0) {
        changed_.wait_for(lock, pause_, ends);
    } else {
        changed_.wait(lock, [&] { return ends() || (is_allowed_ && is_requested_); });
    }
    is_requested_ = false;
    return !ends();
}

/// A yes is good for one load, however it ends.
logic::MassErasure SiteLoader::take_meant() noexcept {
    const std::lock_guard lock(mutex_);
    return std::exchange(is_meant_, false) ? logic::MassErasure::meant
                                           : logic::MassErasure::withheld;
}

void SiteLoader::loaded(const Status& status) {
    if (ends_) {
        return;
    }
    if (!status.ok() && status.code != StatusCode::unsupported) {
        pause_ = std::clamp(2 * pause_, limits::site_load_pause, limits::site_load_pause_max);
        if (!std::exchange(has_failed_, true)) {
            log_.write(Severity::warning, area,
                       "the site could not be read; it is tried again until it can be",
                       {{"reason", status.reason}});
        }
        return;
    }
    pause_ = {};
    if (status.ok()) {
        withheld(findings_);
        tell(std::exchange(findings_, {}));
    }
    roster_.set_whole(true);
    roster_.set_awaits_site(false);
    has_loaded_ = true;
    has_failed_ = false;
}

/// Once, until a load has found nothing like it.
void SiteLoader::withheld(const logic::SiteFindings& findings) {
    const bool is_withheld = findings.any_withheld();
    {
        const std::lock_guard lock(mutex_);
        is_meant_ = is_meant_ && is_withheld;
        if (std::exchange(is_withheld_, is_withheld) || !is_withheld) {
            return;
        }
    }
    log_.write(Severity::error, area,
               "most of what the site had is gone from its database: nothing is erased here; "
               "mend the database, or send SIGHUP to say that it is right",
               {{"users", findings.users.withheld}, {"torrents", findings.torrents.withheld}});
}

/// At the first load, what there is now; later what was not known without it.
void SiteLoader::tell(const logic::SiteFindings& findings) {
    const std::array<std::pair<std::string_view, const logic::SiteFinding*>, 4> kinds{
        {{"users", &findings.users},
         {"torrents", &findings.torrents},
         {"clients", &findings.clients},
         {"tokens", &findings.tokens}}};
    if (!has_loaded_ || has_failed_) {
        const auto sizes = roster_.sizes();
        log_.write(Severity::info, area, "the site has been read",
                   {{"users", std::uint64_t{sizes.users}},
                    {"torrents", std::uint64_t{sizes.torrents}},
                    {"clients", std::uint64_t{sizes.clients}},
                    {"tokens", std::uint64_t{sizes.tokens}}});
    }
    if (!has_loaded_ || !findings.any()) {
        return;
    }
    std::string found;
    for (const auto& [kind, finding] : kinds) {
        const std::string words = in_words(kind, *finding);
        found += (found.empty() || words.empty() ? "" : "; ") + words;
    }
    log_.write(Severity::info, area, "found by reading the site again: " + found);
    for (const auto& [kind, finding] : kinds) {
        if (!finding->ids.empty()) {
            log_.write(Severity::debug, area, "found by reading the site again",
                       {{"kind", kind}, {"ids", finding->ids}});
        }
    }
}

}  // namespace chihaya::app
