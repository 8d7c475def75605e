#include "plugins/gazelle/site/actions.hpp"
#include "plugins/gazelle/site/control_query.hpp"
#include "tests/gazelle/site_tracker.hpp"

#include <cstdlib>
#include <map>
#include <string>
#include <string_view>

namespace chihaya::gazelle {
namespace {

bool lies_within(std::string_view part, std::string_view whole) noexcept {
    return part.empty() || (part.data() >= whole.data() &&
                            part.data() + part.size() <= whole.data() + whole.size());
}

/// Numbers and hashes are no more than the text that they are read from.
bool is_sound(const ControlQuery& query, std::string_view text) {
    const std::string_view value = query.value("info_hashes");
    const std::string_view id = query.value("id");
    return lies_within(value, text) && lies_within(id, text) &&
           query.info_hashes().size() <= value.size() / 20 &&
           query.id("id").has_value() == (query.number("id").value_or(0) > 0) &&
           value.find('&') == std::string_view::npos;
}

}  // namespace

/// Whatever the site says is done or left alone, in one line of the log.
// NOLINTNEXTLINE(readability-identifier-naming): libFuzzer calls it so
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const ControlQuery query(text);
    if (!is_sound(query, text)) {
        std::abort();
    }
    test::SiteTracker tracker;
    TracedUsers traced;
    const std::map<std::int32_t, std::string> reasons{{-1, std::string(80, 'r')}};
    const UserRecord user = test::user_of(7, 'k');
    const TorrentRecord torrent = test::torrent_of(100, 'h');
    static_cast<void>(tracker.put_users(std::span(&user, 1)));
    static_cast<void>(tracker.put_torrents(std::span(&torrent, 1)));
    if (const Action action = find_action(query.value("action"))) {
        const Performed done = action({tracker, tracker, traced, reasons}, query);
        if (done.note.find('\n') != std::string::npos || tracker.users() > 2) {
            std::abort();
        }
    }
    return 0;
}

}  // namespace chihaya::gazelle
