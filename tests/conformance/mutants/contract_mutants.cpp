/// @file contract_mutants.cpp
/// Tests the tracker driver contract itself: it must pass a good driver and fail every distorted
/// one (distortions.cpp).
///
///     contract_mutants                  runs all, each in a process of its own, and lists
///     survivors contract_mutants --mutant=NAME    runs the contract on one, to see which case
///     kills it

#define DOCTEST_CONFIG_IMPLEMENT
#include "tests/conformance/mutants/distorted_driver.hpp"
#include "tests/conformance/tracker_driver_contract.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <iostream>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace chihaya::test {
namespace {

constexpr std::string_view mutant_option = "--mutant=";

std::string& chosen() {
    static std::string name;
    return name;
}

/// The exit code of the contract on `name`, stopped at its first failure; -1 when it crashed.
int verdict_on(const char* executable, const std::string& name) {
    std::string option = std::string(mutant_option) + name;
    std::string abort_early = "--abort-after=1";
    std::string self = executable;
    std::array<char*, 4> arguments{self.data(), option.data(), abort_early.data(), nullptr};
    posix_spawn_file_actions_t actions{};
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    ::posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    pid_t child = -1;
    const int error =
        ::posix_spawn(&child, executable, &actions, nullptr, arguments.data(), environ);
    ::posix_spawn_file_actions_destroy(&actions);
    int status = 0;
    if (error != 0 || ::waitpid(child, &status, 0) != child) {
        return -1;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

int run_all(const char* executable) {
    const std::vector<Distortion>& all = distortions();
    std::vector<int> verdicts(all.size());
    std::atomic<std::size_t> next = 0;
    std::vector<std::thread> runners;
    for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
        runners.emplace_back([&] {
            for (std::size_t k = next++; k < all.size(); k = next++) {
                verdicts[k] = verdict_on(executable, all[k].name);
            }
        });
    }
    std::ranges::for_each(runners, &std::thread::join);
    int wrong = 0;
    for (std::size_t k = 0; k < all.size(); ++k) {
        const bool is_right = verdicts[k] == (all[k].name == "none" ? 0 : 1);
        wrong += is_right ? 0 : 1;
        const char* const words = verdicts[k] == 0   ? "survives"
                                  : verdicts[k] == 1 ? "fails"
                                                     : "crashes";
        std::cout << (is_right ? "  " : "! ") << all[k].name << ": " << words << '\n';
    }
    std::cout << all.size() - 1 << " mutants, " << wrong << " wrong verdicts\n";
    return wrong == 0 ? 0 : 1;
}

}  // namespace

TEST_CASE("the contract, on the distorted memory driver") {
    const auto found = std::ranges::find(distortions(), chosen(), &Distortion::name);
    REQUIRE(found != distortions().end());
    const auto memory = plugin::Library::load(CHIHAYA_PLUGIN_DIR "/memory.so").value();
    tracker_driver_contract([&](FakeHost& control, const TrackerSetup& setup) {
        return distort(*found, setup, [&](const TrackerSetup& distorted) {
            return memory.create_tracker(control, distorted).value();
        });
    });
}

}  // namespace chihaya::test

int main(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        if (word.starts_with(chihaya::test::mutant_option)) {
            chihaya::test::chosen() = word.substr(chihaya::test::mutant_option.size());
            return doctest::Context(argc, argv).run();
        }
    }
    return chihaya::test::run_all(argv[0]);
}
