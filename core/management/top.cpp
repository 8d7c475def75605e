#include "core/management/top.hpp"

#include "core/base/limits.hpp"
#include "core/base/text.hpp"
#include "core/management/json_fields.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

namespace chihaya::management {
namespace {

std::optional<std::size_t> limit_of(const Target& target) {
    const auto text = target.value("limit");
    if (!text) {
        return limits::top_swarms_default;
    }
    std::size_t limit = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), limit);
    const bool is_good = error == std::errc() && end == text->data() + text->size() && limit >= 1 &&
                         limit <= limits::top_swarms_max;
    return is_good ? std::optional(limit) : std::nullopt;
}

}  // namespace

Reply top_reply(const metrics::PopularityTotals& totals, const Target& target) {
    const auto limit = limit_of(target);
    if (!limit) {
        return bad_request("limit: accepted 1 to " + std::to_string(limits::top_swarms_max));
    }
    config::List swarms;
    for (const auto& one : totals.swarms) {
        if (swarms.size() == *limit) {
            break;
        }
        config::Object row;
        row.push_back({"infohash", json(text::hex(one.key.bytes))});
        row.push_back({"announces", json(one.announces)});
        row.push_back({"error", json(one.error)});
        swarms.push_back(json(std::move(row)));
    }
    config::Object page;
    page.push_back({"Seconds", json(static_cast<std::uint64_t>(totals.span.count()))});
    page.push_back({"Announces", json(totals.announces)});
    page.push_back({"Swarms", {std::move(swarms)}});
    const auto layout = target.has("pretty") ? config::Layout::indented : config::Layout::compact;
    return json_reply(json(std::move(page)), layout);
}

}  // namespace chihaya::management
