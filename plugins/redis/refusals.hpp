#pragma once

/// @file refusals.hpp
/// Commands that were not taken: who sent them hears of it a moment later.

#include "chihaya/host.hpp"
#include "plugins/redis/store.hpp"

#include <cstdint>
#include <vector>

namespace chihaya::redis {

/// Thread: the Host's
class Refusals {
public:
    explicit Refusals(Host& host) noexcept : host_(host) {}
    /// Tells whoever has not heard yet.
    ~Refusals();
    Refusals(const Refusals&) = delete;
    Refusals& operator=(const Refusals&) = delete;

    /// Fails the command in the next turn. Only when there is no memory left to remember it by, at
    /// once.
    void add(Answered& answered, std::uint32_t ticket, Status status) noexcept;

private:
    struct Refused {
        Answered* answered;
        std::uint32_t ticket;
        Status status;
    };

    void tell() noexcept;

    Host& host_;
    std::vector<Refused> refused_;
    std::vector<Refused> being_told_;
};

}  // namespace chihaya::redis
