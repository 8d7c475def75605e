#include "plugins/redis/sweeper.hpp"

#include "plugins/redis/big_endian.hpp"
#include "plugins/redis/scripts.hpp"
#include "plugins/redis/trouble.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <exception>
#include <string>

namespace chihaya::redis {
namespace {

// What a ticket is about, besides the number of a sweep.
constexpr std::uint32_t about_looked = 0xffffffff;
constexpr std::uint32_t about_listing = 0xfffffffe;
constexpr std::uint32_t about_list = 0xffff0000;  // and the list in the lowest bits

constexpr std::int64_t taken_at_once = Sweeper::at_once;

}  // namespace

Sweeper::Sweeper(Host& host, Shared& shared, DueLists& due_lists)
    : host_(host), shared_(shared), due_lists_(due_lists), keyspace_(shared.parameters.prefix) {}

void Sweeper::look(Store& store) {
    store_ = &store;
    const std::uint32_t now = to_second(host_.now());
    due_lists_.send(store, *this, about_listing);
    // What this answers is when somebody looked last: lists since then may not be empty.
    const std::string_view key = keyspace_.looked();
    command_.begin(4).add("SET").add(key).add(std::int64_t{now}).add("GET");
    store.send(slot_of(key), command_.bytes(), *this, about_looked);
}

void Sweeper::take_looked(const Reply& reply) {
    const std::uint32_t now = to_second(host_.now()) / due_seconds;
    std::uint64_t before = 0;
    const std::string_view text = reply.text();
    std::from_chars(text.data(), text.data() + text.size(), before);
    // The list of these seconds is still being written; the one before it may have been.
    const auto since =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(before / due_seconds, now));
    const std::uint32_t first = std::max(since, now - (due_list_count - 1)) - 1;
    for (std::uint32_t list = before == 0 ? now - 1 : first; list < now; ++list) {
        to_ask_.insert(list % due_list_count);
    }
    ask_lists();
}

void Sweeper::ask_lists() {
    while (under_way_ + asked_.size() * at_once < 2 * at_once && !to_ask_.empty()) {
        const std::uint32_t list = *to_ask_.begin();
        const std::string_view key = keyspace_.due(list);
        command_.begin(3).add("LPOP").add(key).add(taken_at_once);
        to_ask_.erase(to_ask_.begin());
        asked_.insert(list);
        store_->send(slot_of(key), command_.bytes(), *this, about_list | list);
    }
    store_->flush();
}

void Sweeper::take_due(std::uint32_t list, const Reply& reply) {
    asked_.erase(list);
    for (const Reply& item : reply.items()) {
        InfoHash info_hash;
        if (item.text().size() == info_hash.bytes.size()) {
            std::memcpy(info_hash.bytes.data(), item.text().data(), info_hash.bytes.size());
            start(info_hash, {});
        }
    }
    if (reply.items().size() >= at_once) {
        to_ask_.insert(list);
    }
    ask_lists();
}

void Sweeper::start(const InfoHash& info_hash, const SweepPlace& place) {
    const std::string_view key = keyspace_.swarm(info_hash);
    std::string numbers;
    put_sweep(numbers, shared_.rules(), to_second(host_.now()), place);
    command_.begin(6).add("EVALSHA").add(sweep_script.sha1).add(1).add(key).add(numbers).add("");
    const std::uint32_t ticket = sweeps_.take();
    sweeps_[ticket] = {info_hash, place};
    ++under_way_;
    store_->send(slot_of(key), command_.bytes(), *this, ticket);
}

void Sweeper::take_swept(std::uint32_t ticket, const Reply& reply) {
    const Sweep sweep = sweeps_[ticket];
    sweeps_.give_back(ticket);
    --under_way_;
    const auto answer = read_sweep(reply);
    if (!answer) {
        host_.log(Severity::warning, "a sweep was refused: " + loggable(reply.text()));
        return;
    }
    settle(shared_, sweep.info_hash, *answer);
    if (answer->place) {
        start(sweep.info_hash, *answer->place);
    } else if (answer->again != 0) {
        due_lists_.add(sweep.info_hash, answer->again);
    }
    ask_lists();
}

void Sweeper::answered(std::uint32_t ticket, const Reply& reply) noexcept {
    try {
        if (ticket == about_looked) {
            take_looked(reply);
        } else if (ticket == about_listing) {
            return;
        } else if ((ticket & about_list) == about_list) {
            take_due(ticket & ~about_list, reply);
        } else {
            take_swept(ticket, reply);
        }
    } catch (const std::exception& error) {
        host_.log(Severity::error, error.what());
    }
}

// A list is asked again when its time comes back; a swarm is listed again, to be looked at soon.
void Sweeper::failed(std::uint32_t ticket, Status /*status*/) noexcept {
    if (ticket == about_looked || ticket == about_listing) {
        return;
    }
    try {
        if ((ticket & about_list) == about_list) {
            asked_.erase(ticket & ~about_list);
            to_ask_.insert(ticket & ~about_list);
            return;
        }
        due_lists_.add(sweeps_[ticket].info_hash, to_second(host_.now()) + due_seconds);
    } catch (const std::exception& error) {
        host_.log(Severity::error, error.what());
    }
    sweeps_.give_back(ticket);
    --under_way_;
}

}  // namespace chihaya::redis
