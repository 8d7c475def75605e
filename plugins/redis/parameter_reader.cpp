#include "plugins/redis/parameter_reader.hpp"

#include "plugins/redis/duration.hpp"

#include <algorithm>
#include <array>
#include <limits>

namespace chihaya::redis {
namespace {

constexpr std::size_t prefix_max = 64;
constexpr std::chrono::milliseconds shortest{10};
constexpr std::chrono::milliseconds longest{60'000};
constexpr const char* in_quotes = "write it in double quotes";
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
    const char* name;
    void (*read)(ParameterReader& reader, const std::string& key);
};

void ParameterReader::read_key(const std::string& key) {
    using R = ParameterReader;
    using Name = const std::string&;
    constexpr auto old = [](R& r, Name k) {
        r.ignore(k);
    };
    constexpr auto password = [](R& r, Name k) {
        r.read_secret(k, r.parameters_.password);
    };
    constexpr auto sentinel = [](R& r, Name k) {
        r.read_secret(k, r.parameters_.sentinel_password);
    };
    static constexpr std::array<Key, 32> keys{{
        {"url",
         [](R& r, Name k) {
             r.read_url(k);
         }},
        {"host",
         [](R& r, Name k) {
             r.read_host(k);
         }},
        {"port",
         [](R& r, Name k) {
             r.read_port(k);
         }},
        {"user",
         [](R& r, Name k) {
             r.read_text(k, r.parameters_.user, "a user's name");
         }},
        {"pass", password},
        {"pass_file", password},
        {"pass_env", password},
        {"password", password},
        {"password_file", password},
        {"password_env", password},
        {"database",
         [](R& r, Name k) {
             std::int64_t number = 0;
             r.read_number(k, number, {0, std::numeric_limits<std::int32_t>::max()});
             r.parameters_.database = static_cast<std::uint32_t>(number);
         }},
        {"mode",
         [](R& r, Name k) {
             r.read_mode(k);
         }},
        {"master",
         [](R& r, Name k) {
             r.read_text(k, r.parameters_.master, "a master's name");
         }},
        {"sentinel_password", sentinel},
        {"sentinel_password_file", sentinel},
        {"sentinel_password_env", sentinel},
        {"prefix",
         [](R& r, Name k) {
             r.read_prefix(k);
         }},
        {"connect_timeout",
         [](R& r, Name k) {
             r.read_duration(k, r.parameters_.connect_timeout);
         }},
        {"timeout",
         [](R& r, Name k) {
             r.read_duration(k, r.parameters_.timeout);
         }},
        {"queue",
         [](R& r, Name k) {
             auto number = static_cast<std::int64_t>(r.parameters_.queue);
             r.read_number(k, number, {16, 1'000'000});
             r.parameters_.queue = static_cast<std::size_t>(number);
         }},
        {"tls_ca",
         [](R& r, Name k) {
             r.read_text(k, r.parameters_.tls_ca, "a file's name");
         }},
        {"tls_cert",
         [](R& r, Name k) {
             r.read_text(k, r.parameters_.tls_cert, "a file's name");
         }},
        {"tls_key",
         [](R& r, Name k) {
             r.read_text(k, r.parameters_.tls_key, "a file's name");
         }},
        {"tls_verify",
         [](R& r, Name k) {
             r.read_bool(k, r.parameters_.tls_verify);
         }},
        {"network", old},
        {"encoding", old},
        {"max_idle_conns", old},
        {"idle_timeout", old},
        {"conn_timeout", old},
        {"schema", old},
        {"max_open_conns", old},
        {"dsn", old},
    }};
    const auto* const known =
        std::ranges::find_if(keys, [&](const Key& candidate) { return key == candidate.name; });
    if (known != keys.end()) {
        known->read(*this, key);
        return;
    }
    control_.log(Severity::warning,
                 "tracker.params." + excerpt(key) +
                     ": unknown and ignored; accepted are url, host, port, user, password, "
                     "database, mode, master, sentinel_password, prefix, connect_timeout, timeout, "
                     "queue, tls_ca, tls_cert, tls_key and tls_verify");
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

void ParameterReader::read_text(const std::string& key, std::string& into,
                                const std::string& accepted) {
    const Poco::Dynamic::Var value = object_.get(key);
    if (!value.isString() || value.toString().find('\0') != std::string::npos) {
        return refuse(key, found(key), accepted, in_quotes);
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

void ParameterReader::read_bool(const std::string& key, bool& into) {
    const Poco::Dynamic::Var value = object_.get(key);
    if (!value.isBoolean()) {
        return refuse(key, found(key), "true or false", "leave it out for the default");
    }
    into = value.extract<bool>();
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
