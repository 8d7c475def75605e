#include "tests/gazelle_program/private_tracker.hpp"

#include <unistd.h>

#include <chrono>
#include <fstream>
#include <stdexcept>

namespace chihaya::test {
namespace {

/// The counted announce that is answered with a refusal.
constexpr std::string_view leeching_refused = "Access denied, leeching forbidden";

std::string tracker_section(const Site& site, const TrackerChoices& choices) {
    return site.redis() == nullptr ? R"({"driver": "memory", "params": {)" + choices.memory + "}}"
                                   : R"({"driver": "redis", "params": {"url": "redis://)" +
                                         site.redis()->address() + R"("}})";
}

std::string backend_params(const Site& site, const TrackerChoices& choices) {
    std::string out = R"("socket": ")" + site.server().unix_socket().string() + R"(", "user": ")" +
                      tracker_account.name + R"(", "pass": ")" + tracker_account.password +
                      R"(", "schema": ")" + site.schema() + R"(", "site_password": ")" +
                      site_password + R"(", "report_password": ")" + report_password +
                      R"(", "flush_interval": "200ms", "reload_interval": "0s")";
    if (!choices.site_url.empty()) {
        out += R"(, "site_url": ")" + choices.site_url + '"';
    }
    return out + (choices.params.empty() ? "" : ", ") + choices.params;
}

ChihayaOptions options(const Site& site, const TrackerChoices& choices) {
    ChihayaOptions options;
    options.config = R"({"workers": 1, "private_enabled": true, "announce": "30m",
                         "min_announce": "30m", "interval_jitter": 0,
                         "real_ip_header": "X-Forwarded-For", "state_dir": ")" +
                     choices.state.value_or("$DIR/state") + R"(", "tracker": )" +
                     tracker_section(site, choices) +
                     R"(, "backend": {"driver": "gazelle", "params": {)" +
                     backend_params(site, choices) + "}}" + (choices.members.empty() ? "" : ", ") +
                     choices.members + "}";
    options.patience = std::chrono::seconds(60);
    return options;
}

}  // namespace

std::string target(const UserAnnounce& announce) {
    std::string out = '/' + passkey_of(announce.user) +
                      "/announce?info_hash=" + escaped(hash_of(announce.torrent)) +
                      "&peer_id=" + escaped(announce.peer_id) +
                      "&port=" + std::to_string(announce.port) +
                      "&uploaded=" + std::to_string(announce.up) +
                      "&downloaded=" + std::to_string(announce.down) +
                      "&left=" + std::to_string(announce.left) + "&compact=1";
    if (!announce.event.empty()) {
        out += "&event=" + announce.event;
    }
    return out + announce.more;
}

PrivateTracker::PrivateTracker(const Site& site, const TrackerChoices& choices)
    : dialect_(site.dialect()), process_(options(site, choices)) {
    if (choices.has_site) {
        wait_until_it_serves();
    }
}

HttpReply PrivateTracker::get(const std::string& target, const std::string& headers) {
    HttpReply reply = http_get(port(), target, headers);
    count(reply);
    return reply;
}

void PrivateTracker::count(const HttpReply& reply) {
    const auto value = bencode::parse(reply.body);
    const bool is_recorded =
        value && (value->has("peers") || (value->has("failure reason") &&
                                          value->at("failure reason").text() == leeching_refused));
    recorded_ += is_recorded ? 1 : 0;
}

HttpReply PrivateTracker::ask(const UserAnnounce& announce) {
    const std::string from =
        announce.from.empty() ? "" : "X-Forwarded-For: " + announce.from + "\r\n";
    return get(target(announce), from + announce.headers);
}

bencode::Value PrivateTracker::announce(const UserAnnounce& announce) {
    return success(ask(announce));
}

std::string PrivateTracker::refused(const UserAnnounce& announce) {
    return refusal(ask(announce));
}

Counts PrivateTracker::scraped(std::uint32_t torrent, std::uint32_t user) {
    const std::string info_hash = hash_of(torrent);
    const auto reply = success(get('/' + passkey_of(user) + scrape_target(info_hash)));
    const bencode::Value& files = reply.at("files");
    return files.has(info_hash) ? counts(files.at(info_hash)) : Counts{};
}

bool PrivateTracker::serves() {
    const auto reply = bencode::parse(get('/' + passkey_of(10) + scrape_target(hash_of(100))).body);
    return reply && reply->has("files");
}

void PrivateTracker::wait_until_it_serves() {
    wait_until("the tracker serves", [this] { return serves(); });
}

void PrivateTracker::wait_flushed() {
    wait_until("the database has everything", [this] {
        return number("recorded_deltas") >= recorded_ && number("spooled_deltas") == 0;
    });
}

ControlAnswer PrivateTracker::update(const std::string& query) const {
    return call_tracker(dialect_, port(), site_password + "/update?" + query);
}

ControlAnswer PrivateTracker::report(const std::string& query) const {
    return call_tracker(dialect_, port(), report_password + "/report?" + query);
}

HttpReply PrivateTracker::manage(const std::string& method, const std::string& path) const {
    TcpClient client(process_.management_port());
    client.send(method + ' ' + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n");
    return client.read_reply();
}

std::size_t PrivateTracker::resident() const {
    std::ifstream file("/proc/" + std::to_string(process_.pid()) + "/statm");
    std::size_t total = 0;
    std::size_t pages = 0;
    file >> total >> pages;
    return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

std::uint64_t PrivateTracker::number(const std::string& name) const {
    const std::string page = manage("GET", "/stats").body;
    const std::string key = "\"" + name + "\":";
    const std::size_t at = page.find(key, page.find("\"gazelle\":"));
    if (at == std::string::npos) {
        throw std::runtime_error("no " + name + " in " + page);
    }
    return std::stoull(page.substr(at + key.size()));
}

}  // namespace chihaya::test
