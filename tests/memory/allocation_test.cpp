#include "tests/memory/tracker.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <new>

TEST_SUITE_BEGIN("allocations");

namespace {

std::atomic<std::uint64_t> allocations{0};
std::atomic<std::uint64_t> fail_after{~std::uint64_t{0}};

void* counted(std::size_t bytes) noexcept {
    if (++allocations > fail_after) {
        return nullptr;
    }
    return std::malloc(bytes == 0 ? 1 : bytes);
}

}  // namespace

void* operator new(std::size_t bytes) {
    if (void* const block = counted(bytes); block != nullptr) {
        return block;
    }
    throw std::bad_alloc();
}
void* operator new(std::size_t bytes, const std::nothrow_t& /*tag*/) noexcept {
    return counted(bytes);
}
void operator delete(void* block) noexcept {
    std::free(block);
}
void operator delete(void* block, std::size_t /*bytes*/) noexcept {
    std::free(block);
}
void operator delete(void* block, const std::nothrow_t& /*tag*/) noexcept {
    std::free(block);
}

namespace chihaya::memory::test {
namespace {

/// A batch whose memory is all there before it is announced.
class Batch {
public:
    explicit Batch(std::size_t size) : requests_(size), replies_(size), calls_(size) {}

    void set(std::size_t at, const AnnounceRequest& request) {
        requests_[at] = request;
        replies_[at] = Reply();
        replies_[at].lend_room(requests_[at]);
        calls_[at] = {&requests_[at], &replies_[at]};
    }
    [[nodiscard]] std::span<const AnnounceCall> calls() const { return calls_; }
    [[nodiscard]] const Reply& reply(std::size_t at) const { return replies_[at]; }

private:
    std::vector<AnnounceRequest> requests_;
    std::vector<Reply> replies_;
    std::vector<AnnounceCall> calls_;
};

AnnounceRequest somebody(std::uint32_t number) {
    AnnounceRequest request = announce_of(number, number % 2);
    request.info_hash.bytes[0] = static_cast<std::uint8_t>(number % 5 == 0 ? 1 : number % 40);
    if (number % 3 == 1) {
        request = with_account(request, number % 11);
    } else if (number % 7 == 2) {
        request.ipv6 = ipv6(number);
    }
    return request;
}

}  // namespace

TEST_CASE("announces of peers that are known allocate nothing") {
    constexpr std::uint32_t peers = 2000;
    Tracker tracker;
    Batch batch(peers);
    for (std::uint32_t number = 0; number < peers; ++number) {
        batch.set(number, somebody(number));
    }
    tracker.announce(batch.calls());
    const std::uint64_t before = allocations;
    for (int i = 0; i < 20; ++i) {
        tracker.announce(batch.calls());
    }
    CHECK(allocations == before);
}

TEST_CASE("peers that come and go in turn, and change their roles, allocate nothing") {
    constexpr std::uint32_t peers = 256;
    Tracker tracker;
    Batch stay(peers);
    Batch come(peers);
    Batch change(peers);
    Batch go(peers);
    for (std::uint32_t number = 0; number < peers; ++number) {
        const auto request = [&](std::uint32_t who, std::uint64_t left, Event event) {
            AnnounceRequest made = announce_of(who, left, event);
            made.info_hash.bytes[0] = static_cast<std::uint8_t>(number % 8);
            return made;
        };
        stay.set(number, request(number, 1, Event::none));
        come.set(number, request(peers + number, 1, Event::started));
        change.set(number, request(peers + number, 0, Event::completed));
        go.set(number, request(peers + number, 0, Event::stopped));
    }
    std::uint64_t before = 0;
    for (int i = 0; i < 10; ++i) {
        if (i == 5) {
            before = allocations;
        }
        tracker.announce(stay.calls());
        tracker.announce(come.calls());
        tracker.announce(change.calls());
        tracker.announce(go.calls());
    }
    CHECK(allocations == before);
}

TEST_CASE("without memory an announce fails, changes nothing, and works again afterwards") {
    constexpr std::uint32_t peers = 3000;
    Tracker tracker;
    Batch one(1);
    std::uint32_t failures = 0;
    for (std::uint32_t number = 0; number < peers; ++number) {
        const InfoHash& info_hash = somebody(number).info_hash;
        for (std::uint64_t allowed = 0;; ++allowed) {
            one.set(0, somebody(number));
            const SwarmCounts before = tracker.read(info_hash).record.counts;
            fail_after = allocations + allowed;
            tracker.announce(one.calls());
            fail_after = ~std::uint64_t{0};
            if (one.reply(0).failure.ok()) {
                break;
            }
            ++failures;
            REQUIRE(one.reply(0).failure.code == StatusCode::unavailable);
            REQUIRE(tracker.read(info_hash).record.counts == before);
            REQUIRE(allowed < 20);
        }
    }
    CHECK(failures > 100);
    const double counted = tracker.metric("peers");
    CHECK(counted == peers);
}

}  // namespace chihaya::memory::test
TEST_SUITE_END();
