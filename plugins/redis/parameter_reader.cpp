#include "plugins/redis/parameter_reader.hpp"

#include "plugins/redis/duration.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <type_traits>

namespace chihaya::redis {
namespace {

constexpr std::size_t prefix_max = 64;
constexpr std::chrono::milliseconds shortest{10};
constexpr std::chrono::milliseconds longest{60'000};
constexpr const char* in_quotes = "write it in double quotes";
constexpr const char* accepted_keys =
    ": unknown and ignored; accepted are url, host, port, user, password, database, mode, master, "
    "sentinel_password, prefix, connect_timeout, timeout, queue, tls_ca, tls_cert, tls_key and "
    "tls_verify";

/// What the operator wrote, short enough for a log line.
std::string excerpt(const std::string& text) {
    constexpr std::size_t longest_excerpt = 60;
    return text.size() <= longest_excerpt ? text : text.substr(0, longest_excerpt) + "...";
}

bool names_a_secret(std::string_view key) {
    return key.find("pass") != std::string_view::npos || key == "url";
}

}  // namespace

/// What is done with each key.
struct ParameterReader::Key {
    using Reader = ParameterReader;
    using Name = const std::string&;

    const char* name;
    void (*read)(Reader& reader, Name key);

    template <auto member>
    static void text(Reader& reader, Name key) {
        reader.read_text(key, reader.parameters_.*member);
    }
    template <auto member>
    static void secret(Reader& reader, Name key) {
        reader.read_secret(key, reader.parameters_.*member);
    }
    template <auto member>
    static void duration(Reader& reader, Name key) {
        reader.read_duration(key, reader.parameters_.*member);
    }
    template <auto member, std::int64_t least, std::int64_t most>
    static void number(Reader& reader, Name key) {
        auto& field = reader.parameters_.*member;
        auto value = static_cast<std::int64_t>(field);
        reader.read_number(key, value, {least, most});
        field = static_cast<std::remove_reference_t<decltype(field)>>(value);
    }
    template <auto read>
    static void by(Reader& reader, Name key) {
        (reader.*read)(key);
    }
};

void ParameterReader::read_key(const std::string& key) {
    using P = Parameters;
    using R = ParameterReader;
    constexpr std::int64_t databases = std::numeric_limits<std::int32_t>::max();
    static constexpr std::array<Key, 32> keys{{
        {"url", &Key::by<&R::read_url>},
        {"host", &Key::by<&R::read_host>},
        {"port", &Key::by<&R::read_port>},
        {"user", &Key::text<&P::user>},
        {"pass", &Key::secret<&P::password>},
        {"pass_file", &Key::secret<&P::password>},
        {"pass_env", &Key::secret<&P::password>},
        {"password", &Key::secret<&P::password>},
        {"password_file", &Key::secret<&P::password>},
        {"password_env", &Key::secret<&P::password>},
        {"database", &Key::number<&P::database, 0, databases>},
        {"mode", &Key::by<&R::read_mode>},
        {"master", &Key::text<&P::master>},
        {"sentinel_password", &Key::secret<&P::sentinel_password>},
        {"sentinel_password_file", &Key::secret<&P::sentinel_password>},
        {"sentinel_password_env", &Key::secret<&P::sentinel_password>},
        {"prefix", &Key::by<&R::read_prefix>},
        {"connect_timeout", &Key::duration<&P::connect_timeout>},
        {"timeout", &Key::duration<&P::timeout>},
        {"queue", &Key::number<&P::queue, 16, 1'000'000>},
        {"tls_ca", &Key::text<&P::tls_ca>},
        {"tls_cert", &Key::text<&P::tls_cert>},
        {"tls_key", &Key::text<&P::tls_key>},
        {"tls_verify", &Key::by<&R::read_tls_verify>},
        {"network", &Key::by<&R::ignore>},
        {"encoding", &Key::by<&R::ignore>},
        {"max_idle_conns", &Key::by<&R::ignore>},
        {"max_open_conns", &Key::by<&R::ignore>},
        {"idle_timeout", &Key::by<&R::ignore>},
        {"conn_timeout", &Key::by<&R::ignore>},
        {"schema", &Key::by<&R::ignore>},
        {"dsn", &Key::by<&R::ignore>},
    }};
    const auto* const known =
        std::ranges::find_if(keys, [&](const Key& candidate) { return key == candidate.name; });
    if (known != keys.end()) {
        return known->read(*this, key);
    }
    control_.log(Severity::warning, "tracker.params." + excerpt(key) + accepted_keys);
}

std::optional<Parameters> ParameterReader::read() {
    for (const std::string& key : object_.getNames()) {
        if (!object_.isNull(key)) {
            read_key(key);
        }
    }
    if (!ignored_.empty()) {
        control_.log(Severity::warning,
                     "tracker.params: ignored, since every worker keeps one connection to each "
                     "Redis: " +
                         ignored_);
    }
    if (!wrong_) {
        check_together();
    }
    if (wrong_) {
        return std::nullopt;
    }
    return std::move(parameters_);
}

void ParameterReader::refuse(const std::string& key, const std::string& found,
                             const std::string& accepted, const std::string& remedy) {
    wrong_ = true;
    control_.log(Severity::error, "tracker.params." + key + ": found " + found + ", accepted is " +
                                      accepted + "; " + remedy);
}

std::string ParameterReader::found(const std::string& key) const {
    const Poco::Dynamic::Var value = object_.get(key);
    if (names_a_secret(key)) {
        return value.isString() ? "a text of " + std::to_string(value.toString().size()) + " bytes"
                                : "no text";
    }
    return excerpt(Poco::Dynamic::Var::toString(value));
}

void ParameterReader::read_text(const std::string& key, std::string& into) {
    const Poco::Dynamic::Var value = object_.get(key);
    if (!value.isString() || value.toString().find('\0') != std::string::npos) {
        return refuse(key, found(key), "a text", in_quotes);
    }
    if (!value.toString().empty()) {
        into = value.toString();
    }
}

void ParameterReader::read_number(const std::string& key, std::int64_t& into, Range range) {
    const Poco::Dynamic::Var value = object_.get(key);
    const bool whole = value.isInteger() && !value.isBoolean();
    if (!whole || value.convert<std::int64_t>() < range.least ||
        value.convert<std::int64_t>() > range.most) {
        return refuse(key, found(key),
                      "a whole number from " + std::to_string(range.least) + " to " +
                          std::to_string(range.most),
                      "leave it out for the default");
    }
    into = value.convert<std::int64_t>();
}

void ParameterReader::read_duration(const std::string& key, std::chrono::milliseconds& into) {
    const Poco::Dynamic::Var value = object_.get(key);
    const auto duration = value.isString() ? parse_duration(value.toString()) : std::nullopt;
    if (!duration || *duration < shortest || *duration > longest) {
        return refuse(key, found(key), "a duration from \"10ms\" to \"1m\", such as \"1.5s\"",
                      "leave it out for the default");
    }
    into = *duration;
}

void ParameterReader::read_tls_verify(const std::string& key) {
    const Poco::Dynamic::Var value = object_.get(key);
    if (!value.isBoolean()) {
        return refuse(key, found(key), "true or false", "leave it out for the default");
    }
    parameters_.tls_verify = value.extract<bool>();
}

void ParameterReader::read_secret(const std::string& key, std::string& into) {
    const Poco::Dynamic::Var value = object_.get(key);
    if (!value.isString()) {
        return refuse(key, "no text", "a text", in_quotes);
    }
    if (value.toString().empty()) {
        return;
    }
    if (!into.empty()) {
        return refuse(key, "a second password", "one of the keys that give it",
                      "remove the others");
    }
    const Secret secret = key.ends_with("_file")  ? secret_from_file(value.toString())
                          : key.ends_with("_env") ? secret_from_environment(value.toString())
                                                  : secret_itself(value.toString());
    if (const auto* none = std::get_if<NoSecret>(&secret)) {
        return refuse(key, none->found, none->accepted, none->remedy);
    }
    into = std::get<std::string>(secret);
}

void ParameterReader::read_mode(const std::string& key) {
    const Poco::Dynamic::Var value = object_.get(key);
    const std::string text = value.isString() ? value.toString() : std::string();
    if (text == "single") {
        parameters_.mode = Mode::single;
    } else if (text == "sentinel") {
        parameters_.mode = Mode::sentinel;
    } else if (text == "cluster") {
        parameters_.mode = Mode::cluster;
    } else {
        refuse(key, found(key), R"("single", "sentinel" or "cluster")",
               "leave it out for one server");
    }
}

void ParameterReader::read_prefix(const std::string& key) {
    const Poco::Dynamic::Var value = object_.get(key);
    const std::string text = value.isString() ? value.toString() : std::string("{");
    const bool fine = text.size() <= prefix_max && std::ranges::all_of(text, [](char letter) {
                          return letter > 0x20 && letter < 0x7f && letter != '{' && letter != '}';
                      });
    if (!fine) {
        return refuse(key, found(key),
                      "up to " + std::to_string(prefix_max) +
                          " printable ASCII characters without blanks and braces",
                      "choose one such as \"chihaya:\"");
    }
    parameters_.prefix = text;
}

void ParameterReader::ignore(const std::string& key) {
    ignored_ += (ignored_.empty() ? "" : ", ") + key;
}

}  // namespace chihaya::redis
