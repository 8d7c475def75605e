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
inline constexpr std::size_t request_line_max = std::size_t{8} * 1024;

/// All header lines together, and their number: no client sends a tenth of it.
inline constexpr std::size_t request_headers_max = std::size_t{16} * 1024;
inline constexpr std::size_t request_header_lines_max = 100;

/// A whole request head: what an idle connection can make the server remember. While one is
/// answered, what it has sent already is remembered too, up to the size of the read room.
inline constexpr std::size_t request_head_max = request_line_max + request_headers_max;

/// A body on a GET is read and thrown away up to here, so that the connection stays usable.
inline constexpr std::size_t request_body_max = std::size_t{64} * 1024;

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

/// Descriptors that are kept from clients, so that they cannot take what the process needs to go
/// on: log, plugins, a driver's files; and for each worker its loop and a driver's connections.
inline constexpr std::uint64_t descriptors_of_process = 64;
inline constexpr std::uint64_t descriptors_of_worker = 16;

/// Room for one reply: 200 peers in dictionary form are 20 KiB, 100 scraped swarms 11 KiB.
inline constexpr std::size_t reply_max = std::size_t{32} * 1024;

/// After a refusal (414, 431, 400) the rest of the request is read and dropped up to here, because
/// closing with unread input would reset the connection before the client has seen the answer.
inline constexpr std::size_t linger_bytes_max = std::size_t{64} * 1024;
inline constexpr std::chrono::milliseconds linger_time = 2s;

// --- calls of the site on the announce port ---

/// Threads that perform them: each call waits for the tracker driver to write a change through, and
/// a site that changes many records calls for one after the other.
inline constexpr std::uint32_t control_threads = 4;

/// Calls that wait for a thread; more are answered 503, and the site repeats them. Each keeps a
/// request line and an exchange, so this is 80 MiB at worst, whoever sends them.
inline constexpr std::size_t control_calls_waiting_max = 1024;

/// Longest Content-Type of an answer: real ones have 40 bytes.
inline constexpr std::size_t control_content_type_max = 128;

// --- UDP on the announce port ---

/// Longest datagram that is looked at. 74 info-hashes are 1 496 bytes, an announce with the longest
/// URL real clients send is half of that.
inline constexpr std::size_t udp_datagram_max = 2048;

/// Longest reply: what every path carries in one piece (IPv6's minimum of 1 280 bytes, less 40 for
/// IP and 8 for UDP). A reply in fragments is lost with each of them, and makes a better amplifier.
inline constexpr std::size_t udp_reply_max = 1232;

/// Peers in one reply, so that it stays below that: 20 + 200 x 6 and 20 + 67 x 18 bytes.
inline constexpr std::uint32_t udp_num_want_ipv4 = 200;
inline constexpr std::uint32_t udp_num_want_ipv6 = 67;

/// Info-hashes of a scrape that are answered. Source: BEP 15, "about 74"
inline constexpr std::uint32_t udp_scrape_max = 74;

/// Datagrams received, or sent, with one system call: a larger batch gains nothing any more, and
/// the first of it waits for the last.
inline constexpr std::size_t udp_batch = 64;

/// Requests of one worker that wait for a tracker driver's answer; more are dropped, since their
/// clients would have given up before they are answered. Each takes 6 KiB.
inline constexpr std::size_t udp_in_flight_max = 8192;

/// `bad connection ID` told by one worker in a second. An honest client sees it after a restart;
/// beyond that it is a flood, and answering it costs more than it helps anybody.
inline constexpr std::uint32_t udp_bad_id_errors_per_second = 1000;

/// `udp.receive_buffer` at most.
inline constexpr std::uint32_t udp_receive_buffer_max = std::uint32_t{256} * 1024 * 1024;

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

/// So much of one is taken within `http.write_timeout`: a client that reads more slowly would keep
/// its copy alive while others are built, one a minute.
inline constexpr std::size_t full_scrape_piece = std::size_t{8} * 1024 * 1024;

/// One is good for so long, however many ask: it costs a walk over every swarm.
inline constexpr std::chrono::seconds full_scrape_age = 60s;

// --- protection ---

/// Buckets that one worker keeps for one kind of limit, addresses and networks together. A bucket
/// matters only until it is full again, which is milliseconds for whoever asks seldom: so many at a
/// time are somebody's whom a limit may concern. 256 KiB, which stay in a core's own cache.
inline constexpr std::size_t limited_addresses = 16'384;

/// Defaults of `limits.announces_per_address` and `limits.connections_per_address`. A thousand
/// clients behind one address with 20 torrents each ask 11 times a second; when the line comes back
/// they all start within some minutes, 20 000 announces, of which the burst takes what comes at
/// once. A seedbox of 5 000 torrents asks 3 times a second, and 5 000 times when it starts: all of
/// them meet one worker, whose burst alone must hold them, with room for what they need again.
inline constexpr std::uint32_t requests_per_address = 200;
inline constexpr std::uint32_t requests_per_address_burst = 8'000;

/// The same for a network (IPv4 /24, IPv6 /48): ten such addresses at their limit. A provider that
/// puts a million households behind a /24 asks less.
inline constexpr std::uint32_t requests_per_prefix = 2'000;
inline constexpr std::uint32_t requests_per_prefix_burst = 80'000;

/// Highest rate and burst: more than a machine can answer is no limit.
inline constexpr std::uint32_t requests_per_address_max = 1'000'000;

/// Networks in `limits.exempt`: each is compared whenever somebody is over a limit.
inline constexpr std::size_t exempt_networks_max = 256;

/// Who is over a limit is told to come back after so long, and up to twice as long. Source:
/// libtorrent takes nothing below 5 minutes.
inline constexpr std::chrono::seconds limited_pause = 300s;

/// Errors that one worker tells in a second to datagrams over a limit; the rest is dropped. An
/// honest client repeats after 15 seconds either way.
inline constexpr std::uint32_t udp_limited_errors_per_second = 1000;

/// A file of an access list: ten million info-hashes with as many characters again of comments.
inline constexpr std::uintmax_t list_file_max = std::uintmax_t{1} << 30U;

/// Entries of one list: more torrents or networks than anybody has listed. 210 MB.
inline constexpr std::size_t list_entries_max = 10'000'000;

/// Lines of such a file that are wrong and named; the rest are counted.
inline constexpr std::size_t list_lines_named = 10;

// --- registry ---

/// Why a torrent was erased is remembered for its peers for so long, and for so many torrents: a
/// client that has not asked within a day has no torrent to ask about any more.
inline constexpr std::chrono::hours erasure_reason_time{24};
inline constexpr std::size_t erasure_reasons_max = 100'000;

/// Names of the records that reading the site again has changed, in one line of the log for each
/// kind: enough to see what they have in common.
inline constexpr std::size_t site_findings_text_max = 4096;

/// A load of the site that failed is tried again after so long, twice as long each time, up to the
/// longest: a site that comes back is noticed soon, one that stays away is not hammered.
inline constexpr std::chrono::milliseconds site_load_pause = 1s;
inline constexpr std::chrono::milliseconds site_load_pause_max = 10s;

/// A load that would erase more than half of more users, or torrents, than these is not believed
/// until the operator says so: a site of this size is mended by hand, a larger one is not.
inline constexpr std::size_t site_erasure_small = 100;

/// The start waits so long for the first load: most sites are read within it, and nobody is told to
/// come back.
inline constexpr std::chrono::milliseconds site_load_wait = 1s;

// --- a change of the tracker driver ---

/// Changes that one worker keeps in mind between two passes: a hundred seconds of forty thousand
/// announces a second, 200 MB. With more than that a worker changes swarms faster than they can be
/// carried.
inline constexpr std::size_t carry_notes_max = 4'000'000;

/// Passes before the last one is tried in any case. Each carries what changed during the one
/// before, which is no more than half of what that one carried: after so many, four million changes
/// are few.
inline constexpr unsigned carry_passes_max = 16;

/// The workers keep to half the speed of the carrying, in pauses no longer than this: a client
/// hardly notices.
inline constexpr std::chrono::milliseconds carry_pause_max{50};

/// What fewer changes say about the speed of the carrying means nothing.
inline constexpr std::uint64_t carry_enough_to_measure = 1000;

/// A pass that is as short as this may be followed by the last one, though it did not carry much
/// less than the one before.
inline constexpr std::chrono::milliseconds carry_short{20};

/// Swarms read from one driver and handed to the other at once: enough to make a round trip worth
/// while. No further swarm is begun beyond so many peers: a megabyte.
inline constexpr std::size_t carry_swarms_at_once = 256;
inline constexpr std::size_t carry_peers_at_once = 8192;

/// So few changes are carried while the workers are held: a blink, even over a network.
inline constexpr std::size_t carry_few = 200;

/// The workers are held no longer than this, and go on with the driver they had: clients would
/// begin to ask again.
inline constexpr std::chrono::milliseconds carry_hold_max{1000};

// --- metrics ---

/// Announces of a worker that are looked at for what is popular. A sample costs a tenth of a
/// microsecond: less than a ten-thousandth of a core; and in a few minutes it tells a swarm or a
/// program that has a hundredth of all announces to within a few percent.
inline constexpr std::uint32_t popularity_samples_per_second = 256;

/// Most announces that are passed over for each that is looked at: a million a second.
inline constexpr std::uint32_t popularity_gap_max = 4096;

/// What is popular is so in the last minutes: this long to twice as long.
inline constexpr std::chrono::minutes popularity_window{5};

/// Versions of one program that are shown: the most frequent ones.
inline constexpr std::size_t client_versions_shown = 32;

/// Numbers that a driver may report, and the length of their names: what a page of metrics is
/// written from.
inline constexpr std::size_t driver_numbers_max = 256;
inline constexpr std::size_t driver_number_name_max = 64;

/// Swarms that are named as the most popular ones, at most and if nobody says how many.
inline constexpr std::size_t top_swarms_max = 100;
inline constexpr std::size_t top_swarms_default = 20;

// --- management ---

/// Body of a PUT: one torrent, user or client.
inline constexpr std::size_t management_body_max = std::size_t{64} * 1024;

/// Simultaneous management connections of one address; each has a thread, so there are more than
/// an operator needs: a few callers that are slow on purpose keep nobody out.
inline constexpr int management_threads_max = 16;
inline constexpr int management_queue_max = 64;

/// From accepting a management connection to the end of its reply: a connection carries one
/// request, and none takes longer that is not slow on purpose. Of that, waiting for the head:
/// request_head_time.
inline constexpr std::chrono::milliseconds management_connection_time = 15s;

/// What `/history` remembers: a quarter of an hour finely, a day coarsely. Together some 150 KiB.
inline constexpr std::chrono::seconds history_fine_step = 2s;
inline constexpr std::size_t history_fine_points = 450;
inline constexpr std::chrono::seconds history_coarse_step = 60s;
inline constexpr std::size_t history_coarse_points = 1440;

/// Highest multiplier of a user or a torrent: more is a slip of the hand.
inline constexpr double multiplier_max = 1000.0;

/// Body of a bulk PUT: twenty million users or torrents, more than any site has.
inline constexpr std::uint64_t bulk_body_max = std::uint64_t{4} * 1024 * 1024 * 1024;

/// A line of it: a user or torrent is 150 bytes, and has room for fields that nobody here reads.
inline constexpr std::size_t bulk_line_max = std::size_t{16} * 1024;

/// Records that are read from it, or for a reply, and then written: what a bulk call holds in
/// memory, and how long it keeps other writers waiting.
inline constexpr std::size_t bulk_batch = 4096;

/// Lines that are wrong and named in a reply; the rest are counted.
inline constexpr std::size_t bulk_lines_named = 10;

/// Bytes of a bulk call that may take so long to come or go: 4 KB/s, which only a connection that
/// hangs is below. All of it: at 60 Mbit/s as long as the largest body takes, and a connection that
/// creeps on purpose ends.
inline constexpr std::size_t bulk_piece_max = std::size_t{64} * 1024;
inline constexpr std::chrono::milliseconds bulk_piece_time = 15s;
inline constexpr std::chrono::milliseconds bulk_time = 10min;

/// Bulk calls at once: more than a site needs, and threads enough are left for all others.
inline constexpr int bulk_calls_max = 4;

/// Users or torrents in one page of `GET /users` or `GET /torrents`: by default, and at most; a
/// page of the largest size is 1.5 MB.
inline constexpr std::size_t list_page_default = 100;
inline constexpr std::size_t list_page_max = 10'000;

/// Peers listed for one torrent in `GET /torrents/…`.
inline constexpr std::size_t listed_peers_max = 10'000;

// --- plugins ---

/// Name and version on a plugin's card: they stand in the configuration, in logs and in the names
/// of metrics.
inline constexpr std::size_t plugin_name_max = 64;

// --- logging ---

/// Lines a second of one plugin or call site; the rest are counted and summed up in one line.
inline constexpr std::uint32_t plugin_log_lines_per_second = 10;

// --- configuration ---

/// A configuration file larger than this is a mistake.
inline constexpr std::size_t configuration_file_max = std::size_t{16} * 1024 * 1024;

/// Objects and lists inside each other: the configuration has 2 levels, a driver's params have few.
/// Reading and destroying a value recurse so deep.
inline constexpr std::size_t configuration_depth_max = 32;

/// Errors, and warnings, printed about one file; the rest are counted.
inline constexpr std::size_t configuration_messages_max = 100;

/// A secret in a file of its own, such as the management token.
inline constexpr std::size_t secret_file_max = std::size_t{4} * 1024;

/// Longest management token: it travels in a header of every call.
inline constexpr std::size_t token_max = 256;

/// Keys of connection ids that still count after reloads have replaced them. Each costs a forged
/// datagram's sender nothing and us a hash.
inline constexpr std::size_t earlier_keys_max = 3;

/// How long a listener that is given up goes on accepting: the kernel holds a connection back for 5
/// seconds whose client has not said anything yet.
inline constexpr std::chrono::milliseconds listener_drain_time = 6s;

/// Addresses in one list; every worker has a socket for each.
inline constexpr std::size_t listen_addresses_max = 64;

/// Networks in `http.trusted_proxies`: each is compared on every request that names an address.
inline constexpr std::size_t trusted_proxies_max = 256;

/// Entries of `client_whitelist`; site-sized lists come from the site's database.
inline constexpr std::size_t client_whitelist_max = 10'000;

/// Highest value of `workers`: each costs a thread, a loop and a driver session.
inline constexpr std::uint32_t workers_max = 256;

/// Highest value of `http.max_connections`: Linux gives a process at most so many descriptors.
inline constexpr std::uint32_t connections_ceiling = 1'000'000;

/// `announce` at most: a peer that does not come back within a day is gone.
inline constexpr std::chrono::milliseconds announce_max = 24h;

/// `peer_lifetime` at most: a week of peers that left without a word is what memory is planned for.
inline constexpr std::chrono::milliseconds peer_lifetime_max = 168h;

}  // namespace chihaya::limits
