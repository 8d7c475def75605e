#include "plugins/redis/parameter_reader.hpp"
#include "plugins/redis/tls.hpp"

#include <Poco/JSON/Array.h>

#include <algorithm>

// Where the servers are, and what only the parameters together can say.
namespace chihaya::redis {
namespace {

constexpr std::size_t urls_max = 64;
constexpr const char* url_forms =
    "redis://[user[:password]@]host[:port][/database], rediss:// for TLS, or "
    "unix://[user:password@]/path[?db=N]";

}  // namespace

void ParameterReader::read_url(const std::string& key) {
    const Poco::Dynamic::Var value = object_.get(key);
    if (value.type() != typeid(Poco::JSON::Array::Ptr)) {
        return add_url(key, value);
    }
    const auto& list = *value.extract<Poco::JSON::Array::Ptr>();
    if (list.size() == 0 || list.size() > urls_max) {
        return refuse(key, "a list of " + std::to_string(list.size()),
                      "a URL or a list of 1 to " + std::to_string(urls_max),
                      "a few of the nodes are enough");
    }
    for (unsigned int i = 0; i < list.size(); ++i) {
        add_url(key + "[" + std::to_string(i) + "]", list.get(i));
    }
}

void ParameterReader::add_url(const std::string& key, const Poco::Dynamic::Var& value) {
    auto url = value.isString() ? parse_url(value.toString()) : std::nullopt;
    if (!url) {
        const std::string found =
            value.isString() ? "a text of " + std::to_string(value.toString().size()) + " bytes"
                             : "no text";
        return refuse(key, found, url_forms, "percent-encode what is special in a password");
    }
    if (url->password == printed_secret) {
        const NoSecret none = std::get<NoSecret>(secret_itself(url->password));
        return refuse(key, none.found, none.accepted, none.remedy);
    }
    urls_.push_back(std::move(*url));
}

void ParameterReader::read_host(const std::string& key) {
    const Poco::Dynamic::Var value = object_.get(key);
    const auto endpoint =
        value.isString() ? parse_host_and_port(value.toString() + ":1") : std::nullopt;
    if (!endpoint || endpoint->host.empty()) {
        return refuse(key, found(key), "a name or an address without port",
                      "put the port into port, or use url");
    }
    parameters_.endpoints.front().host = endpoint->host;
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
    parameters_.endpoints.front().port = *port;
}

void ParameterReader::agree(const std::string& what, std::string& first, const std::string& next) {
    if (next.empty() || first == next) {
        return;
    }
    if (!first.empty()) {
        return refuse("url", "two different " + what + "s", "one " + what + " for all servers",
                      "give it once");
    }
    first = next;
}

void ParameterReader::check_together() {
    if (!urls_.empty()) {
        if (object_.has("host") || object_.has("port")) {
            refuse("url", "also host or port", "either url, or host and port", "remove the others");
        }
        parameters_.endpoints.clear();
    }
    std::string database = parameters_.database == 0 ? "" : std::to_string(parameters_.database);
    for (Url& url : urls_) {
        agree("user", parameters_.user, url.user);
        agree("password", parameters_.password, url.password);
        agree("database", database, url.database ? std::to_string(*url.database) : "");
        if (url.tls != urls_.front().tls) {
            refuse("url", "both redis:// and rediss://", "one of them for all servers",
                   "write the same for all");
        }
        if (parameters_.mode == Mode::sentinel && !url.has_port) {
            url.endpoint.port = default_sentinel_port;
        }
        parameters_.tls = url.tls;
        parameters_.endpoints.push_back(url.endpoint);
    }
    if (!database.empty()) {
        parameters_.database = static_cast<std::uint32_t>(std::stoul(database));
    }
    const bool on_a_socket = std::ranges::any_of(
        parameters_.endpoints, [](const Endpoint& endpoint) { return !endpoint.path.empty(); });
    if (parameters_.mode == Mode::single && parameters_.endpoints.size() > 1) {
        refuse("url", "a list of " + std::to_string(parameters_.endpoints.size()),
               "one URL where mode is \"single\"", R"(set mode to "cluster" or "sentinel")");
    }
    if (parameters_.mode != Mode::single && on_a_socket) {
        refuse("url", "unix://", "redis:// or rediss:// in this mode", "name hosts and ports");
    }
    if (parameters_.mode == Mode::cluster && parameters_.database != 0) {
        refuse("database", std::to_string(parameters_.database), "0, the only one of a Cluster",
               "leave it out, and choose a prefix");
    }
    if (!parameters_.user.empty() && parameters_.password.empty()) {
        control_.log(Severity::warning,
                     "tracker.params.user: ignored, since there is no password for it");
        parameters_.user.clear();
    }
    check_tls();
}

void ParameterReader::check_tls() {
    if (parameters_.tls_cert.empty() != parameters_.tls_key.empty()) {
        refuse(parameters_.tls_cert.empty() ? "tls_cert" : "tls_key", "nothing",
               "tls_cert and tls_key, or neither", "name both files");
    }
    if (!parameters_.tls && !(parameters_.tls_ca + parameters_.tls_cert).empty()) {
        control_.log(Severity::warning,
                     "tracker.params: tls_ca and tls_cert have no effect, since url is not "
                     "rediss://");
    }
    std::string fault;
    if (parameters_.tls && !wrong_ && make_tls_context(parameters_, fault) == nullptr) {
        wrong_ = true;
        control_.log(Severity::error, "tracker.params." + fault);
    }
}

}  // namespace chihaya::redis
