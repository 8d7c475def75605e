#include "core/app/access_files.hpp"

#include "core/base/limits.hpp"
#include "core/logic/access_text.hpp"

#include <cerrno>
#include <exception>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>

namespace chihaya::app {
namespace {

/// Errors: what was found, what is accepted, and the remedy; empty when all is read
std::string read_whole(const std::string& path, std::string& into) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(path, ignored) &&
        std::filesystem::exists(path, ignored)) {
        return "found something else than a file; name a file";
    }
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file.is_open()) {
        return "found " + std::generic_category().message(errno) +
               "; accepted is a file that can be read; make it, or remove the key";
    }
    const auto size = std::filesystem::file_size(path, ignored);
    if (ignored || size > limits::list_file_max) {
        return "found a larger file; accepted are " + std::to_string(limits::list_file_max >> 20U) +
               " MiB; shorten it";
    }
    into.resize(size);
    file.read(into.data(), static_cast<std::streamsize>(into.size()));
    into.resize(static_cast<std::size_t>(file.gcount()));
    return {};
}

/// Puts what the file holds into `into`. Errors: in four parts, or nothing
template <class List, class Read>
std::string read_list(std::string_view key, const std::string& path, std::optional<List>& into,
                      Read read) {
    if (path.empty()) {
        return {};
    }
    const std::string where = std::string(key) + ": " + path + ": ";
    std::string text;
    if (const std::string wrong = read_whole(path, text); !wrong.empty()) {
        return where + wrong;
    }
    auto items = read(text);
    if (items.has_error()) {
        return where + items.error().text;
    }
    into.emplace(std::move(*items));
    return {};
}

}  // namespace

Result<std::shared_ptr<const logic::AccessLists>> read_access_lists(const config::Access& access) {
    std::shared_ptr<logic::AccessLists> lists;
    if (access == config::Access{}) {
        return std::shared_ptr<const logic::AccessLists>();
    }
    try {
        lists = std::make_shared<logic::AccessLists>();
        for (const std::string& wrong :
             {read_list("access.torrents_allow_file", access.torrents_allow_file,
                        lists->torrents.allow, logic::read_torrent_list),
              read_list("access.torrents_deny_file", access.torrents_deny_file,
                        lists->torrents.deny, logic::read_torrent_list),
              read_list("access.addresses_allow_file", access.addresses_allow_file,
                        lists->addresses.allow, logic::read_address_list),
              read_list("access.addresses_deny_file", access.addresses_deny_file,
                        lists->addresses.deny, logic::read_address_list)}) {
            if (!wrong.empty()) {
                return Failure{wrong};
            }
        }
    } catch (const std::bad_alloc&) {
        return Failure{"access: found too little memory for the lists; make them shorter"};
    }
    return std::shared_ptr<const logic::AccessLists>(std::move(lists));
}

}  // namespace chihaya::app
