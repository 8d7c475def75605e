#pragma once

/// @file fields.hpp
/// Typed access to the keys of a document under their one name, however they are spelled in it.
///
/// Each reading function leaves its target alone when the key is absent, null, or wrong; what is
/// wrong is reported. A value of the wrong type is never converted.

#include "core/config/findings.hpp"
#include "core/config/json_value.hpp"
#include "core/config/keys.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chihaya::config {

/// A key that the document has.
struct Entry {
    std::string path;  // as the document spells it
    const Value* value = nullptr;
};

class Fields {
public:
    /// Looks every member of `root` up; unknown, ignored and contradicting ones are reported.
    /// `folder` is what relative names of files are relative to; empty leaves them as they are.
    /// Lifetime: `root` and `findings` outlive the object
    Fields(const Value& root, Findings& findings, std::filesystem::path folder);

    [[nodiscard]] const Entry* find(std::string_view name) const;
    [[nodiscard]] bool has(std::string_view name) const { return find(name) != nullptr; }
    void forget(std::string_view name);

    void flag(std::string_view name, bool& into);
    /// True unless something was wrong.
    bool duration(std::string_view name, std::chrono::milliseconds& into,
                  std::chrono::milliseconds least, std::chrono::milliseconds most);
    /// A number of bytes, or a text with a unit: "512MiB", "2GiB".
    void bytes(std::string_view name, std::uint64_t& into);
    void fraction(std::string_view name, double& into, double least, double most);

    template <class Integer>
    void whole(std::string_view name, Integer& into, std::int64_t least, std::int64_t most) {
        if (const auto number = whole_number(name, into, least, most)) {
            into = static_cast<Integer>(*number);
        }
    }

    /// Any printable text, or one that names a file, of at most `longest` bytes.
    void text(std::string_view name, std::string& into, std::size_t longest);

    /// Such a text, made the absolute name of a file or folder. An empty one stays empty.
    void file(std::string_view name, std::string& into, std::size_t longest);
    [[nodiscard]] std::string located(const std::string& path) const;

    /// One of a few words.
    void word(std::string_view name, std::string& into, std::span<const std::string_view> words);

    /// A list of texts, with their entries; empty and reported when it is no such list, or longer.
    [[nodiscard]] std::optional<std::vector<Entry>> texts(std::string_view name,
                                                          std::size_t longest);

    /// A list of networks: addresses, or addresses with the length of a prefix.
    void networks(std::string_view name, std::vector<std::string>& into, std::size_t longest);

    /// Reports what is wrong with `entry`; what was found is described from its value.
    void wrong(const Entry& entry, std::string accepted, std::string remedy);

    [[nodiscard]] Findings& findings() noexcept { return findings_; }

private:
    void gather(const Value& object, const std::string& section);
    void take(const std::string& path, const Value& value);
    void take_unknown(const std::string& path, const Value& value);
    [[nodiscard]] std::optional<std::int64_t> whole_number(std::string_view name,
                                                           std::int64_t present, std::int64_t least,
                                                           std::int64_t most);

    Findings& findings_;
    const std::filesystem::path folder_;
    std::map<std::string, Entry, std::less<>> entries_;  // by the key's name
};

}  // namespace chihaya::config
