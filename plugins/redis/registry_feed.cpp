#include "plugins/redis/registry_feed.hpp"

#include "plugins/redis/command.hpp"
#include "plugins/redis/limits.hpp"
#include "plugins/redis/registry_codec.hpp"

#include <charconv>
#include <exception>
#include <span>
#include <system_error>
#include <vector>

namespace chihaya::redis {
namespace {

/// Takes a number from the front of `text`. Returns: 0 when there is none
std::uint64_t take_number(std::string_view& text) noexcept {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    return error == std::errc{} ? number : 0;
}

/// The value that follows `name` among the fields of an entry of a stream.
std::string_view field_of(std::span<const Reply> fields, std::string_view name) noexcept {
    for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
        if (fields[i].text() == name) {
            return fields[i + 1].text();
        }
    }
    return {};
}

/// Where an entry of the stream lies; its server is not known from it.
FeedPlace place_of(const Reply& entry) {
    const auto parts = entry.items();
    FeedPlace place;
    if (parts.size() == 2) {
        place.id = parts[0].text();
        std::string_view number = field_of(parts[1].items(), "n");
        place.epoch = take_number(number);
        number.remove_prefix(number.empty() ? 0 : 1);
        place.number = take_number(number);
    }
    return place;
}

/// The line of INFO that names this run of the server.
std::string run_id_of(std::string_view info) {
    constexpr std::string_view name = "run_id:";
    const std::size_t begin = info.find(name);
    if (begin == std::string_view::npos) {
        return {};
    }
    const std::string_view rest = info.substr(begin + name.size());
    return std::string(rest.substr(0, rest.find('\r')));
}

}  // namespace

Status RegistryFeed::start(RegistrySink& sink) noexcept {
    stop();
    try {
        client_ = std::make_unique<Client>(log_, parameters_, std::span<const Script>());
        sink_ = &sink;
        stopping_ = false;
        place_ = find_end();
        has_missed_ = !place_.has_value();
        is_sure_ = place_.has_value();
        thread_ = std::thread([this] { run(); });
        return {};
    } catch (const std::exception&) {
        client_.reset();
        return {StatusCode::unavailable, "out of memory, threads or descriptors"};
    }
}

void RegistryFeed::stop() noexcept {
    if (!thread_.joinable()) {
        return;
    }
    {
        const std::lock_guard lock(mutex_);
        stopping_ = true;
    }
    stops_.notify_all();
    client_->stop();
    thread_.join();
    client_.reset();
}

void RegistryFeed::see_epoch(std::uint64_t epoch) noexcept {
    std::uint64_t none = 0;
    epoch_.compare_exchange_strong(none, epoch);
}

void RegistryFeed::tell_of_unsound(std::string_view where) noexcept {
    if (has_told_.exchange(true)) {
        return;
    }
    try {
        log_.log(Severity::warning,
                 std::string(where) +
                     ": found records that are none of version 1, accepted are those alone; they "
                     "are skipped: let all trackers be of the same release, or put them again");
    } catch (const std::bad_alloc&) {
        has_told_ = false;
    }
}

void RegistryFeed::run() noexcept {
    for (;;) {
        {
            const std::lock_guard lock(mutex_);
            if (stopping_) {
                return;
            }
        }
        bool is_well = false;
        try {
            is_well = follow_on();
        } catch (const std::exception&) {  // no memory: then something was left out
            place_.reset();
        }
        if (!is_well) {
            is_sure_ = false;
            rest();
        }
    }
}

void RegistryFeed::rest() {
    std::unique_lock lock(mutex_);
    stops_.wait_for(lock, limits::feed_pause, [this] { return stopping_; });
}

bool RegistryFeed::follow_on() {
    if (!is_sure_ && !check_place()) {
        return false;
    }
    tell_of_lapse();
    return read_some();
}

/// A sink that loads when it hears of a lapse and fails is not told in a circle.
void RegistryFeed::tell_of_lapse() noexcept {
    if (has_missed_ && Clock::now() - lapsed_at_ >= limits::lapse_pause) {
        has_missed_ = false;
        lapsed_at_ = Clock::now();
        sink_->lapsed();
    }
}

std::optional<FeedPlace> RegistryFeed::find_end() {
    Command command;
    client_->add(keys_.slot, command.begin(2).add("INFO").add("server").bytes());
    client_->add(keys_.slot,
                 command.begin(4).add("HMGET").add(keys_.head).add("epoch").add("changes").bytes());
    client_->add(keys_.slot, command.begin(6)
                                 .add("XREVRANGE")
                                 .add(keys_.feed)
                                 .add("+")
                                 .add("-")
                                 .add("COUNT")
                                 .add("1")
                                 .bytes());
    FeedPlace end;
    const Status asked = client_->run([&](std::size_t index, const Reply& reply) {
        const auto items = reply.items();
        if (index == 0) {
            end.server = run_id_of(reply.text());
        } else if (index == 1 && items.size() == 2) {
            std::string_view epoch = items[0].text();
            std::string_view number = items[1].text();
            end.epoch = take_number(epoch);
            end.number = take_number(number);
        } else if (index == 2 && items.size() == 1) {
            FeedPlace last = place_of(items[0]);
            last.server = end.server;
            end = std::move(last);
        }
    });
    if (!asked.ok()) {
        return std::nullopt;
    }
    see_epoch(end.epoch);
    return end;
}

/// Is the last change that was passed on still part of what Redis has? Otherwise begins anew where
/// it ends now.
bool RegistryFeed::check_place() {
    auto end = find_end();
    if (!end) {
        return false;
    }
    const bool goes_on =
        place_ && place_->server == end->server &&
        (place_->epoch == 0 || (place_->epoch == end->epoch && place_->number <= end->number));
    if (!goes_on) {
        place_ = std::move(end);
        has_missed_ = true;
    }
    is_sure_ = true;
    return true;
}

bool RegistryFeed::read_some() {
    Command command;
    command.begin(8)
        .add("XREAD")
        .add("COUNT")
        .add(static_cast<std::int64_t>(limits::entries_per_read))
        .add("BLOCK")
        .add(static_cast<std::int64_t>(limits::feed_wait.count()))
        .add("STREAMS")
        .add(keys_.feed)
        .add(place_->id);
    const Reply* reply = nullptr;
    const Status status =
        client_->call(keys_.slot, command.bytes(), reply, limits::feed_wait + parameters_.timeout);
    if (!status.ok()) {
        return false;
    }
    if (reply->items().empty()) {
        is_sure_ = false;  // nothing for so long: time to look whether all is as it was
        return true;
    }
    const auto stream = reply->items().front().items();
    if (stream.size() != 2) {
        return false;
    }
    const auto lock = pause();
    for (const Reply& entry : stream[1].items()) {
        if (!pass_on(entry)) {
            is_sure_ = false;
            return true;
        }
    }
    return true;
}

/// False when something is missing before this entry.
bool RegistryFeed::pass_on(const Reply& entry) {
    FeedPlace next = place_of(entry);
    const bool is_next =
        next.number == place_->number + 1 && (next.epoch == place_->epoch || place_->epoch == 0);
    if (!is_next) {
        place_.reset();
        return false;
    }
    see_epoch(next.epoch);
    const auto fields = entry.items()[1].items();
    deliver(field_of(fields, "k"), field_of(fields, "d"));
    next.server = std::move(place_->server);
    place_ = std::move(next);
    return true;
}

template <class Record, class Take>
void RegistryFeed::deliver_records(std::string_view data, Take take) {
    constexpr std::size_t size = Form<Record>::size;
    std::vector<Record> records;
    records.reserve(data.size() / size);
    for (std::size_t at = 0; at < data.size(); at += size) {
        if (const auto record = decode<Record>(data.substr(at, size))) {
            records.push_back(*record);
        } else {
            tell_of_unsound(keys_.feed);
        }
    }
    if (records.empty()) {
        return;
    }
    const Status taken = take(std::span<const Record>(records));
    if (!taken.ok()) {
        has_missed_ = true;  // the sink is out of memory: it shall load when it has some again
    }
}

void RegistryFeed::deliver(std::string_view kind, std::string_view data) {
    RegistrySink& to = *sink_;
    switch (static_cast<Change>(kind.size() == 1 ? kind.front() : '\0')) {
        case Change::put_users:
            return deliver_records<UserRecord>(data, [&](auto all) { return to.put_users(all); });
        case Change::put_torrents:
            return deliver_records<TorrentRecord>(data,
                                                  [&](auto all) { return to.put_torrents(all); });
        case Change::put_clients:
            return deliver_records<ClientRecord>(data,
                                                 [&](auto all) { return to.put_clients(all); });
        case Change::put_tokens:
            return deliver_records<TokenRecord>(data, [&](auto all) { return to.put_tokens(all); });
        case Change::erase_users:
            return deliver_records<UserId>(data, [&](auto all) { return to.erase_users(all); });
        case Change::erase_torrents:
            return deliver_records<TorrentErasure>(
                data, [&](auto all) { return to.erase_torrents(all); });
        case Change::erase_clients:
            return deliver_records<PeerIdPrefix>(data,
                                                 [&](auto all) { return to.erase_clients(all); });
        case Change::erase_tokens:
            return deliver_records<TokenRecord>(data,
                                                [&](auto all) { return to.erase_tokens(all); });
    }
    tell_of_unsound(keys_.feed);
}

}  // namespace chihaya::redis
