#pragma once

/// @file chooser.hpp
/// Whom a reply holds, of the rows that Redis has shown. To change how peers are selected, change
/// chooser.cpp and what announce_plan.cpp asks for.

#include "chihaya/announce.hpp"
#include "plugins/redis/announce_answer.hpp"
#include "plugins/redis/random.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace chihaya::redis {

/// Who is to be handed peers, and how many of which sort.
struct Asking {
    PeerRoom room{};
    Ipv4Endpoint ipv4{};
    Ipv6Endpoint ipv6{};
    UserId user = UserId::none;
    std::uint32_t want_ipv4 = 0;
    std::uint32_t want_ipv6 = 0;
    AnnounceFlags flags = AnnounceFlags::none;
    bool is_stopping = false;
};

/// Thread: one
class Chooser {
public:
    /// How many leading bits of an address peers share that come first; 0: nobody does.
    void prefer(std::uint8_t ipv4_bits, std::uint8_t ipv6_bits) noexcept {
        ipv4_bits_ = ipv4_bits;
        ipv6_bits_ = ipv6_bits;
    }

    /// Writes peers of `answer` into the room, and their numbers into `reply`.
    /// Errors: std::bad_alloc
    void choose(const AnnounceAnswer& answer, const Asking& asking, bool has_ids,
                AnnounceReply& reply);

    [[nodiscard]] Random& random() noexcept { return random_; }

private:
    /// A row that may be handed out, unless a closer look says otherwise.
    struct Row {
        const char* endpoint = nullptr;
        const char* member = nullptr;  // its whole key; null for a plain row
    };
    struct Shelf {
        std::vector<Row> seeders;
        std::vector<Row> leechers;
    };
    /// Which addresses are in the room already: found by a hash of them.
    class Places {
    public:
        void clear() noexcept { numbers_.fill(0); }
        /// False when `endpoint` is one of those in `room`; else it is number `number` there.
        [[nodiscard]] bool add(const std::uint8_t* room, const char* endpoint, std::size_t size,
                               std::uint32_t number) noexcept;

    private:
        std::array<std::uint16_t, 2048> numbers_{};  // in the room, from 1; 0 is free
    };
    template <class Endpoint>
    struct Basket;

    template <class Endpoint>
    std::uint32_t choose_from(const AnnounceAnswer& answer, const Basket<Endpoint>& asked);
    template <class Endpoint>
    void gather(const AnnounceAnswer& answer, const Basket<Endpoint>& basket);
    template <class Endpoint>
    void fill(Shelf& shelf, Basket<Endpoint>& basket) noexcept;
    template <class Endpoint>
    void take(std::vector<Row>& from, std::uint32_t until, Basket<Endpoint>& basket) noexcept;

    Random random_;
    std::uint8_t ipv4_bits_ = 0;
    std::uint8_t ipv6_bits_ = 0;
    Places places_;
    Shelf near_;
    Shelf far_;
};

}  // namespace chihaya::redis
