#include "core/config/fields.hpp"

#include "core/base/duration.hpp"
#include "core/base/ip_address.hpp"
#include "core/base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace chihaya::config {
namespace {

/// Names longer than this are no misspelling of ours.
constexpr std::size_t misspelling_max = 40;

std::string shown(const std::string& path) {
    const std::string quoted = in_quotes(path);
    return path.empty() ? quoted : quoted.substr(1, quoted.size() - 2);
}

std::string default_remedy(const std::string& present) {
    return "leave it out for the default, " + present;
}

std::string number_text(double number) {
    std::array<char, 32> digits{};
    auto* const end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
    return {digits.data(), end};
}

bool is_empty(const Value& value) {
    const auto* text = value.as<std::string>();
    return text != nullptr && text->empty();
}

/// For a number in quotes, what to do about them; for anything else, `otherwise`.
std::string unquote_or(const Value& value, std::string otherwise) {
    const auto* text = value.as<std::string>();
    const bool numeric =
        text != nullptr && text->find_first_not_of("0123456789.-") == std::string::npos;
    return numeric ? "write it without quotes" : std::move(otherwise);
}

}  // namespace

Fields::Fields(const Value& root, Findings& findings, std::filesystem::path folder)
    : findings_(findings), folder_(std::move(folder)) {
    gather(root, "");
}

void Fields::gather(const Value& object, const std::string& section) {
    const auto* members = object.as<Object>();
    if (members == nullptr) {
        wrong({section.empty() ? "the configuration" : section, &object}, "an object",
              section.empty() ? "write the keys between { and }"
                              : R"(write it like "http": {"keep_alive": true})");
        return;
    }
    for (const Member& member : *members) {
        const std::string path = section.empty() ? member.name : section + '.' + member.name;
        if (member.value.as<std::nullptr_t>() != nullptr) {
            if (!is_section(path) && find_key(path) == nullptr) {
                take_unknown(path, member.value);
            }
        } else if (section.empty() && is_section(path)) {
            gather(member.value, path);
        } else if (section.empty() && path.find('.') != std::string::npos) {
            take_unknown(path, member.value);  // "http.addr" is a section and a key, not a name
        } else {
            take(path, member.value);
        }
    }
}

void Fields::take(const std::string& path, const Value& value) {
    const Key* key = find_key(path);
    if (key == nullptr) {
        take_unknown(path, value);
        return;
    }
    const auto [at, is_new] = entries_.try_emplace(std::string(key->name), Entry{path, &value});
    const Entry& first = at->second;
    // A member that is given twice under one spelling has been reported with the syntax.
    if (!is_new && first.path != path && json_text(*first.value) != json_text(value)) {
        findings_.error({.what = first.path + ", " + path,
                         .found = "two values for one setting" + line_note(first.value->line),
                         .accepted = "one, or the same twice",
                         .remedy = "remove one of the two keys",
                         .line = value.line});
    }
}

void Fields::take_unknown(const std::string& path, const Value& value) {
    const IgnoredKey* ignored = find_ignored_key(path);
    if (ignored != nullptr && ignored->only_empty && !is_empty(value) &&
        value.as<std::nullptr_t>() == nullptr) {
        wrong({path, &value}, "\"\"",
              std::string(ignored->because) +
                  ", so this tracker would admit everybody; remove the key if that is meant");
        return;
    }
    if (ignored != nullptr) {
        findings_.warning(
            path + ": has no meaning here and is ignored; " + std::string(ignored->because),
            value.line);
        return;
    }
    std::string nearest;
    if (path.size() <= misspelling_max) {
        nearest = nearest_key(path);
    }
    findings_.warning(shown(path) + ": is not known and is ignored; " +
                          (nearest.empty() ? "remove it" : "the nearest known key is " + nearest),
                      value.line);
}

const Entry* Fields::find(std::string_view name) const {
    const auto at = entries_.find(name);
    return at == entries_.end() ? nullptr : &at->second;
}

void Fields::forget(std::string_view name) {
    if (const auto at = entries_.find(name); at != entries_.end()) {
        entries_.erase(at);
    }
}

void Fields::wrong(const Entry& entry, std::string accepted, std::string remedy) {
    findings_.error({.what = entry.path,
                     .found = described(*entry.value),
                     .accepted = std::move(accepted),
                     .remedy = std::move(remedy),
                     .line = entry.value->line});
}

void Fields::flag(std::string_view name, bool& into) {
    const Entry* entry = find(name);
    if (entry == nullptr) {
        return;
    }
    if (const bool* given = entry->value->as<bool>()) {
        into = *given;
    } else {
        wrong(*entry, "true or false",
              "write it without quotes, or " + default_remedy(into ? "true" : "false"));
    }
}

bool Fields::duration(std::string_view name, std::chrono::milliseconds& into,
                      std::chrono::milliseconds least, std::chrono::milliseconds most) {
    const Entry* entry = find(name);
    if (entry == nullptr) {
        return true;
    }
    const std::string accepted =
        "a duration from " + duration_text(least) + " to " + duration_text(most);
    if (const auto* number = entry->value->as<Number>()) {
        wrong(*entry, accepted + ", such as \"30m\"",
              "write \"" + number->text + "s\" if seconds are meant");
        return false;
    }
    const auto* text = entry->value->as<std::string>();
    if (text == nullptr) {
        wrong(*entry, accepted + ", such as \"30m\"", default_remedy(duration_text(into)));
        return false;
    }
    const auto given = parse_duration(*text);
    if (!given) {
        wrong(*entry, accepted + R"(, such as "30m", "1h30m" or "500ms")",
              "write numbers with the units h, m, s or ms");
    } else if (*given < least || *given > most) {
        wrong(*entry, accepted, default_remedy(duration_text(into)));
    } else {
        into = *given;
        return true;
    }
    return false;
}

void Fields::bytes(std::string_view name, std::uint64_t& into) {
    const Entry* entry = find(name);
    if (entry == nullptr) {
        return;
    }
    const auto* number = entry->value->as<Number>();
    const auto* text = entry->value->as<std::string>();
    const std::string_view given = number != nullptr ? std::string_view(number->text)
                                   : text != nullptr ? std::string_view(*text)
                                                     : std::string_view("-");
    std::uint64_t count = 0;
    const char* const end = given.data() + given.size();
    const auto parsed = std::from_chars(given.data(), end, count);
    const std::string_view unit(parsed.ptr, static_cast<std::size_t>(end - parsed.ptr));
    constexpr std::array<std::string_view, 5> units{"", "KiB", "MiB", "GiB", "TiB"};
    const auto* const known = std::ranges::find(units, unit);
    const auto shift = static_cast<unsigned>(known - units.begin()) * 10U;
    if (parsed.ec == std::errc() && known != units.end() &&
        count <= (std::numeric_limits<std::uint64_t>::max() >> (shift + 1))) {
        into = count << shift;
        return;
    }
    wrong(*entry, R"(a number of bytes, such as 2147483648 or "2GiB")",
          "units are KiB, MiB, GiB and TiB; " + default_remedy(std::to_string(into)));
}

void Fields::fraction(std::string_view name, double& into, double least, double most) {
    const Entry* entry = find(name);
    if (entry == nullptr) {
        return;
    }
    const auto* number = entry->value->as<Number>();
    if (number != nullptr && number->value >= least && number->value <= most) {
        into = number->value;
        return;
    }
    wrong(*entry, "a number from " + number_text(least) + " to " + number_text(most),
          unquote_or(*entry->value, default_remedy(number_text(into))));
}

std::optional<std::int64_t> Fields::whole_number(std::string_view name, std::int64_t present,
                                                 std::int64_t least, std::int64_t most) {
    const Entry* entry = find(name);
    if (entry == nullptr) {
        return std::nullopt;
    }
    if (const auto* number = entry->value->as<Number>()) {
        std::int64_t given = 0;
        const char* const end = number->text.data() + number->text.size();
        const auto parsed = std::from_chars(number->text.data(), end, given);
        if (parsed.ec == std::errc() && parsed.ptr == end && given >= least && given <= most) {
            return given;
        }
    }
    wrong(*entry, "a whole number from " + std::to_string(least) + " to " + std::to_string(most),
          unquote_or(*entry->value, default_remedy(std::to_string(present))));
    return std::nullopt;
}

void Fields::text(std::string_view name, std::string& into, std::size_t longest) {
    const Entry* entry = find(name);
    if (entry == nullptr) {
        return;
    }
    const auto* given = entry->value->as<std::string>();
    const bool control = given != nullptr && std::ranges::any_of(*given, [](char letter) {
                             return static_cast<unsigned char>(letter) < 0x20 || letter == 0x7f;
                         });
    if (given != nullptr && !control && given->size() <= longest) {
        into = *given;
        return;
    }
    wrong(*entry, "a text of at most " + std::to_string(longest) + " bytes",
          given == nullptr ? "write it in double quotes"
                           : "write it shorter, without control characters");
}

void Fields::file(std::string_view name, std::string& into, std::size_t longest) {
    text(name, into, longest);
    if (!into.empty()) {
        into = located(into);
    }
}

std::string Fields::located(const std::string& path) const {
    return (folder_ / path).string();
}

void Fields::word(std::string_view name, std::string& into,
                  std::span<const std::string_view> words) {
    const Entry* entry = find(name);
    if (entry == nullptr) {
        return;
    }
    const auto* given = entry->value->as<std::string>();
    if (given != nullptr && std::ranges::find(words, *given) != words.end()) {
        into = *given;
        return;
    }
    std::string accepted = "one of";
    for (const std::string_view word : words) {
        accepted += (word == words.front() ? " \"" : ", \"") + std::string(word) + '"';
    }
    wrong(*entry, std::move(accepted), default_remedy('"' + into + '"'));
}

std::optional<std::vector<Entry>> Fields::texts(std::string_view name, std::size_t longest) {
    const Entry* entry = find(name);
    if (entry == nullptr) {
        return std::nullopt;
    }
    const auto* list = entry->value->as<List>();
    if (list == nullptr || list->size() > longest) {
        const std::string count =
            list == nullptr ? std::string() : " with " + std::to_string(list->size()) + " entries";
        findings_.error({.what = entry->path,
                         .found = described(*entry->value) + count,
                         .accepted = "a list of at most " + std::to_string(longest) + " texts",
                         .remedy = R"(write it like ["one", "two"])",
                         .line = entry->value->line});
        return std::nullopt;
    }
    std::vector<Entry> out;
    for (std::size_t i = 0; i < list->size(); ++i) {
        Entry item{entry->path + '[' + std::to_string(i) + ']', &(*list)[i]};
        if (item.value->as<std::string>() == nullptr) {
            wrong(item, "a text", "write it in double quotes");
        } else {
            out.push_back(std::move(item));
        }
    }
    return out;
}

void Fields::networks(std::string_view name, std::vector<std::string>& into, std::size_t longest) {
    const auto given = texts(name, longest);
    if (!given) {
        return;
    }
    into.clear();
    for (const Entry& one : *given) {
        const auto& text = *one.value->as<std::string>();
        if (IpNetwork::parse(text)) {
            into.push_back(text);
        } else {
            wrong(one, R"(an address or network, such as "10.0.0.0/8" or "::1")",
                  "write it without a port, and without bits beyond the address");
        }
    }
}

}  // namespace chihaya::config
