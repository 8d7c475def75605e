#include "core/wire/client_id.hpp"

#include "tests/unit/wire/samples.hpp"

#include <doctest/doctest.h>

#include <array>
#include <random>
#include <string>
#include <string_view>

namespace chihaya::wire {
namespace {

using Style = ClientStyle;

PeerId from_hex(std::string_view hex) {
    return PeerId{hash_of(hex).bytes};
}

/// "style code version".
std::string classified(const PeerId& peer_id) {
    const ClientName name = classify_client(peer_id);
    return std::string(style_name(name.style)) + " " + std::string(name.code) + " " +
           std::string(name.version());
}

struct ClientPair {
    std::string_view peer_id;
    std::string_view client_id;
};

constexpr std::array<ClientPair, 38> pairs{{
    {"-AZ3034-6wfG2wk6wWLc", "AZ3034"},
    {"-AZ3042-6ozMq5q6Q3NX", "AZ3042"},
    {"-BS5820-oy4La2MWGEFj", "BS5820"},
    {"-AR6360-6oZyyMWoOOBe", "AR6360"},
    {"-AG2083-s1hiF8vGAAg0", "AG2083"},
    {"-AG3003-lEl2Mm4NEO4n", "AG3003"},
    {"-MR1100-00HS~T7*65rm", "MR1100"},
    {"-LK0140-ATIV~nbEQAMr", "LK0140"},
    {"-KT2210-347143496631", "KT2210"},
    {"-TR0960-6ep6svaa61r4", "TR0960"},
    {"-XX1150-dv220cotgj4d", "XX1150"},
    {"-AZ2504-192gwethivju", "AZ2504"},
    {"-KT4310-3L4UvarKuqIu", "KT4310"},
    {"-AZ2060-0xJQ02d4309O", "AZ2060"},
    {"-BD0300-2nkdf08Jd890", "BD0300"},
    {"-A~0010-a9mn9DFkj39J", "A~0010"},
    {"-UT2300-MNu93JKnm930", "UT2300"},
    {"-UT2300-KT4310KT4301", "UT2300"},
    {"T03A0----f089kjsdf6e", "T03A0-"},
    {"S58B-----nKl34GoNb75", "S58B--"},
    {"M4-4-0--9aa757Efd5Bl", "M4-4-0"},
    {"AZ2500BTeYUzyabAfo6U", "AZ2500"},
    {"exbc0JdSklm834kj9Udf", "exbc0J"},
    {"FUTB0L84j542mVc84jkd", "FUTB0L"},
    {"XBT054d-8602Jn83NnF9", "XBT054"},
    {"OP1011affbecbfabeefb", "OP1011"},
    {"-ML2.7.2-kgjjfkd9762", "ML2.7."},
    {"-BOWA0C-SDLFJWEIORNM", "BOWA0C"},
    {"Q1-0-0--dsn34DFn9083", "Q1-0-0"},
    {"Q1-10-0-Yoiumn39BDfO", "Q1-10-"},
    {"346------SDFknl33408", "346---"},
    {"QVOD0054ABFFEDCCDEDB", "QVOD00"},
    {"", ""},
    {"-", ""},
    {"12345", ""},
    {"-12345", ""},
    {"123456", "123456"},
    {"-123456", "123456"},
}};

}  // namespace

TEST_SUITE_BEGIN("client id");

TEST_CASE("the client id is the six bytes behind a leading dash, or the first six") {
    for (const ClientPair& pair : pairs) {
        CAPTURE(pair.peer_id);
        CHECK(client_id(pair.peer_id) == pair.client_id);
        if (pair.peer_id.size() == 20) {
            CHECK(client_id(peer_of(pair.peer_id)) == pair.client_id);
        }
    }
}

TEST_CASE("peer ids of known programs are told by style, code and version") {
    CHECK(classified(peer_1) == "azureus qB 4650");
    CHECK(classified(peer_of("-LT2080-mJTYIs1h8xJu")) == "azureus LT 2080");
    CHECK(classified(from_hex("2d6c74304438302d178e30dd293d306ca50a5bb1")) == "azureus lt 0D80");
    CHECK(classified(peer_2) == "azureus TR 4060");
    CHECK(classified(from_hex("2d5554333534532dd2ad01807f00ff2b25263d20")) == "azureus UT 354S");
    CHECK(classified(peer_of("-WW0208-abcdefghijkl")) == "azureus WW 0208");
    CHECK(classified(peer_of("-BI3500-q1w2e3r4t5y6")) == "azureus BI 3500");
    CHECK(classified(from_hex("41322d312d33362d302d089d2688c7f0cb9fb070")) == "mainline A2 1.36.0");
    CHECK(classified(peer_of("M7-10-5--abcdefghijk")) == "mainline M 7.10.5");
    CHECK(classified(peer_of("M4-3-6--xxxxxxxxxxxx")) == "mainline M 4.3.6");
    CHECK(classified(peer_of("Q1-10-0-Yoiumn39BDfO")) == "mainline Q 1.10.0");
    CHECK(classified(peer_of("S58B-----abcdefghijk")) == "shadow S 5.8.11");
    CHECK(classified(peer_of("T03I-----abcdefghijk")) == "shadow T 0.3.18");
    CHECK(classified(peer_of("Szzzzz---abcdefghijk")) == "shadow S 61.61.61.61.61");
    CHECK(classified(from_hex("65786263003b4c4f524430313233343536373839")) == "bitlord exbc 0.59");
    CHECK(classified(from_hex("6578626300266162636465666768696a6b6c6d6e")) == "bitcomet exbc 0.38");
    CHECK(classified(from_hex("4655544201026162636465666768696a6b6c6d6e")) == "bitcomet FUTB 1.02");
    CHECK(classified(peer_of("XBT054d-8602Jn83NnF9")) == "other XBT 054");
    CHECK(classified(peer_of("OP1011affbecbfabeefb")) == "other OP 1011");
    CHECK(classified(peer_of("turbobt-abcdefghijkl")) == "other turbobt ");
}

TEST_CASE("an unknown peer id is named by its first eight bytes") {
    CHECK(classified(peer_of("-FG0123456789abcdefg")) == "unknown -FG01234 ");
    CHECK(classified(PeerId{}) == "unknown " + std::string(8, '\0') + " ");
    for (const std::string_view text :
         {"M4-4-0xx9aa757Efd5Bl", "M-4-0---9aa757Efd5Bl", "M4444-0-9aa757Efd5Bl",
          "S58B----abcdefghijkl", "S--------abcdefghijk", "S5+8-----abcdefghijk",
          "-A~0010-a9mn9DFkj39J", "XBTabcd-8602Jn83NnF9", "M999-999-999999999999"}) {
        CHECK(classify_client(peer_of(text.substr(0, 20))).style == Style::unknown);
    }
}

TEST_CASE("any twenty bytes are classified") {
    std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): the same bytes every time
    constexpr std::string_view letters = "-MQATSexbcFUTB0123456789";
    for (int round = 0; round < 50'000; ++round) {
        PeerId peer_id;
        for (auto& byte : peer_id.bytes) {
            byte = static_cast<std::uint8_t>(letters[random() % letters.size()]);
        }
        const ClientName name = classify_client(peer_id);
        CHECK(name.version_size <= name.version_room.size());
        CHECK_FALSE(name.code.empty());
        CHECK_FALSE(style_name(name.style).empty());
    }
}

TEST_SUITE_END();

}  // namespace chihaya::wire
