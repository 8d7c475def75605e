#include "plugins/redis/due_lists.hpp"

#include "plugins/redis/big_endian.hpp"

#include <algorithm>

namespace chihaya::redis {

void DueLists::add(const InfoHash& info_hash, std::uint32_t due) {
    if (waiting_.size() < waiting_max) {
        waiting_.push_back({info_hash, due});
    }
}

void DueLists::send(Store& store, Answered& answered, std::uint32_t ticket) {
    constexpr std::size_t per_command = 1000;
    const auto list_of = [](const Due& due) {
        return due_list(due.at);
    };
    std::ranges::sort(waiting_, {}, list_of);
    for (auto first = waiting_.begin(); first != waiting_.end();) {
        const std::uint32_t list = list_of(*first);
        auto last = first;
        while (last != waiting_.end() && list_of(*last) == list &&
               static_cast<std::size_t>(last - first) < per_command) {
            ++last;
        }
        const std::string_view key = keyspace_.due(list);
        command_.begin(2 + static_cast<std::size_t>(last - first)).add("RPUSH").add(key);
        for (; first != last; ++first) {
            command_.add(text_of(first->info_hash.bytes));
        }
        store.send(slot_of(key), command_.bytes(), answered, ticket);
    }
    waiting_.clear();
}

}  // namespace chihaya::redis
