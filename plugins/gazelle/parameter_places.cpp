#include "chihaya/registry.hpp"
#include "plugins/gazelle/database_url.hpp"
#include "plugins/gazelle/limits.hpp"
#include "plugins/gazelle/parameter_reader.hpp"

#include <Poco/JSON/Array.h>
#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>

// Where the database and the site are, and what only the parameters together can say.
namespace chihaya::gazelle {
namespace {

constexpr std::size_t call_password_size = 32;
constexpr std::size_t reason_max = sizeof(TorrentErasure::reason) - 1;
constexpr const char* url_forms =
    "mysql://[user[:password]@]host[:port][/schema] or "
    "mysql://[user[:password]@]/schema?socket=/path";

/// "10.0.0.0/8", "::1"
bool is_network(std::string_view text) {
    const std::size_t slash = text.find('/');
    const std::string address(text.substr(0, slash));
    in6_addr parsed{};
    const bool is_v4 = ::inet_pton(AF_INET, address.c_str(), &parsed) == 1;
    if (!is_v4 && ::inet_pton(AF_INET6, address.c_str(), &parsed) != 1) {
        return false;
    }
    if (slash == std::string_view::npos) {
        return true;
    }
    const std::string_view digits = text.substr(slash + 1);
    unsigned bits = 0;
    const char* const last = digits.data() + digits.size();
    const auto [end, error] = std::from_chars(digits.data(), last, bits);
    return error == std::errc{} && end == last && bits <= (is_v4 ? 32U : 128U);
}

/// "512MiB", "4 GiB", "1048576"
std::optional<std::uint64_t> parse_bytes(std::string_view text) {
    struct Unit {
        std::string_view name;
        unsigned shift;
    };
    std::uint64_t value = 0;
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, value);
    std::string_view unit(end, static_cast<std::size_t>(last - end));
    if (error != std::errc{} || end == text.data()) {
        return std::nullopt;
    }
    unit.remove_prefix(unit.starts_with(' ') ? 1 : 0);
    for (const Unit known : {Unit{"", 0}, {"KiB", 10}, {"MiB", 20}, {"GiB", 30}, {"TiB", 40}}) {
        if (unit == known.name) {
            const bool fits = value <= (~std::uint64_t{0} >> 1U) >> known.shift;
            return fits ? std::optional(value << known.shift) : std::nullopt;
        }
    }
    return std::nullopt;
}

bool is_site_url(std::string_view text) {
    const bool is_web = text.starts_with("http://") || text.starts_with("https://");
    const std::string_view rest = text.substr(std::min(text.size(), text.find("://") + 3));
    std::string_view place = rest.substr(0, rest.find('/'));
    const std::size_t colon = place.rfind(':');
    if (colon != std::string_view::npos && !place.ends_with(']')) {
        if (!parse_port(place.substr(colon + 1))) {
            return false;
        }
        place = place.substr(0, colon);
    }
    if (place.starts_with('[') && place.ends_with(']')) {
        place = place.substr(1, place.size() - 2);
    }
    return is_web && is_host(place) && std::ranges::all_of(rest, [](char letter) {
               return letter > 0x20 && letter < 0x7f && letter != '?' && letter != '#' &&
                      letter != '@';
           });
}

}  // namespace

void ParameterReader::read_url(const std::string& key) {
    const Poco::Dynamic::Var value = object_.get(key);
    auto address = value.isString() ? parse_database_url(value.toString()) : std::nullopt;
    if (!address) {
        return refuse(key, found(key), url_forms, "percent-encode what is special in a password");
    }
    if (address->password == printed_secret) {
        const NoSecret none = std::get<NoSecret>(secret_itself(address->password));
        return refuse(key, none.found, none.accepted, none.remedy);
    }
    DatabaseAddress& into = parameters_.database;
    std::vector<const char*> said{"host", "port", "schema", "socket"};
    if (!address->user.empty()) {
        said.push_back("user");
    }
    if (!address->password.empty()) {
        said.push_back("password");
    }
    for (const char* const other : said) {
        if (!given_.insert(other).second) {
            return refuse(key, "also " + std::string(other), "either url or what it consists of",
                          "remove the others");
        }
    }
    into.host = address->host;
    into.port = address->port;
    into.schema = address->schema;
    into.unix_socket = address->unix_socket;
    if (!address->user.empty()) {
        into.user = address->user;
    }
    if (!address->password.empty()) {
        into.password = address->password;
    }
}

void ParameterReader::read_host(const std::string& key) {
    const Poco::Dynamic::Var value = object_.get(key);
    if (!value.isString() || !is_host(value.toString())) {
        return refuse(key, found(key), "a name or an address without port",
                      "put the port into port, or use url");
    }
    parameters_.database.host = value.toString();
}

void ParameterReader::read_port(const std::string& key) {
    const Poco::Dynamic::Var value = object_.get(key);
    const auto port = value.isString() || (value.isInteger() && !value.isBoolean())
                          ? parse_port(value.toString())
                          : std::nullopt;
    if (!port) {
        return refuse(key, found(key), "a whole number from 1 to 65535",
                      "leave it out for the default");
    }
    parameters_.database.port = *port;
}

void ParameterReader::read_schema(const std::string& key) {
    const Poco::Dynamic::Var value = object_.get(key);
    if (!value.isString() || !is_schema(value.toString())) {
        return refuse(key, found(key), "up to 64 letters, digits, '_', '$' and '-'",
                      "write the name of the site's database");
    }
    parameters_.database.schema = value.toString();
}

void ParameterReader::read_socket(const std::string& key) {
    read_text(key, parameters_.database.unix_socket);
    if (!parameters_.database.unix_socket.empty() &&
        !parameters_.database.unix_socket.starts_with('/')) {
        refuse(key, found(key), "an absolute path", "write what the server's option socket says");
    }
}

void ParameterReader::read_site_url(const std::string& key) {
    const Poco::Dynamic::Var value = object_.get(key);
    if (!value.isString() || !is_site_url(value.toString())) {
        return refuse(key, found(key), "http:// or https://, a host, a port and a folder",
                      "write the address of the folder in which the site's tools.php is");
    }
    std::string url = value.toString();
    while (url.ends_with('/')) {
        url.pop_back();
    }
    parameters_.site.url = url;
}

void ParameterReader::read_networks(const std::string& key) {
    const Poco::Dynamic::Var value = object_.get(key);
    std::vector<Poco::Dynamic::Var> list;
    if (value.type() == typeid(Poco::JSON::Array::Ptr)) {
        const auto& array = *value.extract<Poco::JSON::Array::Ptr>();
        list.assign(array.begin(), array.end());
    } else {
        list.push_back(value);
    }
    std::vector<std::string> networks;
    for (std::size_t i = 0; i < list.size() && i <= limits::networks_max; ++i) {
        if (!list[i].isString() || !is_network(list[i].toString())) {
            return refuse(key + "[" + std::to_string(i) + "]", "no network",
                          "an address, or one with the bits that count, such as \"10.0.0.0/8\"",
                          "write the addresses of the site's servers");
        }
        networks.push_back(list[i].toString());
    }
    if (networks.size() > limits::networks_max) {
        return refuse(key, "a list of " + std::to_string(list.size()),
                      "up to " + std::to_string(limits::networks_max), "write wider networks");
    }
    parameters_.control_from = std::move(networks);
}

void ParameterReader::read_bytes(const std::string& key) {
    constexpr std::uint64_t least = std::uint64_t{1} << 20U;
    const Poco::Dynamic::Var value = object_.get(key);
    const bool is_fit = value.isString() || (value.isInteger() && !value.isBoolean());
    const auto bytes = is_fit ? parse_bytes(value.toString()) : std::nullopt;
    if (!bytes || *bytes < least) {
        return refuse(key, found(key), "a number of bytes from \"1MiB\", such as \"4GiB\"",
                      "leave it out for the default");
    }
    parameters_.spool_limit = *bytes;
}

void ParameterReader::read_reasons(const std::string& key) {
    const Poco::Dynamic::Var value = object_.get(key);
    if (value.type() != typeid(Poco::JSON::Object::Ptr)) {
        return refuse(key, found(key), R"(an object such as {"1": "Trump"})",
                      "leave it out for the known reasons");
    }
    const auto& object = *value.extract<Poco::JSON::Object::Ptr>();
    if (object.size() > limits::delete_reasons_max) {
        return refuse(key, std::to_string(object.size()) + " reasons",
                      "up to " + std::to_string(limits::delete_reasons_max),
                      "leave out those that the site does not send");
    }
    for (const auto& [name, reason] : object) {
        std::int32_t number = 0;
        const char* const last = name.data() + name.size();
        const auto [end, error] = std::from_chars(name.data(), last, number);
        const std::string text = reason.isString() ? reason.toString() : std::string();
        const bool is_plain = std::ranges::all_of(
            text, [](unsigned char letter) { return letter >= 0x20 && letter != 0x7f; });
        if (error != std::errc{} || end != last || text.empty() || text.size() > reason_max ||
            !is_plain) {
            return refuse(key + '.' + name.substr(0, 20), "no reason",
                          "a number and a text of up to " + std::to_string(reason_max) + " bytes",
                          "shorten it");
        }
        parameters_.delete_reasons[number] = text;
    }
}

void ParameterReader::check_together() {
    check_address();
    check_site();
    check_call_password("site_password", parameters_.site_password);
    check_call_password("report_password", parameters_.report_password);
    if (!parameters_.site_password.empty() &&
        parameters_.site_password == parameters_.report_password) {
        refuse("report_password", "the same as site_password", "another one",
               "or calls could not be told from reports");
    }
}

void ParameterReader::check_address() {
    const DatabaseAddress& database = parameters_.database;
    if (database.user.empty()) {
        refuse("user", "nothing", "the name of the tracker's account in the database",
               "make one for it; the README says which rights it needs");
    }
    if (!database.wants_tls && !database.tls_ca.empty()) {
        refuse("tls_ca", "a file, but tls is false", "tls_ca where tls is true",
               "set tls to true, or leave out tls_ca");
    }
}

void ParameterReader::check_site() {
    if (!site_host_.empty()) {
        const std::string service = site_service_.empty() ? "http" : site_service_;
        const bool is_named = service == "http" || service == "https";
        std::string path = site_path_;
        while (path.ends_with('/')) {
            path.pop_back();
        }
        const std::string url = (service == "https" ? "https://" : "http://") + site_host_ +
                                (is_named ? "" : ':' + service) +
                                (path.empty() || path.starts_with('/') ? path : '/' + path);
        if (given_.contains("site_url")) {
            return refuse("site_host", "also site_url", "one of both", "remove site_host");
        }
        if (!is_site_url(url)) {
            return refuse("site_host", "no address together with site_path and site_service",
                          "a host, a folder, and http, https or a port", "use site_url");
        }
        parameters_.site.url = url;
    }
    if (parameters_.token_expiry != TokenExpiry::site) {
        return;
    }
    if (parameters_.site.url.empty()) {
        if (given_.contains("token_expiry")) {
            return refuse("token_expiry", "\"site\" without site_url",
                          "\"site\" with site_url and site_password, \"sql\" or \"off\"",
                          "set site_url");
        }
        parameters_.token_expiry = TokenExpiry::off;
        errors_.warnings.emplace_back(
            "backend.params.site_url: not set, so freeleech tokens that are used up are not ended");
    } else if (parameters_.site_password.empty()) {
        refuse("site_password", "nothing", "32 characters, as the site needs them to end tokens",
               "write what the site calls TRACKER_SECRET");
    }
}

void ParameterReader::check_call_password(const std::string& key, const std::string& password) {
    if (password.empty()) {
        return;
    }
    const bool is_plain = std::ranges::all_of(password, [](char letter) {
        return (letter >= '0' && letter <= '9') || (letter >= 'a' && letter <= 'z') ||
               (letter >= 'A' && letter <= 'Z') || letter == '-' || letter == '_' ||
               letter == '.' || letter == '~';
    });
    if (password.size() != call_password_size || !is_plain) {
        refuse(key, "a text of " + std::to_string(password.size()) + " bytes",
               "32 letters and digits", "write the same as in the site's configuration");
    } else if (std::ranges::count(password, password.front()) ==
               static_cast<std::ptrdiff_t>(call_password_size)) {
        refuse(key, "one letter 32 times", "a password that nobody guesses",
               "make a random one, and write it into the site's configuration, too");
    }
}

}  // namespace chihaya::gazelle
