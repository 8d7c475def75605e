#pragma once

/// @file fault.hpp
/// What can be wrong with a request's fate; each is counted by itself.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace chihaya::bench {

enum class Fault : std::uint8_t {
    none,
    connect,      // no connection, or no connection id
    send,         // the request was not taken whole
    lost,         // the connection ended before its answer
    timeout,      // no answer in time
    head,         // not an HTTP head, or an endless one
    status,       // not 200
    length,       // no Content-Length, or it is not the body's
    bencode,      // not one canonical dictionary
    packet,       // not a datagram that answers this
    transaction,  // an answer to nothing that was asked
    failure,      // `failure reason`, or an error packet
    interval,     // `interval` missing or not positive
    peers,        // wrong number or wrong peers
    count         // how many there are
};

inline constexpr std::array<std::string_view, static_cast<std::size_t>(Fault::count)> fault_names{
    "",       "connect", "send",   "lost",        "timeout", "head",     "status",
    "length", "bencode", "packet", "transaction", "failure", "interval", "peers"};

}  // namespace chihaya::bench
