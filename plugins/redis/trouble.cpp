#include "plugins/redis/trouble.hpp"

#include <array>
#include <charconv>

namespace chihaya::redis {
namespace {

struct Word {
    std::string_view begin;
    Trouble trouble;
};

constexpr std::array<Word, 11> words{{{"MOVED ", Trouble::moved},
                                      {"ASK ", Trouble::ask},
                                      {"NOSCRIPT", Trouble::no_script},
                                      {"TRYAGAIN", Trouble::try_again},
                                      {"CLUSTERDOWN", Trouble::cluster_down},
                                      {"LOADING", Trouble::loading},
                                      {"BUSY ", Trouble::busy},
                                      {"READONLY", Trouble::not_master},
                                      {"MASTERDOWN", Trouble::not_master},
                                      {"NOAUTH", Trouble::no_auth},
                                      {"UNBLOCKED", Trouble::not_master}}};

constexpr std::uint16_t slots = 16384;

}  // namespace

Trouble trouble_of(std::string_view error) noexcept {
    for (const Word& word : words) {
        if (error.starts_with(word.begin)) {
            return word.trouble;
        }
    }
    // Until Redis 7 a script's error wraps the one of the command in it.
    return error.find("-READONLY ") != std::string_view::npos ? Trouble::not_master : Trouble::none;
}

const char* reason_of(Trouble trouble) noexcept {
    switch (trouble) {
        case Trouble::none:
            break;
        case Trouble::moved:
            return "redis has moved the slot";
        case Trouble::ask:
        case Trouble::try_again:
            return "redis is moving the slot";
        case Trouble::no_script:
            return "redis forgets the scripts";
        case Trouble::cluster_down:
            return "redis cluster is down";
        case Trouble::loading:
            return "redis is loading";
        case Trouble::busy:
            return "redis is busy";
        case Trouble::not_master:
            return "redis is no master";
        case Trouble::no_auth:
            return "redis wants a password";
    }
    return "redis has failed";
}

std::optional<Redirection> parse_redirection(std::string_view error) {
    const auto first = error.find(' ');
    const auto second = first == std::string_view::npos ? first : error.find(' ', first + 1);
    if (second == std::string_view::npos) {
        return std::nullopt;
    }
    Redirection redirection;
    const char* const end = error.data() + second;
    const auto [stopped, fault] = std::from_chars(error.data() + first + 1, end, redirection.slot);
    std::string_view place = error.substr(second + 1);
    if (place.starts_with("?:")) {
        place.remove_prefix(1);
    }
    auto to = parse_host_and_port(place);
    if (fault != std::errc{} || stopped != end || redirection.slot >= slots || !to) {
        return std::nullopt;
    }
    redirection.to = std::move(*to);
    return redirection;
}

std::string loggable(std::string_view text) {
    constexpr std::size_t longest = 200;
    std::string out(text.substr(0, longest));
    for (char& letter : out) {
        if (letter < 0x20 || letter == 0x7f) {
            letter = '?';
        }
    }
    return out;
}

}  // namespace chihaya::redis
