#include "core/management/routes.hpp"

#include "core/management/clients.hpp"
#include "core/management/gate.hpp"
#include "core/management/health.hpp"
#include "core/management/lists.hpp"
#include "core/management/metrics_page.hpp"
#include "core/management/page.hpp"
#include "core/management/stats.hpp"
#include "core/management/top.hpp"
#include "core/management/torrents.hpp"
#include "core/management/users.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

namespace chihaya::management {
namespace {

Reply method_not_allowed(const char* allow) {
    Reply reply = text_reply(405, "Method Not Allowed");
    reply.allow = allow;
    return reply;
}

/// Does this call show a user, change anything, or come with a token that is not ours?
bool needs_access(const Call& call) noexcept {
    return call.method != "GET" || call.target.collection == "users" ||
           (call.target.collection == "torrents" && call.access == Access::wrong_token);
}

}  // namespace

Routes::Routes(const Parts& parts, const Settings& settings)
    : roster_(parts.roster),
      tracker_(parts.tracker),
      popular_swarms_(parts.popular_swarms),
      observer_(parts, settings),
      history_(parts.counters, parts.tracker),
      reload_(parts.reload),
      has_clients_(settings.client_whitelist_enabled),
      has_users_(settings.private_mode) {}

Reply Routes::answer(const Call& call) {
    return call.target.item ? answer_item(call) : answer_page(call);
}

bool Routes::has_list(const Call& call) const noexcept {
    return call.target.collection == "torrents" ||
           (has_users_ && call.target.collection == "users");
}

Reply Routes::answer_page(const Call& call) {
    if (has_list(call)) {
        if (call.method != "GET" && call.method != "PUT") {
            return method_not_allowed("GET, HEAD, PUT");
        }
        return call.access == Access::granted ? answer_list(call, roster_, bulk_calls_)
                                              : refusal(call.access);
    }
    if (reload_ != nullptr && call.target.collection == "reload") {
        return answer_reload(call);
    }
    const std::string& page = call.target.collection;
    constexpr std::array<std::string_view, 7> pages{"",        "history", "check", "ready",
                                                    "metrics", "stats",   "top"};
    if (std::ranges::find(pages, page) == pages.end()) {
        return not_found();
    }
    if (call.method != "GET") {
        return method_not_allowed("GET, HEAD");
    }
    if (page.empty()) {
        return page_reply();
    }
    if (page == "history") {
        return history_.answer(call.target);
    }
    if (page == "check") {
        return alive_reply();
    }
    if (page == "ready") {
        return ready_reply(observer_.unready());
    }
    if (page == "metrics") {
        return metrics_reply(observer_);
    }
    return page == "stats" ? stats_reply(observer_, call.target) : answer_top(call);
}

Reply Routes::answer_top(const Call& call) const {
    if (call.access != Access::granted) {
        return refusal(call.access);
    }
    return top_reply(popular_swarms_ ? popular_swarms_() : metrics::PopularityTotals{},
                     call.target);
}

Reply Routes::answer_reload(const Call& call) {
    if (call.method != "POST") {
        return method_not_allowed("POST");
    }
    return call.access == Access::granted ? reload_reply(reload_()) : refusal(call.access);
}

Reply Routes::answer_item(const Call& call) {
    const std::string& collection = call.target.collection;
    const bool is_client = has_clients_ && collection == "clients";
    const bool is_user = has_users_ && collection == "users";
    if (!is_client && !is_user && collection != "torrents") {
        return not_found();
    }
    if (call.method != "GET" && call.method != "PUT" && call.method != "DELETE") {
        return method_not_allowed("GET, HEAD, PUT, DELETE");
    }
    if (call.access != Access::granted && needs_access(call)) {
        return refusal(call.access);
    }
    if (is_client) {
        return answer_client(call, roster_);
    }
    return is_user ? answer_user(call, roster_) : answer_torrent(call, roster_, tracker_);
}

}  // namespace chihaya::management
