#pragma once

/// @file scrapes.hpp
/// One worker's scrapes: the headers of the swarms asked for, all of a batch in one pipeline.

#include "chihaya/scrape.hpp"
#include "plugins/redis/command.hpp"
#include "plugins/redis/keyspace.hpp"
#include "plugins/redis/shared.hpp"
#include "plugins/redis/slab.hpp"
#include "plugins/redis/store.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace chihaya::redis {

/// Thread: the worker's
class Scrapes final : public Answered {
public:
    /// Lifetime: both outlive this
    /// Errors:   std::bad_alloc
    Scrapes(Host& host, const Shared& shared);

    void send(Store& store, std::span<const ScrapeCall> batch) noexcept;

    void answered(std::uint32_t ticket, const Reply& reply) noexcept override;
    void failed(std::uint32_t ticket, Status status) noexcept override;

private:
    /// One scrape on its way.
    struct Waiting {
        ScrapeSink* sink = nullptr;
        std::vector<SwarmCounts> counts;
        std::size_t missing = 0;
        Status failure;
    };
    // A ticket is a scrape and, in the lowest bits, which of its info-hashes.
    static constexpr unsigned index_bits = 12;

    void send_one(Store& store, const ScrapeCall& call);
    void finish_one(std::uint32_t number) noexcept;

    Host& host_;
    Keyspace keyspace_;
    Slab<Waiting> scrapes_;
    Command command_;
};

}  // namespace chihaya::redis
