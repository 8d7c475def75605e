#include "plugins/gazelle/spelling.hpp"

#include <algorithm>
#include <numeric>
#include <vector>

namespace chihaya::gazelle {
namespace {

constexpr std::size_t read_of_a_key = 64;

/// How many letters must be changed, put in or left out.
std::size_t distance(std::string_view from, std::string_view to) {
    std::vector<std::size_t> row(to.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 0; i < from.size(); ++i) {
        std::size_t diagonal = row[0];
        row[0] = i + 1;
        for (std::size_t j = 0; j < to.size(); ++j) {
            const std::size_t change = diagonal + (from[i] == to[j] ? 0U : 1U);
            diagonal = row[j + 1];
            row[j + 1] = std::min({change, row[j] + 1, row[j + 1] + 1});
        }
    }
    return row.back();
}

}  // namespace

std::string_view nearest(std::string_view key, std::span<const std::string_view> known) {
    const std::string_view begin = key.substr(0, read_of_a_key);
    std::string_view best;
    std::size_t least = std::max<std::size_t>(2, begin.size() / 2);
    for (const std::string_view candidate : known) {
        const std::size_t edits = distance(begin, candidate);
        if (edits < least) {
            least = edits;
            best = candidate;
        }
    }
    return best;
}

}  // namespace chihaya::gazelle
