#pragma once

/// @file parameter_reader.hpp
/// Reads one `tracker.params` object, key by key; all that is wrong is reported together.

#include "plugins/redis/parameters.hpp"
#include "plugins/redis/secret.hpp"

#include <Poco/Dynamic/Var.h>
#include <Poco/JSON/Object.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace chihaya::redis {

/// Thread: any, one at a time
class ParameterReader {
public:
    ParameterReader(Host& control, const Poco::JSON::Object& object)
        : control_(control), object_(object) {}

    /// Errors: nothing, after a line for each thing that is wrong
    [[nodiscard]] std::optional<Parameters> read();

private:
    struct Key;
    struct Range {
        std::int64_t least;
        std::int64_t most;
    };

    void read_key(const std::string& key);
    void refuse(const std::string& key, const std::string& found, const std::string& accepted,
                const std::string& remedy);
    [[nodiscard]] std::string found(const std::string& key) const;

    // Each one leaves the default when it refuses.
    void read_text(const std::string& key, std::string& into);
    void read_number(const std::string& key, std::int64_t& into, Range range);
    void read_duration(const std::string& key, std::chrono::milliseconds& into);
    void read_tls_verify(const std::string& key);
    void read_secret(const std::string& key, std::string& into);
    void read_mode(const std::string& key);
    void read_prefix(const std::string& key);
    void read_url(const std::string& key);
    void add_url(const std::string& key, const Poco::Dynamic::Var& value);
    void read_host(const std::string& key);
    void read_port(const std::string& key);
    void ignore(const std::string& key);

    void agree(const std::string& what, std::string& first, const std::string& next);
    void check_together();
    void check_tls();

    Host& control_;
    const Poco::JSON::Object& object_;
    Parameters parameters_;
    std::vector<Url> urls_;
    std::string ignored_;
    bool wrong_ = false;
};

}  // namespace chihaya::redis
