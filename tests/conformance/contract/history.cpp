#include "tests/conformance/contract/parts.hpp"
#include "tests/conformance/contract/world.hpp"

#include <doctest/doctest.h>

namespace chihaya::test::contract {
namespace {

/// An announce of account 7 that has moved so many bytes.
AnnounceRequest moved(std::uint64_t uploaded, std::uint64_t downloaded, std::uint64_t left,
                      Event event = Event::none) {
    AnnounceRequest request = with_account(from(ipv4(1), left, event), 7);
    request.uploaded = uploaded;
    request.downloaded = downloaded;
    request.corrupt = uploaded + downloaded + 1;
    return request;
}

std::chrono::sys_seconds second_of(Tracker& tracker) {
    return std::chrono::floor<seconds>(tracker.worker().host.now());
}

/// What is not kept is zero; what is kept is right.
bool is_zero_or(std::uint64_t value, std::uint64_t expected) {
    return value == 0 || value == expected;
}

void without_account(Tracker& tracker) {
    SUBCASE("without an account the history says known, and whether it was a seeder") {
        AnnounceRequest request = from(ipv4(1), nothing_left);
        request.uploaded = 7;
        request.downloaded = 8;
        request.corrupt = 9;
        CHECK_FALSE(tracker.announce(request).history.known);
        request.left = some_left;
        const PeerHistory seeding = tracker.announce(request).history;
        CHECK(seeding.known);
        CHECK(seeding.was_seeder);
        CHECK_FALSE(seeding.was_dormant);
        CHECK(is_zero_or(seeding.uploaded, 7));
        CHECK(is_zero_or(seeding.downloaded, 8));
        CHECK(is_zero_or(seeding.corrupt, 9));
        CHECK(seeding.left == 0);
        CHECK(is_zero_or(seeding.announces, 1));
        const PeerHistory leeching = tracker.announce(request).history;
        CHECK(leeching.known);
        CHECK_FALSE(leeching.was_seeder);
        CHECK(is_zero_or(leeching.left, some_left));
        CHECK(is_zero_or(leeching.announces, 2));
    }

    SUBCASE("a partial seed was no seeder") {
        tracker.announce(from(ipv4(1), some_left, Event::paused));
        CHECK_FALSE(tracker.announce(from(ipv4(1), nothing_left)).history.was_seeder);
    }
}

void with_an_account(Tracker& tracker) {
    SUBCASE("with an account the history is what the previous announce said, exactly") {
        const auto first = second_of(tracker);
        CHECK(tracker.announce(moved(70, 80, some_left)).history == PeerHistory{});
        tracker.let_pass(seconds(13));
        CHECK(tracker.announce(moved(71, 82, nothing_left)).history ==
              PeerHistory{.uploaded = 70,
                          .downloaded = 80,
                          .left = some_left,
                          .corrupt = 151,
                          .first_announce = first,
                          .last_announce = first,
                          .announces = 1,
                          .known = true});
        tracker.let_pass(seconds(17));
        CHECK(tracker.announce(moved(0, 0, some_left)).history ==
              PeerHistory{.uploaded = 71,
                          .downloaded = 82,
                          .left = 0,
                          .corrupt = 154,
                          .first_announce = first,
                          .last_announce = first + seconds(13),
                          .announces = 2,
                          .known = true,
                          .was_seeder = true});
        CHECK(tracker.announce(moved(1, 1, some_left)).history.uploaded == 0);
    }

    SUBCASE("numbers of any size are kept") {
        constexpr std::uint64_t large = ~std::uint64_t{0} - 5;
        tracker.announce(moved(large, large - 1, large - 2));
        const PeerHistory history = tracker.announce(moved(0, 0, unknown_left)).history;
        CHECK(history.uploaded == large);
        CHECK(history.downloaded == large - 1);
        CHECK(history.left == large - 2);
        CHECK(tracker.announce(moved(0, 0, 0)).history.left == unknown_left);
    }

    SUBCASE("started is told the old stay and begins a new one") {
        const auto first = second_of(tracker);
        tracker.announce(moved(70, 80, some_left, Event::started));
        tracker.let_pass(seconds(10));
        tracker.announce(moved(71, 81, some_left));
        tracker.let_pass(seconds(10));
        const PeerHistory old_stay =
            tracker.announce(moved(5, 6, some_left, Event::started)).history;
        CHECK(old_stay.known);
        CHECK(old_stay.uploaded == 71);
        CHECK(old_stay.announces == 2);
        CHECK(old_stay.first_announce == first);
        tracker.let_pass(seconds(10));
        const PeerHistory new_stay = tracker.announce(moved(7, 8, some_left)).history;
        CHECK(new_stay.uploaded == 5);
        CHECK(new_stay.downloaded == 6);
        CHECK(new_stay.announces == 1);
        CHECK(new_stay.first_announce == first + seconds(20));
        CHECK(new_stay.last_announce == first + seconds(20));
    }

    SUBCASE("stopped is told the history, and ends it") {
        tracker.announce(moved(70, 80, some_left));
        const PeerHistory history =
            tracker.announce(moved(75, 85, some_left, Event::stopped)).history;
        CHECK(history.known);
        CHECK(history.uploaded == 70);
        CHECK(history.announces == 1);
        CHECK(tracker.announce(moved(1, 1, some_left)).history == PeerHistory{});
    }

    SUBCASE("a peer takes its history along when it moves") {
        tracker.announce(moved(70, 80, nothing_left));
        AnnounceRequest elsewhere = moved(90, 90, nothing_left);
        elsewhere.ipv4 = {};
        elsewhere.ipv6 = ipv6(9);
        CHECK(tracker.announce(elsewhere).history.uploaded == 70);
        CHECK(tracker.announce(moved(99, 99, nothing_left)).history.uploaded == 90);
    }

    SUBCASE("clients of one account have a history each") {
        tracker.announce(moved(70, 80, nothing_left));
        AnnounceRequest other = moved(1, 2, nothing_left);
        other.peer_id = {{'-', 'B'}};
        other.ipv4 = ipv4(2);
        CHECK_FALSE(tracker.announce(other).history.known);
        CHECK(tracker.announce(moved(71, 81, nothing_left)).history.uploaded == 70);
        CHECK(tracker.announce(other).history.uploaded == 1);
    }

    SUBCASE("within a batch, each announce is told of the one before it") {
        const auto replies = tracker.worker().announce(
            {moved(1, 0, some_left), moved(2, 0, some_left), moved(3, 0, some_left)});
        CHECK_FALSE(replies[0].history.known);
        CHECK(replies[1].history.uploaded == 1);
        CHECK(replies[2].history.uploaded == 2);
        CHECK(replies[2].history.announces == 2);
    }
}

}  // namespace

void history(const MakeTrackerDriver& make) {
    Tracker tracker(make);
    without_account(tracker);
    with_an_account(tracker);
}

}  // namespace chihaya::test::contract
