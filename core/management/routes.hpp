#pragma once

/// @file routes.hpp
/// What the management listener answers to what. Start reading here.
///
/// | path              | methods          | file         | there is such a path        |
/// |-------------------|------------------|--------------|-----------------------------|
/// | /                 | GET              | page.hpp     | always                      |
/// | /check            | GET              | health.hpp   | always                      |
/// | /reload           | POST             | reload.hpp   | always                      |
/// | /ready            | GET              | health.hpp   | always                      |
/// | /metrics          | GET              | metrics_page | always                      |
/// | /stats            | GET              | stats.hpp    | always                      |
/// | /history          | GET              | history.hpp  | always                      |
/// | /top              | GET              | top.hpp      | always                      |
/// | /torrents         | GET, PUT         | lists.hpp    | always                      |
/// | /torrents/HASH    | GET, PUT, DELETE | torrents.hpp | always                      |
/// | /clients/ID       | GET, PUT, DELETE | clients.hpp  | with the client whitelist   |
/// | /users            | GET, PUT         | lists.hpp    | in private mode             |
/// | /users/PASSKEY    | GET, PUT, DELETE | users.hpp    | in private mode             |
///
/// HEAD is answered as GET without a body. PUT, DELETE, lists, /top and everything about users
/// need access (gate.hpp); `GET /torrents/…` shows peers to those who have it, and refuses a wrong
/// token.

#include "core/management/bulk.hpp"
#include "core/management/history.hpp"
#include "core/management/observer.hpp"
#include "core/management/reload.hpp"
#include "core/management/reply.hpp"
#include "core/management/request.hpp"
#include "core/management/server.hpp"
#include "core/metrics/popularity.hpp"

#include <atomic>
#include <functional>

namespace chihaya::management {

/// Thread: any number of calls at once
class Routes {
public:
    Routes(const Parts& parts, const Settings& settings);

    /// What is shown and whether there is `/clients` is as these say from now on.
    void adopt(const Settings& settings) {
        has_clients_ = settings.client_whitelist_enabled;
        observer_.adopt(settings);
    }

    /// `call.method` may be any word.
    [[nodiscard]] Reply answer(const Call& call);

private:
    [[nodiscard]] Reply answer_page(const Call& call);
    [[nodiscard]] Reply answer_reload(const Call& call);
    [[nodiscard]] Reply answer_top(const Call& call) const;
    [[nodiscard]] Reply answer_item(const Call& call);
    [[nodiscard]] bool has_list(const Call& call) const noexcept;

    logic::Roster& roster_;
    TrackerDriver& tracker_;
    const std::function<metrics::PopularityTotals()> popular_swarms_;
    Observer observer_;
    History history_;
    BulkCalls bulk_calls_;
    ReloadCall reload_;
    std::atomic<bool> has_clients_;
    bool has_users_;
};

}  // namespace chihaya::management
