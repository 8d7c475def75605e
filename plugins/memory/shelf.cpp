#include "plugins/memory/shelf.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace chihaya::memory {
namespace {

constexpr std::string_view journal_suffix = ".journal-";
constexpr int names_max = 10'000;

}  // namespace

std::filesystem::path Shelf::journal(std::uint64_t generation) const {
    return beside(file_, std::string(journal_suffix) + std::to_string(generation));
}

std::vector<std::uint64_t> Shelf::journals() const {
    const std::string prefix = file_.filename().string() + std::string(journal_suffix);
    std::vector<std::uint64_t> found;
    std::error_code failed;
    for (std::filesystem::directory_iterator at(file_.parent_path(), failed), end;
         !failed && at != end; at.increment(failed)) {
        const std::string name = at->path().filename().string();
        std::uint64_t generation = 0;
        if (!name.starts_with(prefix)) {
            continue;
        }
        const char* const last = name.data() + name.size();
        const auto [stop, wrong] = std::from_chars(name.data() + prefix.size(), last, generation);
        if (wrong == std::errc{} && stop == last) {
            found.push_back(generation);
        }
    }
    std::ranges::sort(found);
    return found;
}

Trouble Shelf::publish(bool keeps_file) const {
    std::error_code failed;
    if (keeps_file && std::filesystem::exists(file_, failed)) {
        if (Trouble trouble = rename_file(file_, previous()); !trouble.empty()) {
            return trouble;
        }
    }
    if (Trouble trouble = rename_file(fresh(), file_); !trouble.empty()) {
        return trouble;
    }
    return sync_folder(file_.parent_path());
}

std::string Shelf::set_aside(const std::filesystem::path& path, std::string_view why) const {
    for (int number = 1; number < names_max; ++number) {
        const auto other = beside(file_, "." + std::string(why) + "-" + std::to_string(number));
        std::error_code failed;
        if (std::filesystem::exists(other, failed)) {
            continue;
        }
        const Trouble trouble = rename_file(path, other);
        return trouble.empty() ? "it is now " + other.string() : "it stays where it is: " + trouble;
    }
    return "it stays where it is";
}

}  // namespace chihaya::memory
