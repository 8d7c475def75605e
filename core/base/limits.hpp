#pragma once

/// @file limits.hpp
/// Every bound in the program, in one place, each with its reason. What an operator may change is a
/// configuration key (core/config/config.hpp) and has its default there; what is here holds for
/// every tracker, because a larger value would let one client cost the others something.

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace chihaya::limits {

using namespace std::chrono_literals;

// --- HTTP on the announce port ---

/// Longest request line. 100 info-hashes with every byte escaped are 7 100 bytes; a longer line is
/// answered 414, which makes Transmission shrink its scrapes.
inline constexpr std::size_t request_line_max = 8 * 1024;

/// All header lines together, and their number: no client sends a tenth of it.
inline constexpr std::size_t request_headers_max = 16 * 1024;
inline constexpr std::size_t request_header_lines_max = 100;

/// A whole request head: what one connection can make the server remember.
inline constexpr std::size_t request_head_max = request_line_max + request_headers_max;

/// A body on a GET is read and thrown away up to here, so that the connection stays usable.
inline constexpr std::size_t request_body_max = 64 * 1024;

/// Items in one query; the longest real announce has 25, a scrape of 100 has 101.
inline constexpr std::size_t query_items_max = 128;

/// From the first byte of a request to the end of its head. Slow-loris protection.
inline constexpr std::chrono::milliseconds request_head_time = 5s;

/// Between requests of one connection. Clients announce every half hour; they reuse a connection
/// within seconds (aria2: 8 s) or not at all.
inline constexpr std::chrono::milliseconds connection_idle_time = 60s;

/// For the client to take a reply that did not fit into its receive window at once.
inline constexpr std::chrono::milliseconds reply_write_time = 10s;

/// Requests on one connection, so that load spreads again over the workers in time.
inline constexpr std::uint32_t requests_per_connection_max = 10'000;

/// Pipelined requests answered before other connections get their turn.
inline constexpr std::uint32_t pipelined_per_turn_max = 64;

/// Connections accepted in one turn before those already open are served.
inline constexpr std::uint32_t accepts_per_turn_max = 64;

/// Room for one reply: 200 peers in dictionary form are 20 KiB, 100 scraped swarms 11 KiB.
inline constexpr std::size_t reply_max = 32 * 1024;

/// After a refusal (414, 431, 400) the rest of the request is read and dropped up to here, because
/// closing with unread input would reset the connection before the client has seen the answer.
inline constexpr std::size_t linger_bytes_max = 64 * 1024;
inline constexpr std::chrono::milliseconds linger_time = 2s;

// --- announces and scrapes ---

/// Announces or scrapes handed to a session in one call: one pipeline, or one round of prefetching.
inline constexpr std::size_t batch_max = 256;

/// Highest value of `max_num_want`: what the reply rooms are made for.
inline constexpr std::uint32_t num_want_ceiling = 200;

/// Highest value of `max_scrape_infohashes`; see request_line_max.
inline constexpr std::uint32_t scrape_ceiling = 100;

/// Longest passkey, as in `Passkey`.
inline constexpr std::size_t passkey_max = 32;

/// How much of a User-Agent is kept for a site's books.
inline constexpr std::size_t user_agent_max = 64;

/// A full scrape is built in memory: at most so many swarms, the rest are left out.
inline constexpr std::size_t full_scrape_swarms_max = 1'000'000;

// --- management ---

/// Body of a PUT: one torrent, user or client.
inline constexpr std::size_t management_body_max = 64 * 1024;

/// Simultaneous management requests; each has a thread.
inline constexpr int management_threads_max = 4;
inline constexpr int management_queue_max = 64;

/// Peers listed for one torrent in `GET /torrents/…`.
inline constexpr std::size_t listed_peers_max = 10'000;

// --- logging ---

/// Lines a second of one plugin or call site; the rest are counted and summed up in one line.
inline constexpr std::uint32_t plugin_log_lines_per_second = 10;

/// A configuration file larger than this is a mistake.
inline constexpr std::size_t configuration_file_max = 16 * 1024 * 1024;

}  // namespace chihaya::limits
