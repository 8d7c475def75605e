#include "core/config/secret.hpp"

#include "core/base/limits.hpp"
#include "core/base/text.hpp"
#include "core/config/json_parser.hpp"

#include <Poco/Environment.h>
#include <Poco/Path.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

namespace chihaya::config {
namespace {

namespace fs = std::filesystem;

/// `text` if it can be a secret; reports it as what `entry` gave, without showing it, if not.
std::optional<std::string> checked(Fields& fields, const Entry& entry, std::string found,
                                   std::string text) {
    if (text == mask) {
        fields.findings().error({.what = entry.path,
                                 .found = std::move(found) + " that stands for a secret",
                                 .accepted = "the secret, which --print-config does not print",
                                 .remedy = "put it back, or name a file that holds it",
                                 .line = entry.value->line});
        return std::nullopt;
    }
    const bool printable =
        std::ranges::all_of(text, [](char letter) { return letter > 0x20 && letter < 0x7f; });
    if (!text.empty() && printable && text.size() <= limits::token_max) {
        return text;
    }
    fields.findings().error(
        {.what = entry.path,
         .found = std::move(found) + " of " + std::to_string(text.size()) + " bytes",
         .accepted = "1 to " + std::to_string(limits::token_max) +
                     " printable ASCII characters without blanks",
         .remedy = "make one with: openssl rand -hex 32",
         .line = entry.value->line});
    return std::nullopt;
}

/// The text of a key that says where the secret is.
const std::string* locator(Fields& fields, const Entry& entry, std::string_view what) {
    const auto* text = entry.value->as<std::string>();
    if (text == nullptr || text->empty() || text->find('\0') != std::string::npos) {
        fields.wrong(entry, "the name of " + std::string(what), "write it in double quotes");
        return nullptr;
    }
    return text;
}

std::optional<std::string> from_file(Fields& fields, const Entry& entry) {
    const std::string* given = locator(fields, entry, "a file");
    if (given == nullptr) {
        return std::nullopt;
    }
    const std::string path = fields.located(Poco::Path::expand(*given));
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    std::string text(limits::secret_file_max + 1, '\0');
    std::ifstream file;
    if (fs::is_regular_file(status)) {
        file.open(path, std::ios::binary);
    }
    if (!file.is_open()) {
        fields.findings().error({.what = entry.path,
                                 .found = "no readable file " + in_quotes(path),
                                 .accepted = "a regular file that this user may read",
                                 .remedy = "write the secret into it, and chmod 600 it",
                                 .line = entry.value->line});
        return std::nullopt;
    }
    if ((status.permissions() & fs::perms::others_read) != fs::perms::none) {
        fields.findings().warning(entry.path + ": everybody on this machine may read " +
                                      in_quotes(path) + "; chmod 600 it",
                                  entry.value->line);
    }
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.ends_with('\n')) {
        text.pop_back();
    }
    if (text.ends_with('\r')) {
        text.pop_back();
    }
    return checked(fields, entry, "a file", std::move(text));
}

std::optional<std::string> from_environment(Fields& fields, const Entry& entry) {
    const std::string* variable = locator(fields, entry, "an environment variable");
    if (variable == nullptr) {
        return std::nullopt;
    }
    if (!Poco::Environment::has(*variable)) {
        fields.findings().error(
            {.what = entry.path,
             .found = "no environment variable " + in_quotes(*variable),
             .accepted = "the name of a variable that is set",
             .remedy = "set it for the service, or use the key that ends in _file",
             .line = entry.value->line});
        return std::nullopt;
    }
    return checked(fields, entry, "a value", Poco::Environment::get(*variable));
}

std::optional<std::string> from_here(Fields& fields, const Entry& entry) {
    const auto* text = entry.value->as<std::string>();
    if (text == nullptr) {
        fields.findings().error({.what = entry.path,
                                 .found = std::string(kind_of(*entry.value)),
                                 .accepted = "a text",
                                 .remedy = "write it in double quotes",
                                 .line = entry.value->line});
        return std::nullopt;
    }
    return checked(fields, entry, "a text", *text);
}

bool is_empty_text(const Entry& entry) {
    const auto* text = entry.value->as<std::string>();
    return text != nullptr && text->empty();
}

bool names_a_secret(std::string_view name) {
    constexpr std::array<std::string_view, 5> words{"pass", "secret", "token", "credential",
                                                    "_key"};
    std::string lower(name);
    std::ranges::transform(lower, lower.begin(), [](char letter) {
        return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
    });
    return !lower.ends_with("_file") && !lower.ends_with("_env") &&
           (lower == "key" || std::ranges::any_of(words, [&](std::string_view word) {
                return lower.find(word) != std::string::npos;
            }));
}

/// scheme://user:password@host with the password masked.
std::string without_password(const std::string& text) {
    const auto scheme = text.find("://");
    // The last one: a password may hold others.
    const auto at = scheme == std::string::npos ? scheme : text.rfind('@');
    const auto colon = scheme == std::string::npos ? scheme : text.find(':', scheme + 3);
    if (at == std::string::npos || colon == std::string::npos || colon > at) {
        return text;
    }
    return text.substr(0, colon + 1) + std::string(mask) + text.substr(at);
}

void mask_in(Value& value) {
    if (auto* list = std::get_if<List>(&value.content)) {
        std::ranges::for_each(*list, mask_in);
    } else if (auto* object = std::get_if<Object>(&value.content)) {
        for (Member& member : *object) {
            auto* text = std::get_if<std::string>(&member.value.content);
            if (text != nullptr && !text->empty() && names_a_secret(member.name)) {
                *text = mask;
            } else {
                mask_in(member.value);
            }
        }
    } else if (auto* text = std::get_if<std::string>(&value.content)) {
        *text = without_password(*text);
    }
}

}  // namespace

void read_secret(Fields& fields, const std::string& name, std::string& into) {
    std::vector<const Entry*> given;
    for (const char* const ending : {"", "_file", "_env"}) {
        const Entry* entry = fields.find(name + ending);
        if (entry != nullptr && !is_empty_text(*entry)) {
            given.push_back(entry);
        }
    }
    if (given.empty()) {
        return;
    }
    const Entry& entry = *given.front();
    if (given.size() > 1) {
        fields.findings().error(
            {.what = entry.path,
             .found = "also " + given[1]->path,
             .accepted = "one of " + name + ", " + name + "_file and " + name + "_env",
             .remedy = "remove the others",
             .line = entry.value->line});
        return;
    }
    std::optional<std::string> secret;
    if (entry.path.ends_with("_file")) {
        secret = from_file(fields, entry);
    } else if (entry.path.ends_with("_env")) {
        secret = from_environment(fields, entry);
    } else {
        secret = from_here(fields, entry);
    }
    if (secret) {
        into = std::move(*secret);
    }
}

std::string masked_params(std::string_view params) {
    auto document = parse_json(params);
    if (!document) {
        return "{}";
    }
    mask_in(document->root);
    return json_text(document->root);
}

}  // namespace chihaya::config
