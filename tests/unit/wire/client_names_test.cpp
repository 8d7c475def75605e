#include "core/wire/client_names.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string_view>

namespace chihaya::wire {
namespace {

std::string_view name_of(std::string_view id) {
    PeerId peer_id;
    std::ranges::copy(id, peer_id.bytes.begin());
    return client_name(classify_client(peer_id));
}

}  // namespace

TEST_SUITE_BEGIN("client names");

TEST_CASE("known programs have their names") {
    CHECK(name_of("-qB4650-abcdefghijkl") == "qBittorrent");
    CHECK(name_of("-TR4060-0123456789ah") == "Transmission");
    CHECK(name_of("-DE2030-0123456789ah") == "Deluge");
    CHECK(name_of("-lt0D80-0123456789ah") == "rTorrent");
    CHECK(name_of("-UT3550-0123456789ah") == "uTorrent");
    CHECK(name_of("A2-1-36-0-0123456789") == "aria2");
    CHECK(name_of("M7-10-5--0123456789a") == "BitTorrent");
    CHECK(name_of("T03I-----0123456789a") == "BitTornado");
    CHECK(name_of("exbc\x01\x02LORD0123456789") == "BitLord");
    CHECK(name_of("XBT0990-0123456789ah") == "XBT Client");
}

TEST_CASE("what nobody knows is called other, whatever it says of itself") {
    for (const std::string_view id : {"-zz9999-0123456789ab", "\xff\xfe\"}\n bytes bytes",
                                      "????????????????????", "-<>1234-0123456789ab"}) {
        CHECK(name_of(id) == "other");
    }
}

TEST_SUITE_END();

}  // namespace chihaya::wire
