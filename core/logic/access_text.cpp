#include "core/logic/access_text.hpp"

#include "core/base/limits.hpp"
#include "core/base/text.hpp"

#include <optional>
#include <string>

namespace chihaya::logic {
namespace {

/// Every entry of `text`; what `parse` makes nothing of is an error.
template <class Item, class Parse>
Result<std::vector<Item>> read_lines(std::string_view text, std::string_view accepted,
                                     Parse parse) {
    std::vector<Item> items;
    std::string wrong;
    std::size_t wrong_lines = 0;
    for (std::size_t number = 1; !text.empty(); ++number) {
        const std::size_t end = text.find('\n');
        std::string_view line = text.substr(0, end);
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        line = line.substr(0, line.find('#'));
        if (line.ends_with('\r')) {
            line.remove_suffix(1);
        }
        line = text::trim(line);
        if (line.empty()) {
            continue;
        }
        if (const std::optional<Item> item = parse(line)) {
            items.push_back(*item);
        } else if (++wrong_lines <= limits::list_lines_named) {
            wrong += (wrong.empty() ? "" : ", ") + std::to_string(number) + " (" +
                     std::to_string(line.size()) + " bytes)";
        }
        if (items.size() > limits::list_entries_max) {
            return Failure{"found more than " + std::to_string(limits::list_entries_max) +
                           " entries; accepted are so many"};
        }
    }
    if (wrong_lines == 0) {
        return items;
    }
    if (wrong_lines > limits::list_lines_named) {
        wrong += " and " + std::to_string(wrong_lines - limits::list_lines_named) + " more";
    }
    return Failure{"found no entry in line " + wrong + "; accepted is " + std::string(accepted) +
                   " a line; correct these lines, or begin them with #"};
}

}  // namespace

Result<std::vector<InfoHash>> read_torrent_list(std::string_view text) {
    return read_lines<InfoHash>(text, "an info-hash of 40 hex digits",
                                [](std::string_view line) -> std::optional<InfoHash> {
                                    InfoHash hash;
                                    return text::from_hex(line, hash.bytes) ? std::optional(hash)
                                                                            : std::nullopt;
                                });
}

Result<std::vector<IpNetwork>> read_address_list(std::string_view text) {
    return read_lines<IpNetwork>(text,
                                 "an address or a network, such as 10.0.0.0/8 or 2001:db8::1,",
                                 [](std::string_view line) { return IpNetwork::parse(line); });
}

}  // namespace chihaya::logic
