#include "core/logic/access_lists.hpp"

#include "core/logic/access_text.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

TEST_SUITE_BEGIN("access lists");

namespace chihaya::logic {
namespace {

IpAddress ip(const char* text) {
    return IpAddress::parse(text).value();
}

AddressList addresses(const char* text) {
    return AddressList(read_address_list(text).value());
}

InfoHash random_hash(std::mt19937& random, std::uint32_t leading_zeros) {
    InfoHash hash;
    std::ranges::generate(hash.bytes, [&] { return static_cast<std::uint8_t>(random()); });
    std::fill_n(hash.bytes.begin(), leading_zeros, std::uint8_t{0});
    return hash;
}

}  // namespace

TEST_CASE("a list has every info-hash that was put in and no other") {
    const std::uint32_t seed = std::random_device()();
    CAPTURE(seed);
    std::mt19937 random(seed);
    for (const std::size_t size : {0U, 1U, 7U, 8U, 9U, 1000U, 40'000U}) {
        for (const std::uint32_t zeros : {0U, 6U}) {  // 6: all of them in one drawer
            std::vector<InfoHash> hashes;
            std::set<std::array<std::uint8_t, 20>> known;
            for (std::size_t i = 0; i < size; ++i) {
                hashes.push_back(random_hash(random, zeros));
                known.insert(hashes.back().bytes);
            }
            hashes.insert(hashes.end(), hashes.begin(), hashes.end());  // each twice
            const TorrentList list(hashes);
            CHECK(list.size() == known.size());
            for (const InfoHash& hash : hashes) {
                REQUIRE(list.contains(hash));
            }
            for (int i = 0; i < 1000; ++i) {
                const InfoHash other = random_hash(random, zeros);
                REQUIRE(list.contains(other) == known.contains(other.bytes));
            }
        }
    }
}

TEST_CASE("an address is listed when any of the networks contains it") {
    const std::uint32_t seed = std::random_device()();
    CAPTURE(seed);
    std::mt19937 random(seed);
    std::string text;
    std::vector<IpNetwork> networks;
    for (int i = 0; i < 300; ++i) {
        std::array<std::uint8_t, 16> bytes{};
        std::ranges::generate(bytes, [&] { return static_cast<std::uint8_t>(random() % 4); });
        const bool is_ipv4 = i % 2 == 0;
        const std::string one =
            is_ipv4 ? IpAddress::from_ipv4(std::span(bytes).first<4>()).text() + '/' +
                          std::to_string(8 + random() % 25)
                    : IpAddress::from_ipv6(bytes).text() + '/' + std::to_string(8 + random() % 121);
        text += one + '\n';
        networks.push_back(IpNetwork::parse(one).value());
    }
    const AddressList list(read_address_list(text).value());
    for (int i = 0; i < 20'000; ++i) {
        std::array<std::uint8_t, 16> bytes{};
        std::ranges::generate(bytes, [&] { return static_cast<std::uint8_t>(random() % 4); });
        const IpAddress address = i % 2 == 0 ? IpAddress::from_ipv4(std::span(bytes).first<4>())
                                             : IpAddress::from_ipv6(bytes);
        const bool is_listed = std::ranges::any_of(
            networks, [&](const IpNetwork& one) { return one.contains(address); });
        CAPTURE(address.text());
        REQUIRE(list.contains(address) == is_listed);
    }
}

TEST_CASE("a network of everything is of one family") {
    const AddressList all_ipv4 = addresses("0.0.0.0/0");
    CHECK(all_ipv4.contains(ip("0.0.0.0")));
    CHECK(all_ipv4.contains(ip("255.255.255.255")));
    CHECK_FALSE(all_ipv4.contains(ip("2001:db8::1")));
    const AddressList all_ipv6 = addresses("::/0");
    CHECK(all_ipv6.contains(ip("2001:db8::1")));
    CHECK_FALSE(all_ipv6.contains(ip("198.51.100.7")));
}

TEST_CASE("networks inside each other are one range") {
    const AddressList list = addresses("10.0.0.0/8\n10.1.0.0/16\n10.1.2.3\n192.0.2.0/24\n");
    CHECK(list.size() == 2);
    CHECK(list.contains(ip("10.255.255.255")));
    CHECK_FALSE(list.contains(ip("11.0.0.0")));
    CHECK_FALSE(list.contains(ip("192.0.1.255")));
}

TEST_CASE("only what is allowed is admitted and what is denied never") {
    AllowDeny<AddressList> lists;
    CHECK(lists.admits(ip("10.0.0.1")));
    lists.deny = addresses("10.1.0.0/16");
    CHECK(lists.admits(ip("10.0.0.1")));
    CHECK_FALSE(lists.admits(ip("10.1.0.1")));
    lists.allow = addresses("10.0.0.0/8");
    CHECK(lists.admits(ip("10.0.0.1")));
    CHECK_FALSE(lists.admits(ip("10.1.0.1")));
    CHECK_FALSE(lists.admits(ip("11.0.0.1")));
    lists.allow = addresses("");
    CHECK_FALSE(lists.admits(ip("10.0.0.1")));
}

TEST_CASE("blank lines comments and ends of line of either kind are no entries") {
    const auto hashes = read_torrent_list(
        "# a list\r\n\n  00112233445566778899aabbccddeeff00112233  # why\r\n"
        "\tFFEEDDCCBBAA99887766554433221100FFEEDDCC");
    REQUIRE(hashes.has_value());
    CHECK(hashes->size() == 2);
    CHECK(hashes->back().bytes[0] == 0xff);
    CHECK(read_torrent_list("")->empty());
    CHECK(read_address_list("# none\n")->empty());
}

TEST_CASE("each wrong line is named without repeating it") {
    const auto hashes =
        read_torrent_list("\n0011\n00112233445566778899aabbccddeeff00112233\nxyz\n");
    REQUIRE(hashes.has_error());
    CHECK(hashes.error().text ==
          "found no entry in line 2 (4 bytes), 4 (3 bytes); accepted is an info-hash of 40 hex "
          "digits a line; correct these lines, or begin them with #");
    std::string many;
    for (int i = 0; i < 25; ++i) {
        many += "300.1.2.3\n";
    }
    const auto networks = read_address_list(many);
    REQUIRE(networks.has_error());
    CHECK(networks.error().text.find("10 (9 bytes) and 15 more;") != std::string::npos);
    CHECK(read_address_list("10.0.0.0/33").has_error());
    CHECK(read_address_list("10.0.0.1:6881").has_error());
}

}  // namespace chihaya::logic
