#include "plugins/redis/scrapes.hpp"

#include "plugins/redis/announce_answer.hpp"
#include "plugins/redis/layout.hpp"
#include "plugins/redis/trouble.hpp"

#include <exception>

namespace chihaya::redis {
namespace {

constexpr Status out_of_memory{StatusCode::unavailable, "out of memory"};
constexpr Status refused{StatusCode::unavailable, "redis refused the scrape"};
constexpr Status too_many{StatusCode::unsupported, "too many info-hashes in one scrape"};

}  // namespace

Scrapes::Scrapes(Host& host, const Shared& shared)
    : host_(host), keyspace_(shared.parameters.prefix) {}

void Scrapes::send(Store& store, std::span<const ScrapeCall> batch) noexcept {
    for (const ScrapeCall& call : batch) {
        if (call.request->info_hashes.size() >= std::size_t{1} << index_bits) {
            call.sink->failed(too_many);
            continue;
        }
        if (call.request->info_hashes.empty()) {
            call.sink->done({});
            continue;
        }
        try {
            send_one(store, call);
        } catch (const std::exception&) {
            call.sink->failed(out_of_memory);
        }
    }
    store.flush();
}

void Scrapes::send_one(Store& store, const ScrapeCall& call) {
    const auto info_hashes = call.request->info_hashes;
    const std::uint32_t number = scrapes_.take();
    Waiting& waiting = scrapes_[number];
    waiting.sink = call.sink;
    waiting.failure = {};
    waiting.missing = info_hashes.size();
    try {
        waiting.counts.assign(info_hashes.size(), {});
    } catch (const std::exception&) {
        scrapes_.give_back(number);
        throw;
    }
    for (std::uint32_t i = 0; i < info_hashes.size(); ++i) {
        const std::uint32_t ticket = number << index_bits | i;
        try {
            const std::string_view key = keyspace_.swarm(info_hashes[i]);
            command_.begin(3).add("HGET").add(key).add(header_field);
            store.send(slot_of(key), command_.bytes(), *this, ticket);
        } catch (const std::exception&) {
            failed(ticket, out_of_memory);  // the others are on their way
        }
    }
}

void Scrapes::answered(std::uint32_t ticket, const Reply& reply) noexcept {
    if (reply.is_error()) {
        try {
            host_.log(Severity::warning, "a scrape was refused: " + loggable(reply.text()));
        } catch (const std::exception&) {
            host_.log(Severity::warning, "a scrape was refused");
        }
        return failed(ticket, refused);
    }
    const std::uint32_t number = ticket >> index_bits;
    if (reply.text().size() == header_bytes) {
        scrapes_[number].counts[ticket & ((1U << index_bits) - 1)] = counts_at(reply.text(), 1);
    }
    finish_one(number);
}

void Scrapes::failed(std::uint32_t ticket, Status status) noexcept {
    scrapes_[ticket >> index_bits].failure = status;
    finish_one(ticket >> index_bits);
}

void Scrapes::finish_one(std::uint32_t number) noexcept {
    Waiting& waiting = scrapes_[number];
    if (--waiting.missing != 0) {
        return;
    }
    if (waiting.failure.ok()) {
        waiting.sink->done(waiting.counts);
    } else {
        waiting.sink->failed(waiting.failure);
    }
    scrapes_.give_back(number);
}

}  // namespace chihaya::redis
