#include "tests/wire_http/tracker.hpp"

#include <stdexcept>
#include <utility>

namespace chihaya::test {
namespace {

constexpr std::size_t ipv4_size = 6;
constexpr std::size_t ipv6_size = 18;

ChihayaOptions options(const std::string& members) {
    ChihayaOptions options;
    options.config = R"({"workers": 1, "interval_jitter": 0, "real_ip_header": "X-Forwarded-For")" +
                     (members.empty() ? "" : ", " + members) + "}";
    return options;
}

[[noreturn]] void complain(const char* what, const HttpReply& reply) {
    throw std::runtime_error(std::string(what) + ": " + reply.head + "\n" + reply.body);
}

bencode::Value dictionary(const HttpReply& reply) {
    auto value = bencode::parse(reply.body);
    if (reply.status != 200 || !value || !value->is_dictionary()) {
        complain("not 200 with a canonical dictionary", reply);
    }
    return *std::move(value);
}

void add(std::set<std::string>& all, std::string peer) {
    if (!all.insert(std::move(peer)).second) {
        throw std::runtime_error("a peer is there twice");
    }
}

void add_compact(std::set<std::string>& all, const std::string& text, std::size_t size) {
    if (text.size() % size != 0) {
        throw std::runtime_error("a part of a peer is missing");
    }
    for (std::size_t at = 0; at < text.size(); at += size) {
        add(all, text.substr(at, size));
    }
}

}  // namespace

Counts counts(const bencode::Value& numbers) {
    return {numbers.at("complete").integer(), numbers.at("downloaded").integer(),
            numbers.at("incomplete").integer()};
}

std::set<std::string> peers(const bencode::Value& reply) {
    std::set<std::string> all;
    const bencode::Value& given = reply.at("peers");
    if (given.is_list()) {
        for (const bencode::Value& peer : given.list()) {
            add(all, compact(peer.at("ip").text(),
                             static_cast<std::uint32_t>(peer.at("port").integer())));
        }
        return all;
    }
    add_compact(all, given.text(), ipv4_size);
    if (reply.has("peers6")) {
        add_compact(all, reply.at("peers6").text(), ipv6_size);
    }
    return all;
}

bencode::Value success(const HttpReply& reply) {
    bencode::Value value = dictionary(reply);
    const bool is_announce = value.has("interval") && value.at("interval").integer() >= 1 &&
                             value.has("peers") && value.has("complete");
    if (value.has("failure reason") || (!is_announce && !value.has("files"))) {
        complain("not a success", reply);
    }
    return value;
}

std::string refusal(const HttpReply& reply) {
    const bencode::Value value = dictionary(reply);
    const bool has_reason = value.has("failure reason") && value.at("failure reason").is_text() &&
                            !value.at("failure reason").text().empty();
    if (!has_reason || value.has("peers") || value.has("files") || value.has("complete")) {
        complain("not a refusal", reply);
    }
    return value.at("failure reason").text();
}

Tracker::Tracker(const std::string& members) : process_(options(members)) {}

HttpReply Tracker::send(std::string_view bytes) const {
    TcpClient client(port());
    client.send(bytes);
    return client.read_reply();
}

bencode::Value Tracker::announce(const Announce& announce) const {
    return success(send(request(announce)));
}

void Tracker::announce_many(Announce first, std::uint32_t count) const {
    TcpClient client(port());
    constexpr std::uint32_t at_once = 50;
    for (std::uint32_t done = 0; done < count;) {
        std::string batch;
        const std::uint32_t size = std::min(at_once, count - done);
        for (std::uint32_t i = 0; i < size; ++i) {
            batch += request(first);
            ++first.port;
        }
        client.send(batch);
        for (std::uint32_t i = 0; i < size; ++i) {
            static_cast<void>(success(client.read_reply()));
        }
        done += size;
    }
}

bencode::Value Tracker::scrape(std::string_view info_hash) const {
    return success(send(get(scrape_target(info_hash))));
}

Counts Tracker::scraped(std::string_view info_hash) const {
    const bencode::Value reply = scrape(info_hash);
    const bencode::Value& files = reply.at("files");
    const std::string key(info_hash);
    return files.has(key) ? counts(files.at(key)) : Counts{};
}

bool Tracker::serves_as_ever() const {
    const HttpReply reply = send(first_request());
    const HttpReply stopped = send(request({.event = "stopped"}));
    return reply.status == 200 && reply.body == first_body() && stopped.status == 200;
}

std::string first_request() {
    return get(
        "/announce?info_hash=%a2%a1U7T%2b%22%92Z%d1%04%86%bfz%8b*%9cB%f0%d1"
        "&peer_id=-qB4650-AbCdEfGhIjKl&port=6881&uploaded=0&downloaded=0&left=65536&compact=1"
        "&event=started");
}

std::string first_body() {
    return std::string(
        "d8:completei0e10:downloadedi0e11:external ip4:\x7f\0\0\x01"
        "10:incompletei1e8:intervali1800e12:min intervali900e5:peers0:e"sv);
}

}  // namespace chihaya::test
