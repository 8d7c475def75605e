"""Parts that look at HTTP, at memory, at latency and at calls for memory."""

import time

from running import Candidate, check_fill, interleave, left_out_if_foreign, present, say
from servers import Aquatic, AsioFloor, Chihaya, EpollFloor, Opentracker, PocoFloor
from udp_servers import UdpAquatic, UdpChihaya, UdpOpentracker

MEMORY_SIZES = ((10_000, 100), (10_000, 300), (1_000_000, 1), (1_000_000, 3))
MEMORY_SIZES_QUICK = ((1_000, 100), (50_000, 1))

IDLE_SECONDS = 3


def http(options):
    """CPU per response of every candidate, in turn, several times over."""
    swarms, peers = (1_000, 50) if options.quick else (10_000, 50)
    result = {}
    for mode in ("keep-alive", "close"):
        servers = [EpollFloor(options.tools, mode)]
        if not options.ours:
            servers += [AsioFloor(options.tools, mode), PocoFloor(options.tools, mode),
                        present(Aquatic, options.tools, mode)]
        if mode in Opentracker.modes and not options.ours:
            servers.append(present(Opentracker, options.tools, swarms=swarms))
        servers.append(present(Chihaya, options.tools, mode))
        result[mode] = interleave([Candidate(s, swarms, peers) for s in servers if s], options)
    return {"swarms": swarms, "peers": peers, "modes": result}


def memory(options):
    """Growth of memory while swarms fill, and then whether a sample of the swarms is all there."""
    rows = []
    for swarms, peers in MEMORY_SIZES_QUICK if options.quick else MEMORY_SIZES:
        servers = [present(UdpChihaya, options.tools)]
        if not options.ours:
            servers += [present(UdpOpentracker, options.tools, swarms=swarms),
                        present(UdpAquatic, options.tools)]
        for server in filter(None, servers):
            with server, left_out_if_foreign(server):
                rows.append(memory_row(server, swarms, peers))
    return rows


def memory_row(server, swarms, peers):
    check_fill(server, server.fill(64, 1))
    before = server.memory()
    fill = server.fill(swarms, peers)
    check_fill(server, fill)
    after = server.memory()
    sample = server.load("--swarms", swarms, "--peers", peers, "--requests", 10_000)["measure"]
    say(f"memory {swarms} x {peers} {server.name}: "
        f"{(after - before) / swarms / peers:.1f} bytes a peer, "
        f"{(after - before) / swarms:.1f} a swarm, {sample['failed']} failed, "
        f"filled in {fill['seconds']:.0f} s")
    return {"name": server.name, "swarms": swarms, "peers": peers, "before": before,
            "after": after, "fill": fill, "sample": sample}


def latency(options):
    """A closed loop on a few swarms that stay, while all the others expire; HTTP and UDP."""
    return {kind.modes[0]: latency_of(kind, options) for kind in (Chihaya, UdpChihaya)}


def latency_of(kind, options):
    swarms, peers, lifetime = (2_000, 100, 15) if options.quick else (10_000, 100, 30)
    stay = 10  # few enough that each of their peers comes again long before it would expire
    server = present(kind, options.tools, announce=f"{lifetime}s", min_announce="1s",
                     peer_lifetime=f"{lifetime}s")
    if server is None:
        return None
    slices = []
    probe = server.sample_hashes(swarms, after=stay)
    with server:
        check_fill(server, server.fill(swarms, peers))
        start = time.monotonic()
        before = whole = server.scraped_peers(probe)
        while before > 0 and len(slices) < 200:
            run = server.load("--swarms", stay, "--peers", peers, "--seconds", 2)["measure"]
            after = server.scraped_peers(probe)
            slices.append(run | {"expiring": after < before, "left": after / whole,
                                 "at": time.monotonic() - start})
            say(f"latency, {server.mode}: {after} of {whole} peers left, p50 {run['p50_us']:.0f} "
                f"us, p99.9 {run['p999_us']:.0f} us, {run['failed']} failed")
            before = after
    return {"swarms": swarms, "peers": peers, "lifetime": lifetime, "slices": slices}


def allocations(options):
    """Calls for memory per announce on the steady state, without what timers call for anyway."""
    servers = [present(Chihaya, options.tools, mode) for mode in Chihaya.modes]
    servers.append(present(UdpChihaya, options.tools))
    return {server.mode: allocations_of(server) for server in servers if server}


def allocations_of(server):
    swarms, peers, requests = 1_000, 50, 100_000
    server.count_allocations()
    with server:
        check_fill(server, server.fill(swarms, peers))
        size = ("--swarms", swarms, "--peers", peers, "--requests")
        server.load(*size, requests)
        idle = server.allocations()
        time.sleep(IDLE_SECONDS)
        idle = (server.allocations() - idle) / IDLE_SECONDS
        runs = []
        for factor in (1, 2):
            before = server.allocations()
            run = server.load(*size, requests * factor)["measure"]
            runs.append({"calls": server.allocations() - before, "seconds": run["seconds"],
                         "failed": run["failed"]})
    calls, seconds = (runs[1][key] - runs[0][key] for key in ("calls", "seconds"))
    result = {"requests": requests, "runs": runs, "idle_per_second": idle,
              "failed": sum(run["failed"] for run in runs),
              "per_announce": (calls - idle * seconds) / requests}
    say(f"allocations, {server.mode}: {result['per_announce']:.5f} per announce, "
        f"{idle:.0f} per second when idle")
    return result
