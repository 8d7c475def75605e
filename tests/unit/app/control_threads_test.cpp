#include "core/app/control_threads.hpp"

#include "core/base/clock.hpp"
#include "core/base/limits.hpp"
#include "tests/support/scripted_drivers.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace chihaya::app {
namespace {

/// Counts the answers that come home.
struct Caller final : frontend::ControlCaller {
    void control_answered(frontend::ControlCall& call) noexcept override {
        ++answers;
        last = call.body();
    }
    int answers = 0;
    std::string last;
};

struct World {
    std::shared_ptr<frontend::ControlCall> call() {
        return std::make_shared<frontend::ControlCall>(loop, caller, request,
                                                       *IpAddress::parse("127.0.0.1"));
    }
    void until_answered(int count) {
        while (caller.answers < count) {
            loop.turn(false);
        }
    }

    Clock clock;
    net::WorkerLoop loop{clock};
    Caller caller;
    wire::HttpRequest request{.path = "/x", .query = "y"};
    test::ScriptedBackend backend;
};

}  // namespace

TEST_SUITE_BEGIN("control threads");

TEST_CASE("a call is performed elsewhere and its answer comes home") {
    World world;
    const auto here = std::this_thread::get_id();
    world.backend.on_control = [&](const ControlRequest& request, ControlSink& sink) {
        CHECK(std::this_thread::get_id() != here);
        sink.answer(200, "text/plain", request.query);
    };
    ControlThreads threads(world.backend);
    REQUIRE(threads.take(world.call()));
    world.until_answered(1);
    CHECK(world.caller.last == "y");
}

TEST_CASE(
    "as many calls as there are threads are performed at once, and one that waits after them") {
    World world;
    std::latch all_there(limits::control_threads);
    std::atomic<std::uint32_t> begun = 0;
    world.backend.on_control = [&](const ControlRequest&, ControlSink& sink) {
        if (begun++ < limits::control_threads) {
            all_there.arrive_and_wait();
        }
        sink.answer(200, "text/plain", "");
    };
    ControlThreads threads(world.backend);
    for (std::uint32_t i = 0; i <= limits::control_threads; ++i) {
        REQUIRE(threads.take(world.call()));
    }
    world.until_answered(limits::control_threads + 1);
}

TEST_CASE("so many calls wait and no more, and those that still wait at the end are dropped") {
    World world;
    std::latch go(1);
    std::latch all_busy(limits::control_threads);
    std::atomic<std::uint32_t> performed = 0;
    world.backend.on_control = [&](const ControlRequest&, ControlSink& sink) {
        ++performed;
        all_busy.count_down();
        go.wait();
        sink.answer(200, "text/plain", "");
    };
    std::vector<std::shared_ptr<frontend::ControlCall>> waiting;
    {
        ControlThreads threads(world.backend);
        for (std::uint32_t i = 0; i < limits::control_threads; ++i) {
            REQUIRE(threads.take(world.call()));
        }
        all_busy.wait();
        for (std::size_t i = 0; i < limits::control_calls_waiting_max; ++i) {
            REQUIRE(threads.take(waiting.emplace_back(world.call())));
        }
        CHECK_FALSE(threads.take(world.call()));
        go.count_down();
    }
    world.until_answered(static_cast<int>(performed));
    CHECK(std::ranges::all_of(waiting, [](const auto& call) { return call.use_count() == 1; }));
}

TEST_CASE("a driver that does not answer is an internal error") {
    World world;
    world.backend.on_control = [](const ControlRequest&, ControlSink&) {
    };
    auto call = world.call();
    call->perform(world.backend);
    world.until_answered(1);
    CHECK(call->status() == 500);
}

TEST_SUITE_END();

}  // namespace chihaya::app
