#include "plugins/redis/page_memory.hpp"
#include "plugins/redis/shape_memory.hpp"

#include <doctest/doctest.h>

#include <string>

TEST_SUITE_BEGIN("what a worker remembers of swarms");

namespace chihaya::redis {
namespace {

constexpr InfoHash ubuntu{{0x2a, 0xa4}};
constexpr InfoHash debian{{0xde, 0xb1}};
const FieldName field = FieldName::of_keys(row_class(Kind::ipv4, Role::leecher), 7);
constexpr std::uint32_t now = 1'700'000'000;

Shape large() {
    Shape shape = Shape::of_small();
    shape.bytes[1] = 2;
    return shape;
}

}  // namespace

TEST_CASE("a page is remembered for its swarm, its field and half a minute") {
    PageMemory pages;
    CHECK_FALSE(pages.find(ubuntu, field, now));
    pages.remember(ubuntu, field, "abcdef", now);
    CHECK(pages.find(ubuntu, field, now) == "abcdef");
    CHECK(pages.find(ubuntu, field, now + PageMemory::age_max) == "abcdef");
    CHECK_FALSE(pages.find(ubuntu, field, now + PageMemory::age_max + 1));
    CHECK_FALSE(pages.find(ubuntu, field, now - 1));
    CHECK_FALSE(pages.find(debian, field, now));
    const auto other = FieldName::of_keys(row_class(Kind::ipv4, Role::seeder), 7);
    CHECK_FALSE(pages.find(ubuntu, other, now));
}

TEST_CASE("a page that is too large for its place leaves it as it was") {
    PageMemory pages;
    pages.remember(ubuntu, field, "abcdef", now);
    pages.remember(ubuntu, field, std::string(100'000, 'x'), now);
    CHECK(pages.find(ubuntu, field, now) == "abcdef");
    pages.remember(ubuntu, field, {}, now);
    CHECK(pages.find(ubuntu, field, now) == "");
}

TEST_CASE("a swarm is remembered for as long as it is large") {
    ShapeMemory shapes;
    CHECK(shapes.of(ubuntu) == nullptr);
    shapes.remember(ubuntu, Shape::of_small(), {});
    CHECK(shapes.of(ubuntu) == nullptr);
    shapes.remember(ubuntu, large(), {.seeders = 40, .leechers = 2});
    REQUIRE(shapes.of(ubuntu) != nullptr);
    CHECK(shapes.of(ubuntu)->shape == large());
    CHECK(shapes.of(ubuntu)->seeders == 40);
    CHECK(shapes.of(debian) == nullptr);
    shapes.remember(ubuntu, Shape{}, {});
    CHECK(shapes.of(ubuntu) == nullptr);
}

TEST_CASE("of more large swarms than there is room for the last one is remembered") {
    ShapeMemory shapes;
    InfoHash swarm;
    for (unsigned i = 0; i < 300'000; ++i) {
        swarm.bytes = {1, static_cast<std::uint8_t>(i >> 16U), static_cast<std::uint8_t>(i >> 8U),
                       static_cast<std::uint8_t>(i)};
        shapes.remember(swarm, large(), {.seeders = i});
    }
    REQUIRE(shapes.of(swarm) != nullptr);
    CHECK(shapes.of(swarm)->seeders == 299'999);
}

}  // namespace chihaya::redis
TEST_SUITE_END();
