#include "core/plugin/card.hpp"

#include <doctest/doctest.h>

#include <string>

namespace chihaya::plugin {
namespace {

PluginDescriptor good_card() {
    PluginDescriptor card;
    card.name = "good";
    card.version = "1";
    card.create_tracker = [](Host& /*control*/, const TrackerSetup& /*setup*/) noexcept {
        return static_cast<TrackerDriver*>(nullptr);
    };
    return card;
}

bool has_good_name(const std::string& name) {
    PluginDescriptor card = good_card();
    card.name = name.c_str();
    return incompatibility(card).empty();
}

}  // namespace

TEST_SUITE_BEGIN("plugin card");

TEST_CASE("a complete card of this version is accepted") {
    CHECK(incompatibility(good_card()).empty());
}

TEST_CASE("a name has 1 to 64 letters, digits, underscores and hyphens") {
    CHECK(has_good_name("a"));
    CHECK(has_good_name("my_Redis-7"));
    CHECK(has_good_name(std::string(64, 'x')));
    CHECK_FALSE(has_good_name(std::string(65, 'x')));
    CHECK_FALSE(has_good_name(""));
    for (int c = 1; c < 256; ++c) {
        CAPTURE(c);
        const std::string name{'a', static_cast<char>(c)};
        CHECK(has_good_name(name) ==
              (std::string("_-").find(static_cast<char>(c)) != std::string::npos ||
               (c < 128 && std::isalnum(c) != 0)));
    }
}

TEST_CASE("a refusal shows no control characters, and never more than 64 bytes of a string") {
    PluginDescriptor card = good_card();
    card.name = "a\nb";
    CHECK(incompatibility(card).find("\"a\\x0ab\"") != std::string::npos);
    const std::string endless(5000, 'x');
    card.name = endless.c_str();
    CHECK(incompatibility(card).find('"' + std::string(64, 'x') + "…\"") != std::string::npos);
}

TEST_CASE("a card of another ABI is judged by its preamble alone") {
    PluginDescriptor card;  // no name, no version, no factories
    card.abi_major = abi::major + 1;
    CHECK(incompatibility(card).starts_with("built for plugin ABI 2.0;"));
    card.toolchain = nullptr;
    CHECK(incompatibility(card).starts_with("built for plugin ABI 2.0;"));
}

TEST_CASE("a plugin built for an older major is refused as well") {
    PluginDescriptor card = good_card();
    card.abi_major = abi::major - 1;
    CHECK(incompatibility(card).starts_with("built for plugin ABI 0."));
}

TEST_SUITE_END();

}  // namespace chihaya::plugin
