#pragma once

/// @file catalog.hpp
/// Which plugins are installed, found by the names on their cards.

#include "core/base/result.hpp"
#include "core/plugin/loader.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace chihaya::plugin {

enum class Kind { tracker, backend };

/// The plugins of one folder. A file that is refused does not stop the others.
class Catalog {
public:
    /// Opens every file of `plugin_dir` whose name ends in `object_suffix`, in the order of their
    /// names. Several names of one file (links) are one plugin.
    /// Errors: the folder is missing or cannot be read
    [[nodiscard]] static Result<Catalog> scan(const std::filesystem::path& plugin_dir);

    /// One message a refused file, and one for each name that two plugins of a kind share. Each
    /// names file, found, accepted and remedy.
    [[nodiscard]] const std::vector<std::string>& refusals() const noexcept { return refusals_; }

    /// The plugin that offers a driver of `kind` under `name`.
    /// Errors: nobody offers it (the message lists who is installed, and where), or two files do
    [[nodiscard]] Result<Library> find(Kind kind, std::string_view name) const;

    /// One line a plugin: name, kinds, version, ABI, toolchain, file; the first line says so.
    [[nodiscard]] std::string listing() const;

private:
    explicit Catalog(std::filesystem::path plugin_dir) : plugin_dir_(std::move(plugin_dir)) {}

    void add(const std::filesystem::path& file);
    void refuse_shared_names(Kind kind);
    [[nodiscard]] std::vector<const Library*> offering(Kind kind, std::string_view name) const;
    [[nodiscard]] std::string unknown_driver(Kind kind, std::string_view name) const;

    std::filesystem::path plugin_dir_;
    std::vector<Library> libraries_;
    std::vector<std::string> refusals_;
};

}  // namespace chihaya::plugin
