#include "core/base/duration.hpp"
#include "core/base/limits.hpp"
#include "core/config/listen_address.hpp"
#include "core/config/secret.hpp"
#include "core/config/sections.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace chihaya::config {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t header_name_max = 64;
constexpr std::array<std::string_view, 4> log_levels{"debug", "info", "warning", "error"};

void add_address(Fields& fields, const Entry& entry, std::vector<Address>& into) {
    const auto* text = entry.value->as<std::string>();
    if (text == nullptr) {
        fields.wrong(entry, std::string(listen_address_forms) + ", or a list of them",
                     entry.value->as<Number>() != nullptr ? "write a port alone as \":6881\""
                                                          : "write it in double quotes");
        return;
    }
    const auto addresses = parse_listen_address(*text);
    if (!addresses) {
        fields.wrong(entry, std::string(listen_address_forms), addresses.error().text);
        return;
    }
    for (const Address& address : *addresses) {
        if (std::ranges::find(into, address) == into.end()) {
            into.push_back(address);
        }
    }
}

void read_addresses(Fields& fields, std::string_view name, std::vector<Address>& into) {
    const Entry* entry = fields.find(name);
    if (entry == nullptr) {
        return;
    }
    into.clear();
    const auto* list = entry->value->as<List>();
    if (list == nullptr) {
        add_address(fields, *entry, into);
    } else if (list->size() > limits::listen_addresses_max) {
        fields.findings().error(
            {.what = entry->path,
             .found = std::to_string(list->size()) + " addresses",
             .accepted = "at most " + std::to_string(limits::listen_addresses_max),
             .remedy = "listen on every address with \":6881\"",
             .line = entry->value->line});
    } else {
        for (std::size_t i = 0; i < list->size(); ++i) {
            add_address(fields, {entry->path + '[' + std::to_string(i) + ']', &(*list)[i]}, into);
        }
    }
}

/// In v1 a zero switched a limit off; nothing here is without one.
void drop_old_zero(Fields& fields, const std::string& name, const std::string& present) {
    const Entry* entry = fields.find(name);
    if (entry == nullptr || entry->path == name) {
        return;
    }
    const auto* number = entry->value->as<Number>();
    const auto* text = entry->value->as<std::string>();
    const auto duration = parse_duration(text != nullptr ? *text : std::string());
    if ((number != nullptr && number->value == 0) || (duration && duration->count() == 0)) {
        fields.findings().warning(entry->path +
                                      ": 0 was no limit in Chihaya v1; the limit is now " +
                                      present + ", which is " + name,
                                  entry->value->line);
        fields.forget(name);
    }
}

void read_real_ip_header(Fields& fields, std::string& into) {
    std::string given = into;
    fields.text("real_ip_header", given, header_name_max);
    const bool is_token = std::ranges::all_of(given, [](char letter) {
        return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
               (letter >= '0' && letter <= '9') || letter == '-' || letter == '_';
    });
    if (is_token) {
        into = given;
    } else {
        fields.wrong(*fields.find("real_ip_header"), "the name of an HTTP header",
                     R"(write the name only, such as "X-Forwarded-For"; "" believes no header)");
    }
}

/// All nodes must read the same key out of it, so there is one way to write it.
void read_connection_id_key(Fields& fields, std::string& into) {
    const std::string name = "udp.connection_id_key";
    std::string given;
    read_secret(fields, name, given);
    const bool is_key = given.size() == 32 && std::ranges::all_of(given, [](unsigned char letter) {
                            return std::isxdigit(letter) != 0;
                        });
    if (given.empty() || is_key) {
        into = given;
        return;
    }
    for (const char* const ending : {"", "_file", "_env"}) {
        if (const Entry* const entry = fields.find(name + ending)) {
            fields.findings().error(
                {.what = entry->path,
                 .found = "a text of " + std::to_string(given.size()) + " bytes",
                 .accepted = "32 hex digits, the same on every node",
                 .remedy = "make one with: openssl rand -hex 16",
                 .line = entry->value->line});
            return;
        }
    }
}

bool on_loopback(const Address& address) {
    return address.host == "::1" || address.host.starts_with("127.");
}

/// Both on one port: the second would fail to bind, or be shadowed.
bool collide(const Address& left, const Address& right) {
    return left.port == right.port && left.port != 0 &&
           (left.host.empty() || right.host.empty() || left.host == right.host);
}

void check_management(Fields& fields, const Config& config) {
    const Management& management = config.management;
    const Entry* entry = fields.find("management.addr");
    const std::string path = entry != nullptr ? entry->path : "management.addr";
    const std::uint32_t line = entry != nullptr ? entry->value->line : 0;
    for (const Address& address : management.addr) {
        const auto taken = std::ranges::find_if(
            config.http.addr, [&](const Address& other) { return collide(address, other); });
        if (taken != config.http.addr.end()) {
            fields.findings().error({.what = path,
                                     .found = in_quotes(listen_address_text(address)) +
                                              ", which addr already takes with " +
                                              in_quotes(listen_address_text(*taken)),
                                     .accepted = "another port",
                                     .remedy = "6880 is usual for management",
                                     .line = line});
            return;
        }
    }
    const auto exposed = std::ranges::find_if_not(management.addr, on_loopback);
    if (management.token.empty() && exposed != management.addr.end()) {
        fields.findings().warning(path + ": found " + in_quotes(listen_address_text(*exposed)) +
                                      " without a token, so calls that write or show users are "
                                      "refused there; set management.token_file, or listen on "
                                      "\"127.0.0.1:6880\" only",
                                  line);
    }
}

}  // namespace

void read_frontends(Fields& fields, Config& config) {
    Http& http = config.http;
    read_addresses(fields, "addr", http.addr);
    read_real_ip_header(fields, http.real_ip_header);
    fields.flag("http.keep_alive", http.keep_alive);
    drop_old_zero(fields, "http.head_timeout", duration_text(http.head_timeout));
    fields.duration("http.head_timeout", http.head_timeout, 100ms, 5min);
    fields.duration("http.idle_timeout", http.idle_timeout, 1s, 1h);
    drop_old_zero(fields, "http.write_timeout", duration_text(http.write_timeout));
    fields.duration("http.write_timeout", http.write_timeout, 100ms, 5min);
    drop_old_zero(fields, "http.max_connections", std::to_string(http.max_connections));
    fields.whole("http.max_connections", http.max_connections, 1, limits::connections_ceiling);
    fields.flag("http.full_scrape", http.full_scrape);

    Udp& udp = config.udp;
    read_addresses(fields, "udp.addr", udp.addr);
    read_connection_id_key(fields, udp.connection_id_key);
    fields.flag("udp.strict", udp.strict);
    fields.flag("udp.batched", udp.batched);
    fields.whole("udp.receive_buffer", udp.receive_buffer, 0, limits::udp_receive_buffer_max);
}

void read_operation(Fields& fields, Config& config) {
    read_addresses(fields, "management.addr", config.management.addr);
    read_secret(fields, "management.token", config.management.token);
    check_management(fields, config);
    fields.word("log.level", config.log.level, log_levels);
}

}  // namespace chihaya::config
