#include "core/plugin/catalog.hpp"

#include "core/base/text.hpp"
#include "core/plugin/card.hpp"
#include "core/plugin/object_file.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <system_error>

namespace chihaya::plugin {
namespace {

namespace fs = std::filesystem;

bool offers(const Library& library, Kind kind) {
    return kind == Kind::tracker ? library.card().create_tracker != nullptr
                                 : library.card().create_backend != nullptr;
}

const char* kind_text(Kind kind) {
    return kind == Kind::tracker ? "tracker driver" : "backend driver";
}

const char* key_text(Kind kind) {
    return kind == Kind::tracker ? "tracker.driver" : "backend.driver";
}

std::string kinds_text(const Library& library) {
    if (!offers(library, Kind::backend)) {
        return "tracker";
    }
    return offers(library, Kind::tracker) ? "tracker+backend" : "backend";
}

std::string two_of_a_name(Kind kind, const Library& first, const Library& second) {
    return "plugins " + first.file().string() + " and " + second.file().string() +
           ": both offer a " + kind_text(kind) + " named \"" + std::string(first.name()) +
           "\"; accepted is one file a name; remove one of them from the plugin directory";
}

/// A file that goes by two names is opened once.
std::vector<fs::path> each_once(std::vector<fs::path> files) {
    std::set<fs::path> seen;
    std::erase_if(files, [&](const fs::path& file) {
        std::error_code error;
        const fs::path target = fs::canonical(file, error);
        return !error && !seen.insert(target).second;
    });
    return files;
}

using Row = std::array<std::string, 6>;

Row row_of(const Library& library) {
    const PluginDescriptor& card = library.card();
    return {card.name,      kinds_text(library),
            card.version,   version_text(card.abi_major, card.abi_minor),
            card.toolchain, library.file().string()};
}

std::string table(const std::vector<Row>& rows) {
    std::array<std::size_t, std::tuple_size_v<Row>> widths{};
    for (const Row& row : rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            widths[i] = std::max(widths[i], row[i].size());
        }
    }
    std::string text;
    for (const Row& row : rows) {
        for (std::size_t i = 0; i + 1 < row.size(); ++i) {
            text += row[i] + std::string(widths[i] - row[i].size() + 2, ' ');
        }
        text += row.back() + '\n';
    }
    return text;
}

}  // namespace

Result<Catalog> Catalog::scan(const fs::path& plugin_dir) {
    std::error_code error;
    std::vector<fs::path> files;
    for (fs::directory_iterator entry(plugin_dir, error), end; !error && entry != end;
         entry.increment(error)) {
        if (entry->path().extension() == object_suffix) {
            files.push_back(entry->path());
        }
    }
    if (error) {
        return Failure{"plugin_dir " + plugin_dir.string() + ": " + error.message() +
                       "; accepted is a folder with plugins (*" + object_suffix +
                       "); correct plugin_dir or install the plugins there"};
    }
    std::ranges::sort(files);
    Catalog catalog(plugin_dir);
    for (const fs::path& file : each_once(std::move(files))) {
        catalog.add(file);
    }
    catalog.refuse_shared_names(Kind::tracker);
    catalog.refuse_shared_names(Kind::backend);
    return catalog;
}

Result<Library> Catalog::find(Kind kind, std::string_view name) const {
    const std::vector<const Library*> found = offering(kind, name);
    if (found.empty()) {
        return Failure{unknown_driver(kind, name)};
    }
    if (found.size() > 1) {
        return Failure{two_of_a_name(kind, *found[0], *found[1])};
    }
    return *found[0];
}

std::string Catalog::listing() const {
    std::vector<Row> rows{{"NAME", "KIND", "VERSION", "ABI", "TOOLCHAIN", "FILE"}};
    std::ranges::transform(libraries_, std::back_inserter(rows), row_of);
    return table(rows);
}

void Catalog::add(const fs::path& file) {
    if (Result<Library> library = Library::load(file)) {
        libraries_.push_back(*std::move(library));
    } else {
        refusals_.push_back(library.error().text);
    }
}

void Catalog::refuse_shared_names(Kind kind) {
    for (auto first = libraries_.begin(); first != libraries_.end(); ++first) {
        const auto second = std::find_if(first + 1, libraries_.end(), [&](const Library& other) {
            return offers(other, kind) && other.name() == first->name();
        });
        if (offers(*first, kind) && second != libraries_.end()) {
            refusals_.push_back(two_of_a_name(kind, *first, *second));
        }
    }
}

std::vector<const Library*> Catalog::offering(Kind kind, std::string_view name) const {
    std::vector<const Library*> found;
    for (const Library& library : libraries_) {
        if (offers(library, kind) && library.name() == name) {
            found.push_back(&library);
        }
    }
    return found;
}

std::string Catalog::unknown_driver(Kind kind, std::string_view name) const {
    std::vector<std::string_view> names;
    std::string installed;
    for (const Library& library : libraries_) {
        if (offers(library, kind)) {
            names.push_back(library.name());
            installed += (installed.empty() ? "" : ", ") + std::string(library.name()) + " (" +
                         library.file().string() + ')';
        }
    }
    std::string message = "unknown driver \"" + text::printable(name) + "\": no plugin in " +
                          plugin_dir_.string() + " offers a " + kind_text(kind) +
                          " of this name; accepted: " + (installed.empty() ? "none" : installed);
    if (const std::string_view near = text::nearest(name, names); !near.empty()) {
        message += "; did you mean \"" + std::string(near) + "\"?";
    }
    message += std::string("; correct ") + key_text(kind) + " or install the plugin there";
    if (!refusals_.empty()) {
        message += " (files refused: " + std::to_string(refusals_.size()) + ", see the log)";
    }
    return message;
}

}  // namespace chihaya::plugin
