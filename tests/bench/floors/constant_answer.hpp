#pragma once

/// @file constant_answer.hpp
/// What the floors answer, and how they are called: NAME PORT [close].

#include <charconv>
#include <cstdint>
#include <iostream>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace chihaya::bench {

/// An announce reply with 30 peers, as a tracker sends it.
inline std::string constant_body() {
    std::string body =
        "d8:completei0e10:downloadedi0e10:incompletei50e8:intervali1800e12:min intervali900e"
        "5:peers180:";
    for (char port = 0; port < 30; ++port)
        body += std::string{'\x7f', '\0', '\0', '\x01', '\x1a', port};
    return body + "e";
}

inline std::string constant_head(bool close) {
    return "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: " +
           std::to_string(constant_body().size()) +
           (close ? "\r\nConnection: close\r\n\r\n" : "\r\n\r\n");
}

struct FloorArguments {
    std::uint16_t port = 0;
    bool close = false;  // the connection, after one answer
};

/// Absent after an error, which has been printed.
inline std::optional<FloorArguments> floor_arguments(std::span<char* const> arguments) {
    FloorArguments result;
    if (arguments.size() >= 2) {
        const std::string_view port = arguments[1];
        std::from_chars(port.data(), port.data() + port.size(), result.port);
    }
    result.close = arguments.size() == 3 && std::string_view(arguments[2]) == "close";
    if (result.port == 0 || arguments.size() > 3 || (arguments.size() == 3 && !result.close)) {
        std::cerr << "usage: " << arguments[0] << " PORT [close]\n";
        return std::nullopt;
    }
    return result;
}

}  // namespace chihaya::bench
