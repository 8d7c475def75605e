#pragma once

/// @file site_loader.hpp
/// The thread that reads the site: at start, when changes may have been missed, and when the
/// operator asks.

#include "chihaya/backend_driver.hpp"
#include "core/base/log.hpp"
#include "core/logic/roster.hpp"
#include "core/logic/site_findings.hpp"

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace chihaya::app {

/// One load at a time; requests that come while one waits are one. A load that fails is repeated
/// until one succeeds. Announces go on meanwhile.
///
/// A load that finds most of the users or torrents gone erases nothing; an error in the log says
/// so, once. The operator's next request is taken for a yes.
///
/// Thread: requests from any thread, at any time; the rest from the main thread
class SiteLoader {
public:
    /// `kept` are clients that stay although the site does not know them.
    /// Lifetime: all that is passed outlives the loader
    SiteLoader(logic::Roster& roster, std::vector<ClientRecord> kept, Log& log);
    ~SiteLoader();
    SiteLoader(const SiteLoader&) = delete;
    SiteLoader& operator=(const SiteLoader&) = delete;

    /// Begins; the first load waits for `allow`. Lifetime: `site` outlives `stop`
    void start(BackendDriver& site);

    /// The roster has what the shared copy has: the site may be compared with it. Thread: any
    void allow() noexcept;

    /// From the next load on, other clients stay. Thread: any
    void keep(std::vector<ClientRecord> kept);

    /// Has the site read again, soon. Before the first load it says nothing new.
    void request() noexcept;

    /// The same, by the operator: what a load has not dared to erase is erased.
    void request_of_operator() noexcept;

    /// Returns when the first load has come to an end, or `patience` is over.
    void wait_for_first(std::chrono::milliseconds patience);

    /// Ends the thread; a load that runs ends at its next record. Harmless when not started. It
    /// may be started again.
    void stop() noexcept;

private:
    void run();
    [[nodiscard]] std::vector<ClientRecord> kept();
    [[nodiscard]] bool wait_for_request();
    void loaded(const Status& status);
    [[nodiscard]] logic::MassErasure take_meant() noexcept;
    void withheld(const logic::SiteFindings& findings);
    void tell(const logic::SiteFindings& findings);

    logic::Roster& roster_;
    Log& log_;
    BackendDriver* site_ = nullptr;

    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<ClientRecord> kept_;  // these under the mutex
    bool is_allowed_ = false;
    bool is_requested_ = true;  // the first load
    bool has_tried_ = false;
    bool is_withheld_ = false;  // the last load that succeeded has not erased what is gone
    bool is_meant_ = false;     // and it is to be
    std::atomic<bool> ends_{false};

    // The thread's own.
    logic::SiteFindings findings_;
    std::chrono::milliseconds pause_{0};
    bool has_loaded_ = false;
    bool has_failed_ = false;  // and that was told
    std::thread thread_;
};

}  // namespace chihaya::app
