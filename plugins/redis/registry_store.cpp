#include "plugins/redis/registry_store.hpp"

#include "plugins/redis/command.hpp"
#include "plugins/redis/limits.hpp"
#include "plugins/redis/scripts.hpp"

#include <algorithm>
#include <charconv>
#include <exception>
#include <vector>

namespace chihaya::redis {
namespace {

constexpr Status out_of_memory{StatusCode::unavailable, "out of memory"};
constexpr Status no_end{StatusCode::internal, "redis does not come to an end"};
constexpr Status is_lost{StatusCode::lost, "redis has lost the registry"};
constexpr Status is_put_back{StatusCode::unavailable, "another tracker puts the registry back"};

std::uint64_t number_of(std::string_view text) noexcept {
    std::uint64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return number;
}

}  // namespace

RegistryStore::RegistryStore(Host& log, const Parameters& parameters)
    : log_(log),
      parameters_(parameters),
      keys_(parameters.prefix),
      feed_(log, parameters_, keys_) {}

Status RegistryStore::put_users(std::span<const UserRecord> users) noexcept {
    return write(Change::put_users, keys_.users, users);
}

Status RegistryStore::put_torrents(std::span<const TorrentRecord> torrents) noexcept {
    return write(Change::put_torrents, keys_.torrents, torrents);
}

Status RegistryStore::put_clients(std::span<const ClientRecord> clients) noexcept {
    return write(Change::put_clients, keys_.clients, clients);
}

Status RegistryStore::put_tokens(std::span<const TokenRecord> tokens) noexcept {
    return write(Change::put_tokens, keys_.tokens, tokens);
}

Status RegistryStore::erase_users(std::span<const UserId> users) noexcept {
    return write(Change::erase_users, keys_.users, users);
}

Status RegistryStore::erase_torrents(std::span<const TorrentErasure> torrents) noexcept {
    return write(Change::erase_torrents, keys_.torrents, torrents);
}

Status RegistryStore::erase_clients(std::span<const PeerIdPrefix> clients) noexcept {
    return write(Change::erase_clients, keys_.clients, clients);
}

Status RegistryStore::erase_tokens(std::span<const TokenRecord> tokens) noexcept {
    return write(Change::erase_tokens, keys_.tokens, tokens);
}

template <class Record>
Status RegistryStore::write(Change change, const std::string& key,
                            std::span<const Record> records) noexcept {
    const std::lock_guard lock(writing_);
    try {
        if (writer_ == nullptr) {
            writer_ = std::make_unique<Client>(log_, parameters_, std::span(&registry_script, 1));
        }
        while (!records.empty()) {
            for (std::size_t i = 0; i < limits::changes_per_pipeline && !records.empty(); ++i) {
                const auto count = std::min(records.size(), limits::records_per_change);
                add_change(change, key, records.first(count));
                records = records.subspan(count);
            }
            const Status written = writer_->run([this](std::size_t /*index*/, const Reply& epoch) {
                feed_.see_epoch(number_of(epoch.text()));
            });
            if (!written.ok()) {
                give_up_putting_back();
                return written;
            }
        }
        return {};
    } catch (const std::exception&) {
        give_up_putting_back();
        writer_.reset();  // with what was added to it
        return out_of_memory;
    }
}

/// What Redis has lost is not all back: another load shall begin anew.
void RegistryStore::give_up_putting_back() noexcept {
    if (is_putting_back_.exchange(false)) {
        feed_.want_load();
    }
}

template <class Record>
void RegistryStore::add_change(Change change, const std::string& key,
                               std::span<const Record> records) {
    data_.clear();
    for (const Record& record : records) {
        encode(record, data_);
    }
    if (data_.empty()) {
        return;
    }
    const std::size_t kept =
        std::min(limits::feed_entries_max, limits::feed_bytes_max / data_.size());
    const char kind = static_cast<char>(change);
    Command command;
    writer_->add(keys_.slot, command.begin(11)
                                 .add("EVALSHA")
                                 .add(registry_script.sha1)
                                 .add("3")
                                 .add(key)
                                 .add(keys_.feed)
                                 .add(keys_.head)
                                 .add(std::string_view(&kind, 1))
                                 .add(static_cast<std::int64_t>(kept))
                                 .add(static_cast<std::int64_t>(Form<Record>::key))
                                 .add(static_cast<std::int64_t>(Form<Record>::size))
                                 .add(data_)
                                 .bytes());
}

Status RegistryStore::load(RegistrySink& sink) noexcept {
    try {
        const auto lock = feed_.pause();
        return load_everything(sink);
    } catch (const std::exception&) {
        return out_of_memory;
    }
}

Status RegistryStore::load_everything(RegistrySink& sink) {
    Client reader(log_, parameters_, {});
    Status status = load_all<UserRecord>(reader, keys_.users,
                                         [&](auto users) { return sink.put_users(users); });
    if (status.ok()) {
        status = load_all<TorrentRecord>(
            reader, keys_.torrents, [&](auto torrents) { return sink.put_torrents(torrents); });
    }
    if (status.ok()) {
        status = load_all<ClientRecord>(reader, keys_.clients,
                                        [&](auto clients) { return sink.put_clients(clients); });
    }
    if (status.ok()) {
        status = load_all<TokenRecord>(reader, keys_.tokens,
                                       [&](auto tokens) { return sink.put_tokens(tokens); });
    }
    return status.ok() ? check_epoch(reader) : status;
}

template <class Record, class Take>
Status RegistryStore::load_all(Client& reader, const std::string& key, Take take) {
    Command command;
    std::vector<Record> records;
    std::string bytes;
    std::string cursor = "0";
    for (std::size_t scans = 0; scans < limits::scans_max; ++scans) {
        const Reply* reply = nullptr;
        command.begin(5).add("HSCAN").add(key).add(cursor).add("COUNT").add(
            static_cast<std::int64_t>(limits::records_per_scan));
        const Status read = reader.call(keys_.slot, command.bytes(), reply);
        if (!read.ok()) {
            feed_.want_load();
            return read;
        }
        const auto parts = reply->items();
        const auto found = parts.size() == 2 ? parts[1].items() : std::span<const Reply>();
        cursor = parts.empty() ? "0" : std::string(parts[0].text());
        records.clear();
        for (std::size_t i = 0; i + 1 < found.size(); i += 2) {
            bytes.assign(found[i].text()).append(found[i + 1].text());
            const auto record = decode<Record>(bytes);
            const bool has_its_key = found[i].text().size() == Form<Record>::key;
            if (record && has_its_key) {
                records.push_back(*record);
            } else {
                feed_.tell_of_unsound(key);
            }
        }
        const Status taken = records.empty() ? Status{} : take(std::span<const Record>(records));
        if (!taken.ok() || cursor == "0") {
            return taken;
        }
    }
    return no_end;
}

Status RegistryStore::check_epoch(Client& reader) {
    const std::uint64_t known = feed_.known_epoch();
    Command command;
    command.begin(4).add("HMGET").add(keys_.head).add("epoch").add("of:" + std::to_string(known));
    const Reply* reply = nullptr;
    const Status read = reader.call(keys_.slot, command.bytes(), reply);
    if (!read.ok()) {
        feed_.want_load();
        return read;
    }
    const auto fields = reply->items();
    const std::uint64_t epoch = fields.empty() ? 0 : number_of(fields[0].text());
    const bool has_all = fields.size() == 2 && !fields[1].text().empty();
    if (known != 0 && known != epoch && !has_all && has_loaded_) {
        return take_over(reader, known, epoch);
    }
    feed_.adopt_epoch(epoch);
    has_loaded_ = true;
    is_putting_back_ = false;
    has_told_of_loss_ = false;
    return {};
}

/// Redis has lost the registry. Who comes first puts it back, and says so in the load after that.
Status RegistryStore::take_over(Client& reader, std::uint64_t known, std::uint64_t epoch) {
    if (!has_told_of_loss_.exchange(true)) {
        log_.log(Severity::error,
                 keys_.base + ": found epoch " + std::to_string(epoch) + ", accepted is " +
                     std::to_string(known) +
                     ": redis has lost the registry; one of the trackers that know it puts it "
                     "back. Let Redis keep an append-only file");
    }
    Claim claim = Claim::others;
    Status status = hold_claim(reader, claim);
    // A claim that is new belongs to a Redis that has lost what has been put back, too.
    if (status.ok() && claim == Claim::held && is_putting_back_.exchange(false)) {
        Command command;
        command.begin(4).add("HSET").add(keys_.head).add("of:" + std::to_string(known)).add("1");
        const Reply* reply = nullptr;
        status = reader.call(keys_.slot, command.bytes(), reply);
        if (status.ok()) {
            log_.log(Severity::info, keys_.base + ": the registry has been put back");
            feed_.adopt_epoch(epoch);
            has_told_of_loss_ = false;
            return {};
        }
    }
    if (status.ok() && claim != Claim::others) {
        is_putting_back_ = true;
        return is_lost;
    }
    feed_.want_load();
    return status.ok() ? is_put_back : status;
}

/// A claim that is not given up ends by itself, with the process that had it.
Status RegistryStore::hold_claim(Client& reader, Claim& claim) {
    Command command;
    reader.add(keys_.slot, command.begin(6)
                               .add("SET")
                               .add(keys_.restorer)
                               .add(name_)
                               .add("NX")
                               .add("PX")
                               .add(static_cast<std::int64_t>(limits::put_back_within.count()))
                               .bytes());
    reader.add(keys_.slot, command.begin(2).add("GET").add(keys_.restorer).bytes());
    return reader.run([&](std::size_t index, const Reply& reply) {
        if (index == 0) {
            claim = reply.is_nil() ? Claim::held : Claim::taken;
        } else if (reply.text() != name_) {
            claim = Claim::others;
        }
    });
}

}  // namespace chihaya::redis
