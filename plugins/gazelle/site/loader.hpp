#pragma once

/// @file loader.hpp
/// Reads a site: who may announce what, and what its peers had when the tracker last ran.

#include "chihaya/registry.hpp"
#include "plugins/gazelle/database/connection.hpp"
#include "plugins/gazelle/database/dialect.hpp"

#include <chrono>
#include <cstdint>
#include <optional>

namespace chihaya::gazelle {

/// Peers that are to be remembered: those that announced since then.
struct PeerWish {
    std::chrono::sys_seconds since{};
};

/// How it ended.
struct Loaded {
    DatabaseError error{};
    Status status{};                 // of the sink, which was asked no more after the first failure
    std::uint64_t users = 0;         // read, and handed over
    std::uint64_t torrents = 0;      // likewise
    std::uint64_t tokens = 0;        // likewise
    std::uint64_t clients = 0;       // likewise
    std::uint64_t peers = 0;         // likewise
    std::uint64_t unsound_rows = 0;  // left out: no info-hash, no passkey, numbers that are none

    [[nodiscard]] bool ok() const noexcept { return error.ok() && status.ok(); }
};

/// Streams everything into `sink`, as it is at one moment, some thousands of rows at a time. Users
/// come last: nobody is let in before what is known of the peers is there, or the first announce of
/// a peer would be taken for its beginning.
/// Errors: std::bad_alloc
[[nodiscard]] Loaded load_site(Connection& connection, const Dialect& dialect, RegistrySink& sink,
                               const std::optional<PeerWish>& peers);

/// Forgets all peers and zeroes their counts, as Ocelot does at every start. The tracker's own rows
/// (archive.hpp) stay.
[[nodiscard]] DatabaseError clear_peers(Connection& connection, const Dialect& dialect);

}  // namespace chihaya::gazelle
