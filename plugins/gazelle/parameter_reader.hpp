#pragma once

/// @file parameter_reader.hpp
/// Reads one `backend.params` object, key by key; all that is wrong is reported together.

#include "plugins/gazelle/parameters.hpp"
#include "plugins/gazelle/secret.hpp"

#include <Poco/Dynamic/Var.h>
#include <Poco/JSON/Object.h>

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>

namespace chihaya::gazelle {

/// Thread: any, one at a time
class ParameterReader {
public:
    ParameterReader(ParameterErrors& errors, const Poco::JSON::Object& object)
        : errors_(errors), object_(object) {}

    /// Errors: a text for each thing that is wrong
    [[nodiscard]] Parameters read();

private:
    struct Key;
    struct Range {
        std::int64_t least;
        std::int64_t most;
    };
    struct Choice {
        std::string_view name;
        std::uint8_t value;
    };

    void read_key(const std::string& key);
    void refuse(const std::string& key, const std::string& found, const std::string& accepted,
                const std::string& remedy);
    [[nodiscard]] std::string found(const std::string& key) const;

    // Each one leaves the default when it refuses.
    void read_text(const std::string& key, std::string& into);
    void read_number(const std::string& key, std::int64_t& into, Range range);
    void read_flag(const std::string& key, bool& into);
    void read_duration(const std::string& key, std::chrono::milliseconds& into, Range range);
    void read_secret(const std::string& key, std::string& into);
    void read_choice(const std::string& key, std::uint8_t& into, std::span<const Choice> choices);
    void read_url(const std::string& key);
    void read_host(const std::string& key);
    void read_port(const std::string& key);
    void read_schema(const std::string& key);
    void read_socket(const std::string& key);
    void read_site_url(const std::string& key);
    void read_networks(const std::string& key);
    void read_bytes(const std::string& key);
    void read_reasons(const std::string& key);
    void ignore(const std::string& key);

    void check_together();
    void check_address();
    void check_site();
    void check_call_password(const std::string& key, const std::string& password);

    ParameterErrors& errors_;
    const Poco::JSON::Object& object_;
    Parameters parameters_;
    std::set<std::string_view> given_;  // what was said, however it was spelled
    std::string site_host_;
    std::string site_path_;
    std::string site_service_;
    std::string ignored_;
};

}  // namespace chihaya::gazelle
