#include "plugins/redis/greeting.hpp"

#include "plugins/redis/command.hpp"
#include "plugins/redis/trouble.hpp"

#include <algorithm>

namespace chihaya::redis {
namespace {

bool same_digits(std::string_view left, std::string_view right) noexcept {
    const auto lower = [](char letter) {
        return letter >= 'A' && letter <= 'F' ? static_cast<char>(letter + 0x20) : letter;
    };
    return std::ranges::equal(left, right, {}, lower, lower);
}

}  // namespace

void Greeting::say(std::string_view command, const Step& step) {
    bytes_.append(command);
    steps_.push_back(step);
}

void Greeting::introduce(const std::string& user, const std::string& password) {
    Command command;
    if (!password.empty()) {
        command.begin(user.empty() ? 2 : 3).add("AUTH");
        if (!user.empty()) {
            command.add(user);
        }
        say(command.add(password).bytes(), {"AUTH", Good::no_error, {}});
    }
    // Only a name: an ACL may forbid it, and old servers do not know it.
    say(command.begin(3).add("CLIENT").add("SETNAME").add("chihaya").bytes(),
        {"CLIENT SETNAME", Good::anything, {}});
}

Greeting Greeting::for_server(const Parameters& parameters, std::span<const Script> scripts) {
    Greeting greeting;
    Command command;
    greeting.introduce(parameters.user, parameters.password);
    if (parameters.database != 0) {
        command.begin(2).add("SELECT").add(std::int64_t{parameters.database});
        greeting.say(command.bytes(), {"SELECT", Good::no_error, {}});
    }
    if (parameters.mode != Mode::cluster) {
        greeting.say(command.begin(1).add("ROLE").bytes(), {"ROLE", Good::master, {}});
    }
    for (const Script& script : scripts) {
        command.begin(3).add("SCRIPT").add("LOAD").add(script.source);
        greeting.loads_.emplace_back(command.bytes());
        greeting.say(command.bytes(), {"SCRIPT LOAD", Good::sha1, script.sha1});
    }
    return greeting;
}

Greeting Greeting::for_sentinel(const Parameters& parameters) {
    Greeting greeting;
    greeting.introduce({}, parameters.sentinel_password);
    return greeting;
}

std::string Greeting::fault(std::size_t index, const Reply& reply) const {
    const Step& step = steps_[index];
    const std::string name = step.name;
    switch (step.good) {
        case Good::anything:
            return {};
        case Good::master:
            // An ACL may forbid ROLE, and proxies do not know it.
            if (reply.text().starts_with("NOPERM") || reply.text().starts_with("ERR unknown")) {
                return {};
            }
            if (!reply.is_error() && !reply.items().empty()) {
                const std::string_view role = reply.items()[0].text();
                return role == "master" ? "" : "it is no master but a " + loggable(role);
            }
            break;
        case Good::no_error:
        case Good::sha1:
            break;
    }
    if (reply.is_error()) {
        return name + ": " + loggable(reply.text());
    }
    if (step.good == Good::sha1 && !same_digits(reply.text(), step.sha1)) {
        return name + ": found another digest than the script's";
    }
    return {};
}

}  // namespace chihaya::redis
