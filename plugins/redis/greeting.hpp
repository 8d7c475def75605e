#pragma once

/// @file greeting.hpp
/// What is said to a server first, and which answers to it are good.

#include "plugins/redis/parameters.hpp"
#include "plugins/redis/reply.hpp"
#include "plugins/redis/store.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace chihaya::redis {

/// One pipeline of commands for every new connection.
class Greeting {
public:
    /// For a server that keeps data: who we are, which database, that it is a master, the scripts.
    /// Lifetime: `scripts` outlive the greeting
    [[nodiscard]] static Greeting for_server(const Parameters& parameters,
                                             std::span<const Script> scripts);

    /// For a sentinel.
    [[nodiscard]] static Greeting for_sentinel(const Parameters& parameters);

    [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }
    [[nodiscard]] std::size_t replies() const noexcept { return steps_.size(); }

    /// What is wrong with the reply to command `index`; empty when it will do.
    [[nodiscard]] std::string fault(std::size_t index, const Reply& reply) const;

    [[nodiscard]] std::size_t script_loads() const noexcept { return loads_.size(); }
    /// One SCRIPT LOAD, to say again.
    [[nodiscard]] std::string_view script_load(std::size_t index) const noexcept {
        return loads_[index];
    }

private:
    enum class Good { no_error, anything, master, sha1 };
    struct Step {
        const char* name;
        Good good;
        std::string_view sha1;
    };

    void say(std::string_view command, const Step& step);
    void introduce(const std::string& user, const std::string& password);

    std::string bytes_;
    std::vector<Step> steps_;
    std::vector<std::string> loads_;
};

}  // namespace chihaya::redis
