#include "core/logic/shedding.hpp"

#include <doctest/doctest.h>

TEST_SUITE_BEGIN("shedding");

namespace chihaya::logic {
namespace {

using std::chrono::milliseconds;

/// How many of 10 000 are shed.
int shed(const Shedding& shedding, Urgency urgency) {
    Random random;
    int count = 0;
    for (int i = 0; i < 10'000; ++i) {
        count += shedding.takes(urgency, random) ? 1 : 0;
    }
    return count;
}

void be_behind(Shedding& shedding, milliseconds by, int steps) {
    for (int i = 0; i < steps; ++i) {
        shedding.note(by);
        shedding.step();
    }
}

}  // namespace

TEST_CASE("nothing is shed by a worker that keeps up") {
    Shedding shedding(milliseconds(200));
    be_behind(shedding, milliseconds(199), 1000);
    CHECK(shedding.share() == 0);
    CHECK(shed(shedding, Urgency::scrape) == 0);
}

TEST_CASE("nothing is shed where that is switched off") {
    Shedding shedding(milliseconds(0));
    be_behind(shedding, milliseconds(100'000), 1000);
    CHECK(shed(shedding, Urgency::scrape) == 0);
}

TEST_CASE("scrapes go first then announces without an event then those with one") {
    Shedding shedding(milliseconds(200));
    be_behind(shedding, milliseconds(201), 1);
    CHECK(shed(shedding, Urgency::scrape) > 2 * shed(shedding, Urgency::refresh) * 7 / 10);
    CHECK(shed(shedding, Urgency::refresh) > 1000);
    CHECK(shed(shedding, Urgency::event) == 0);
    be_behind(shedding, milliseconds(201), 4);
    CHECK(shedding.share() < 0.5);
    CHECK(shed(shedding, Urgency::scrape) == 10'000);
    CHECK(shed(shedding, Urgency::refresh) > 9'000);
    CHECK(shed(shedding, Urgency::refresh) < 10'000);
    CHECK(shed(shedding, Urgency::event) == 0);
    be_behind(shedding, milliseconds(201), 3);
    CHECK(shed(shedding, Urgency::refresh) == 10'000);
    CHECK(shed(shedding, Urgency::event) > 3'000);
    CHECK(shed(shedding, Urgency::event) < 7'000);
    be_behind(shedding, milliseconds(201), 100);
    CHECK(shed(shedding, Urgency::event) > 8'000);
    CHECK(shed(shedding, Urgency::event) < 9'500);  // an eighth is served whatever happens
}

TEST_CASE("a worker that has caught up sheds nothing some seconds later by itself") {
    Shedding shedding(milliseconds(200));
    be_behind(shedding, milliseconds(1'000), 50);
    CHECK(shedding.share() == 1.0);
    for (int i = 0; i < 20; ++i) {
        shedding.step();  // nothing was noted: nobody has waited
    }
    CHECK(shedding.share() > 0);
    CHECK(shedding.share() < 0.5);
    for (int i = 0; i < 20; ++i) {
        shedding.step();
    }
    CHECK(shedding.share() == 0);
}

TEST_CASE("between half the limit and the limit the share stays as it is") {
    Shedding shedding(milliseconds(200));
    be_behind(shedding, milliseconds(300), 4);
    const double before = shedding.share();
    be_behind(shedding, milliseconds(150), 100);
    CHECK(shedding.share() == before);
}

TEST_CASE("the longest wait of a step counts") {
    Shedding shedding(milliseconds(200));
    shedding.note(milliseconds(500));
    shedding.note(milliseconds(1));
    shedding.step();
    CHECK(shedding.share() > 0);
}

}  // namespace chihaya::logic
