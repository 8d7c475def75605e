#include "plugins/redis/registry_codec.hpp"

#include "tests/redis/registry_records.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

TEST_SUITE_BEGIN("the registry as bytes");

namespace chihaya::redis::test {
namespace {

template <class Record>
std::string encoded(const Record& record) {
    std::string bytes;
    encode(record, bytes);
    return bytes;
}

TorrentRecord every_field() {
    return {.id = TorrentId{0x0102030405060708U},
            .info_hash = info_hash(1),
            .freeleech = Freeleech::neutral,
            .up_multiplier = 2.5,
            .down_multiplier = 0,
            .snatches = 77};
}

/// No prefix, no longer form, and no other version of a record is taken for one.
template <class Record>
void check_only_whole(const Record& record) {
    const std::string bytes = encoded(record);
    REQUIRE(bytes.size() == Form<Record>::size);
    REQUIRE(decode<Record>(bytes).has_value());
    CHECK(encoded(*decode<Record>(bytes)) == bytes);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
        CHECK_FALSE(decode<Record>(std::string_view(bytes).substr(0, size)).has_value());
    }
    CHECK_FALSE(decode<Record>(bytes + '\0').has_value());
    std::string other = bytes;
    other[Form<Record>::key] = registry_version + 1;
    CHECK_FALSE(decode<Record>(other).has_value());
}

}  // namespace

TEST_CASE("what was encoded is decoded, and nothing else is") {
    UserRecord someone = user(0xfedcba9876543210U, "secret");
    someone.flags = UserFlags::can_leech | UserFlags::hidden;
    someone.up_multiplier = 1.5;
    check_only_whole(someone);
    check_only_whole(every_field());
    check_only_whole(ClientRecord{.prefix = prefix("-TR2")});
    check_only_whole(TokenRecord{.user = UserId{7}, .info_hash = info_hash(9)});
    check_only_whole(UserId{7});
    check_only_whole(erasure(3, "Dupe"));
    check_only_whole(prefix("abcdefghijklmnopqrst"));
}

TEST_CASE("a record has the bytes that are written down") {
    CHECK(encoded(UserId{0x0102}) == std::string("\0\0\0\0\0\0\1\2\1", 9));
    const std::string bytes = encoded(every_field());
    CHECK(bytes.substr(20, 13) == std::string("\1\1\2\3\4\5\6\7\10\0\0\0\2", 13));
    CHECK(bytes.substr(33, 8) == std::string("\x40\x04\0\0\0\0\0\0", 8));  // 2.5
    CHECK(bytes.substr(49) == std::string("\0\0\0\115", 4));
    const auto back = decode<TorrentRecord>(bytes);
    CHECK(back->snatches == 77);
    CHECK(back->freeleech == Freeleech::neutral);
    CHECK(back->up_multiplier == 2.5);
}

TEST_CASE("unsound values are neither written nor taken") {
    UserRecord someone = user(1, "secret");
    const std::string sound = encoded(someone);
    for (const double wrong : {-1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
        someone.down_multiplier = wrong;
        CHECK(encoded(someone).empty());
    }
    TorrentRecord other = every_field();
    other.freeleech = Freeleech{3};
    CHECK(encoded(other).empty());
    CHECK(encoded(ClientRecord{}).empty());
    CHECK(encoded(PeerIdPrefix{.size = 21}).empty());

    std::string bytes = sound;
    bytes[8 + 1 + 32] = '\x80';  // up is negative
    CHECK_FALSE(decode<UserRecord>(bytes).has_value());
    bytes = sound;
    bytes[8 + 1 + 20] = 'x';  // behind the passkey's end
    CHECK_FALSE(decode<UserRecord>(bytes).has_value());
    bytes = encoded(every_field());
    bytes[20 + 1 + 8] = 1;  // freeleech is 16 777 218
    CHECK_FALSE(decode<TorrentRecord>(bytes).has_value());
}

}  // namespace chihaya::redis::test
TEST_SUITE_END();
