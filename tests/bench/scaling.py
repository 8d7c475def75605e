"""How CPU, memory and latency grow with swarms, with peers of each, and with workers."""

import time
from pathlib import Path

from running import Candidate, check_fill, cpu, interleave, present, say, take_turns
from udp_servers import UdpBatchFloor, UdpChihaya

SWARMS = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)
PEERS_OF_EACH = 3
PEERS = (1, 10, 100, 1_000, 10_000, 100_000)
PEERS_TOTAL = 1_000_000
IDLE_SECONDS = 3
EXPIRY_FILL_RATE = 150_000  # peers a second, at least: the first must not go before the last comes


def process_seconds(pid):
    """CPU seconds of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


def idle_share(server):
    """The share of a core that the server takes when nobody asks: timers, and the look for peers
    that have expired."""
    before = process_seconds(server.process.pid)
    time.sleep(IDLE_SECONDS)
    return (process_seconds(server.process.pid) - before) / IDLE_SECONDS


def size_row(server, floor, size, empty, options):
    """Fills up to this size, then measures in turn with the floor."""
    swarms, peers = size
    fill = server.fill(swarms, peers)
    check_fill(server, fill)
    grown = server.memory() - empty
    candidates = [Candidate(floor, swarms, peers), Candidate(server, swarms, peers)]
    take_turns(candidates, options.rounds, min(options.seconds, 2))
    row = {"swarms": swarms, "peers": peers, "grown": grown, "fill": fill,
           "idle_share": idle_share(server), "floor": candidates[0].runs,
           "runs": candidates[1].runs}
    say(f"scaling {swarms} x {peers}: {min(map(cpu, row['runs'])):.2f} us, "
        f"{grown / swarms / peers:.1f} bytes a peer, idle {row['idle_share']:.1%}, "
        f"filled in {fill['seconds']:.0f} s")
    return row


def empty_memory(server):
    """Memory once sockets and buffers are there, and 64 peers."""
    check_fill(server, server.fill(64, 1))
    return server.memory()


def by_swarms(options):
    """One server that grows."""
    server = present(UdpChihaya, options.tools)
    if server is None:
        return []
    with server, UdpBatchFloor(options.tools) as floor:
        empty = empty_memory(server)
        return [size_row(server, floor, (swarms, PEERS_OF_EACH), empty, options)
                for swarms in SWARMS if swarms * PEERS_OF_EACH <= options.peers_max]


def by_peers(options):
    """The same number of peers in ever fewer swarms."""
    total = min(PEERS_TOTAL, options.peers_max)
    rows = []
    for peers in (p for p in PEERS if p <= total):
        server = present(UdpChihaya, options.tools)
        if server is None:
            break
        with server, UdpBatchFloor(options.tools) as floor:
            rows.append(size_row(server, floor, (total // peers, peers), empty_memory(server),
                                 options))
    return rows


def by_workers(options):
    """One worker on one core beside two workers on two; the load shares the second core."""
    swarms, peers = (1_000, 50) if options.quick else (10_000, 50)
    candidates = []
    for workers in (1, 2):
        server = present(UdpChihaya, options.tools, workers=workers)
        if server is None:
            return {}
        server.name = f"{workers} worker" + "s" * (workers > 1)
        server.cores = ",".join(map(str, range(workers)))
        server.sockets = 32  # the kernel spreads source ports over the workers by chance
        candidates.append(Candidate(server, swarms, peers))
    return interleave(candidates, options)


def expiry(options):
    """What it costs to forget: all peers go, while nobody asks."""
    peers_total = options.peers_max
    swarms, lifetime = peers_total // PEERS_OF_EACH, max(15, peers_total // EXPIRY_FILL_RATE)
    server = present(UdpChihaya, options.tools, announce=f"{lifetime}s", min_announce="1s",
                     peer_lifetime=f"{lifetime}s")
    if server is None:
        return None
    probe = server.sample_hashes(swarms)
    with server:
        empty = empty_memory(server)
        fill = server.fill(swarms, PEERS_OF_EACH)
        check_fill(server, fill)
        whole = server.scraped_peers(probe)
        full, spent, start = server.memory(), process_seconds(server.process.pid), time.monotonic()
        deadline = start + 4 * lifetime + 60
        while (left := server.scraped_peers(probe)) > 0 and time.monotonic() < deadline:
            time.sleep(1)
        result = {"swarms": swarms, "peers": PEERS_OF_EACH, "lifetime": lifetime, "fill": fill,
                  "whole": whole == len(probe) * PEERS_OF_EACH, "left": left,
                  "seconds": time.monotonic() - start,
                  "cpu_seconds": process_seconds(server.process.pid) - spent,
                  "full": full - empty, "after": server.memory() - empty}
    say(f"expiry, {swarms} x {PEERS_OF_EACH}: {result['cpu_seconds']:.1f} s of CPU")
    return result


def scaling(options):
    return {"swarms": by_swarms(options), "peers": by_peers(options),
            "workers": by_workers(options)}
