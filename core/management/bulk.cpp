#include "core/management/bulk.hpp"

#include "core/base/limits.hpp"
#include "core/base/text.hpp"
#include "core/management/torrents.hpp"
#include "core/management/users.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace chihaya::management {
namespace {

/// A reply that walks through a list. `page_after` is one of the roster's.
template <class Key, class PageAfter>
Reply walk(std::optional<Key> after, BulkCalls& calls, PageAfter page_after) {
    auto running = calls.enter();
    if (!running) {
        return bulk_calls_are_busy();
    }
    Reply reply;
    reply.content_type = ndjson_type;
    reply.next_piece = [after, page_after, running, is_over = false]() mutable {
        std::string lines;
        while (!is_over && lines.empty()) {
            const auto page = page_after(after);
            for (const auto& record : page.records) {
                lines += config::json_text(shown(record)) + '\n';
            }
            after = page.last;
            is_over = !page.last;
        }
        return lines;
    };
    return reply;
}

/// "a/b" of "a/b; q=1".
std::string_view without_parameters(std::string_view type) noexcept {
    return text::trim(type.substr(0, type.find(';')));
}

}  // namespace

bool is_ndjson(std::string_view content_type) noexcept {
    return text::equal_ignoring_case(without_parameters(content_type), ndjson_type);
}

std::optional<bool> wants_ndjson(const Call& call) {
    if (const auto format = call.target.value("format")) {
        const bool is_known = *format == "ndjson" || *format == "json";
        return is_known ? std::optional(*format == "ndjson") : std::nullopt;
    }
    std::string_view types = call.accept;
    while (!types.empty()) {
        const auto end = std::min(types.find(','), types.size());
        if (is_ndjson(types.substr(0, end))) {
            return true;
        }
        types.remove_prefix(std::min(end + 1, types.size()));
    }
    return false;
}

Reply bulk_calls_are_busy() {
    return text_reply(503, "busy: found " + std::to_string(limits::bulk_calls_max) +
                               " bulk calls running, accepted are no more: call again later");
}

std::shared_ptr<void> BulkCalls::enter() {
    if (running_.fetch_add(1) >= limits::bulk_calls_max) {
        running_.fetch_sub(1);
        return nullptr;
    }
    return {this, [](BulkCalls* calls) {
                calls->running_.fetch_sub(1);
            }};
}

Reply export_users(const logic::Roster& roster, std::optional<UserId> after, BulkCalls& calls) {
    return walk(after, calls, [&roster](std::optional<UserId> last) {
        return roster.users(last, limits::bulk_batch);
    });
}

Reply export_torrents(const logic::Roster& roster, std::optional<InfoHash> after,
                      BulkCalls& calls) {
    return walk(after, calls, [&roster](std::optional<InfoHash> last) {
        return roster.torrents(last, limits::bulk_batch);
    });
}

}  // namespace chihaya::management
