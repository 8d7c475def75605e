#include "plugins/gazelle/parameter_reader.hpp"

#include "plugins/gazelle/duration.hpp"
#include "plugins/gazelle/spelling.hpp"

#include <algorithm>
#include <array>
#include <type_traits>
#include <vector>

namespace chihaya::gazelle {
namespace {

constexpr const char* in_quotes = "write it in double quotes";
constexpr const char* for_the_default = "leave it out for the default";
constexpr const char* path = "backend.params.";

/// What the operator wrote, short enough for a log line.
std::string excerpt(const std::string& text) {
    constexpr std::size_t longest_excerpt = 60;
    return text.size() <= longest_excerpt ? text : text.substr(0, longest_excerpt) + "...";
}

bool names_a_secret(std::string_view key) {
    return key.find("pass") != std::string_view::npos || key == "url" || key == "site_url";
}

std::string text_of(std::chrono::milliseconds duration) {
    const auto count = duration.count();
    return count % 3'600'000 == 0 ? std::to_string(count / 3'600'000) + "h"
           : count % 60'000 == 0  ? std::to_string(count / 60'000) + "m"
           : count % 1'000 == 0   ? std::to_string(count / 1'000) + "s"
                                  : std::to_string(count) + "ms";
}

constexpr std::int64_t second = 1'000;
constexpr std::int64_t minute = 60 * second;
constexpr std::int64_t hour = 60 * minute;

}  // namespace

/// What is done with each key. `meaning` is the same for all spellings of one thing.
struct ParameterReader::Key {
    using Reader = ParameterReader;
    using Name = const std::string&;
    using P = Parameters;
    using D = DatabaseAddress;

    std::string_view name;
    std::string_view meaning;
    void (*read)(Reader& reader, Name key);

    template <auto member>
    static auto& field(Reader& reader) {
        if constexpr (std::is_same_v<decltype(member), std::string D::*> ||
                      std::is_same_v<decltype(member), bool D::*>) {
            return reader.parameters_.database.*member;
        } else if constexpr (std::is_same_v<decltype(member), std::string Reader::*>) {
            return reader.*member;
        } else {
            return reader.parameters_.*member;
        }
    }
    template <auto member>
    static void text(Reader& reader, Name key) {
        reader.read_text(key, field<member>(reader));
    }
    template <auto member>
    static void secret(Reader& reader, Name key) {
        reader.read_secret(key, field<member>(reader));
    }
    template <auto member>
    static void flag(Reader& reader, Name key) {
        reader.read_flag(key, field<member>(reader));
    }
    template <auto member, std::int64_t least, std::int64_t most>
    static void duration(Reader& reader, Name key) {
        auto& into = field<member>(reader);
        std::chrono::milliseconds value = into;
        reader.read_duration(key, value, {least, most});
        into = std::chrono::duration_cast<std::remove_reference_t<decltype(into)>>(value);
    }
    template <auto member, std::int64_t least, std::int64_t most>
    static void number(Reader& reader, Name key) {
        auto value = static_cast<std::int64_t>(field<member>(reader));
        reader.read_number(key, value, {least, most});
        field<member>(reader) =
            static_cast<std::remove_reference_t<decltype(field<member>(reader))>>(value);
    }
    template <auto member, const auto& choices>
    static void choice(Reader& reader, Name key) {
        auto value = static_cast<std::uint8_t>(field<member>(reader));
        reader.read_choice(key, value, choices);
        field<member>(reader) =
            static_cast<std::remove_reference_t<decltype(field<member>(reader))>>(value);
    }
    template <auto read>
    static void by(Reader& reader, Name key) {
        (reader.*read)(key);
    }

    static constexpr std::array<Choice, 3> dialects{{{"auto", 0}, {"whatcd", 1}, {"opsnet", 2}}};
    static constexpr std::array<Choice, 3> formats{{{"auto", 0}, {"text", 1}, {"json", 2}}};
    static constexpr std::array<Choice, 3> expiries{{{"site", 0}, {"sql", 1}, {"off", 2}}};

    static const std::array<Key, 60> all;
};

using R = ParameterReader;
const std::array<R::Key, 60> R::Key::all{{
    {"url", "url", &by<&R::read_url>},
    {"host", "host", &by<&R::read_host>},
    {"mysql_host", "host", &by<&R::read_host>},
    {"port", "port", &by<&R::read_port>},
    {"mysql_port", "port", &by<&R::read_port>},
    {"socket", "socket", &by<&R::read_socket>},
    {"user", "user", &text<&D::user>},
    {"mysql_username", "user", &text<&D::user>},
    {"pass", "password", &secret<&D::password>},
    {"pass_file", "password", &secret<&D::password>},
    {"pass_env", "password", &secret<&D::password>},
    {"password", "password", &secret<&D::password>},
    {"password_file", "password", &secret<&D::password>},
    {"password_env", "password", &secret<&D::password>},
    {"mysql_password", "password", &secret<&D::password>},
    {"schema", "schema", &by<&R::read_schema>},
    {"mysql_db", "schema", &by<&R::read_schema>},
    {"tls", "tls", &flag<&D::wants_tls>},
    {"tls_ca", "tls_ca", &text<&D::tls_ca>},
    {"timeout", "timeout", &duration<&P::timeout, second, 10 * minute>},
    {"dialect", "dialect", &choice<&P::dialect, dialects>},
    {"site_password", "site_password", &secret<&P::site_password>},
    {"site_password_file", "site_password", &secret<&P::site_password>},
    {"site_password_env", "site_password", &secret<&P::site_password>},
    {"report_password", "report_password", &secret<&P::report_password>},
    {"report_password_file", "report_password", &secret<&P::report_password>},
    {"report_password_env", "report_password", &secret<&P::report_password>},
    {"control_from", "control_from", &by<&R::read_networks>},
    {"report_format", "report_format", &choice<&P::report_format, formats>},
    {"site_url", "site_url", &by<&R::read_site_url>},
    {"site_host", "site_host", &text<&R::site_host_>},
    {"site_path", "site_path", &text<&R::site_path_>},
    {"site_service", "site_service", &text<&R::site_service_>},
    {"token_expiry", "token_expiry", &choice<&P::token_expiry, expiries>},
    {"flush_interval", "flush_interval", &duration<&P::flush_interval, 100, 10 * minute>},
    {"schedule_interval", "flush_interval", &duration<&P::flush_interval, 100, 10 * minute>},
    {"reload_interval", "reload_interval", &duration<&P::reload_interval, 0, 24 * hour>},
    {"numwant_limit", "numwant_limit", &number<&P::num_want_max, 1, 1'000>},
    {"spool_limit", "spool_limit", &by<&R::read_bytes>},
    {"clear_peers_on_start", "clear_peers_on_start", &flag<&P::clear_peers_on_start>},
    {"readonly", "readonly", &flag<&P::is_read_only>},
    {"failure_interval", "failure_interval", &duration<&P::failure_interval, second, 24 * hour>},
    {"delete_reasons", "delete_reasons", &by<&R::read_reasons>},
    {"driver", "driver", &by<&R::ignore>},
    {"max_idle_conns", "max_idle_conns", &by<&R::ignore>},
    {"max_open_conns", "max_open_conns", &by<&R::ignore>},
    {"listen_port", "listen_port", &by<&R::ignore>},
    {"max_connections", "max_connections", &by<&R::ignore>},
    {"max_middlemen", "max_middlemen", &by<&R::ignore>},
    {"max_read_buffer", "max_read_buffer", &by<&R::ignore>},
    {"max_request_size", "max_request_size", &by<&R::ignore>},
    {"connection_timeout", "connection_timeout", &by<&R::ignore>},
    {"keepalive_timeout", "keepalive_timeout", &by<&R::ignore>},
    {"announce_interval", "announce_interval", &by<&R::ignore>},
    {"announce_jitter", "announce_jitter", &by<&R::ignore>},
    {"request_log_size", "request_log_size", &by<&R::ignore>},
    {"del_reason_lifetime", "del_reason_lifetime", &by<&R::ignore>},
    {"peers_timeout", "peers_timeout", &by<&R::ignore>},
    {"reap_peers_interval", "reap_peers_interval", &by<&R::ignore>},
    {"daemonize", "daemonize", &by<&R::ignore>},
}};

void ParameterReader::read_key(const std::string& key) {
    const auto* const known =
        std::ranges::find_if(Key::all, [&](const Key& each) { return key == each.name; });
    if (known == Key::all.end()) {
        std::vector<std::string_view> names;
        for (const Key& each : Key::all) {
            names.push_back(each.name);
        }
        const std::string near(nearest(key, names));
        errors_.warnings.push_back(path + excerpt(key) + ": unknown and ignored" +
                                   (near.empty() ? "" : "; did you mean " + near + '?'));
    } else if (!given_.insert(known->meaning).second) {
        refuse(key, "a second " + std::string(known->meaning), "one of the keys that give it",
               "remove the others");
    } else {
        known->read(*this, key);
    }
}

Parameters ParameterReader::read() {
    for (const std::string& key : object_.getNames()) {
        if (!object_.isNull(key)) {
            read_key(key);
        }
    }
    if (!ignored_.empty()) {
        errors_.warnings.push_back(
            "backend.params: ignored, since the tracker has settings of its "
            "own for what these say: " +
            ignored_);
    }
    if (errors_.texts.empty()) {
        check_together();
    }
    return std::move(parameters_);
}

void ParameterReader::refuse(const std::string& key, const std::string& found,
                             const std::string& accepted, const std::string& remedy) {
    errors_.texts.push_back(path + key + ": found " + found + ", accepted is " + accepted + "; " +
                            remedy);
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
                      for_the_default);
    }
    into = value.convert<std::int64_t>();
}

void ParameterReader::read_flag(const std::string& key, bool& into) {
    const Poco::Dynamic::Var value = object_.get(key);
    if (!value.isBoolean()) {
        return refuse(key, found(key), "true or false", for_the_default);
    }
    into = value.extract<bool>();
}

void ParameterReader::read_duration(const std::string& key, std::chrono::milliseconds& into,
                                    Range range) {
    const Poco::Dynamic::Var value = object_.get(key);
    const auto duration = value.isString() ? parse_duration(value.toString()) : std::nullopt;
    if (!duration || duration->count() < range.least || duration->count() > range.most) {
        return refuse(key, found(key),
                      "a duration from \"" + text_of(std::chrono::milliseconds(range.least)) +
                          "\" to \"" + text_of(std::chrono::milliseconds(range.most)) +
                          "\", such as \"3s\"",
                      for_the_default);
    }
    into = *duration;
}

void ParameterReader::read_secret(const std::string& key, std::string& into) {
    const Poco::Dynamic::Var value = object_.get(key);
    if (!value.isString()) {
        return refuse(key, "no text", "a text", in_quotes);
    }
    if (value.toString().empty()) {
        return;
    }
    const Secret secret = key.ends_with("_file")  ? secret_from_file(value.toString())
                          : key.ends_with("_env") ? secret_from_environment(value.toString())
                                                  : secret_itself(value.toString());
    if (const auto* none = std::get_if<NoSecret>(&secret)) {
        return refuse(key, none->found, none->accepted, none->remedy);
    }
    into = std::get<std::string>(secret);
}

void ParameterReader::read_choice(const std::string& key, std::uint8_t& into,
                                  std::span<const Choice> choices) {
    const Poco::Dynamic::Var value = object_.get(key);
    std::string accepted;
    for (const Choice& choice : choices) {
        if (value.isString() && value.toString() == choice.name) {
            into = choice.value;
            return;
        }
        accepted += (accepted.empty() ? "\"" : ", \"") + std::string(choice.name) + '"';
    }
    refuse(key, found(key), "one of " + accepted, for_the_default);
}

void ParameterReader::ignore(const std::string& key) {
    ignored_ += (ignored_.empty() ? "" : ", ") + key;
}

}  // namespace chihaya::gazelle
