"""Parts that look at UDP: CPU beside floors and peers, floods, and the choice of peers."""

import json
import subprocess

from running import Candidate, check_fill, cpu, interleave, left_out_if_foreign, present, say
from servers import LOAD_CORE
from udp_servers import UdpAquatic, UdpBatchFloor, UdpChihaya, UdpFloor, UdpOpentracker

FLOOD_KINDS = ("garbage", "connect", "announce")
FLOOD_RATE = 100_000  # a second
FLOOD_ROUNDS = 3
FLOOD_WINDOW = 16     # requests of the honest load in flight


def others(options, swarms):
    """Trackers of other people."""
    if options.ours:
        return []
    return [present(UdpOpentracker, options.tools, swarms=swarms),
            present(UdpAquatic, options.tools)]


def udp(options):
    """CPU per response of every candidate, in turn: many peers, and then very many swarms."""
    small, large = ((1_000, 50), (20_000, 3)) if options.quick else ((10_000, 50), (1_000_000, 3))
    servers = [UdpBatchFloor(options.tools), UdpFloor(options.tools),
               *others(options, small[0]), present(UdpChihaya, options.tools)]
    result = {"small": interleave([Candidate(s, *small) for s in servers if s], options)}
    candidates = [Candidate(s, *large) for s in (*others(options, large[0]),
                                                 present(UdpChihaya, options.tools)) if s]
    near = present(UdpChihaya, options.tools)
    if near:
        near.name = f"chihaya, {small[0]} x {small[1]}"
        candidates.append(Candidate(near, *small))
    result["large"] = interleave([Candidate(UdpBatchFloor(options.tools), *large), *candidates],
                                 options)
    return result | {"small_size": small, "large_size": large}


def start_flood(options, *arguments):
    command = ["taskset", "-c", LOAD_CORE, options.tools / "udp_flood", *arguments]
    return subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE)


def flood_run(server, options, number, arguments):
    """An honest load, and beside it a flood for at least as long; without one if None."""
    seconds = options.flood / FLOOD_RATE
    process = arguments and start_flood(options, *arguments, "--rate", FLOOD_RATE,
                                        "--count", options.flood)
    try:
        run = server.load("--swarms", 1_000, "--peers", 50, "--window", FLOOD_WINDOW,
                          "--seed", number, "--seconds", seconds)["measure"]
        lost = run["faults"].pop("timeout", 0)  # by a socket that was full: no wrong answer
        run |= {"lost": lost, "failed": run["failed"] - lost}
        return run | (json.loads(process.communicate()[0]) if process else {"sent": 0})
    finally:
        if process:
            process.kill()
            process.wait()


def flood(options):
    """Latency of an honest load alone, beside a flood that goes nowhere, and under it.

    The flood that goes nowhere takes the load's core the same time: what is left is the server's.
    """
    server = present(UdpChihaya, options.tools)
    if server is None:
        return None
    result = {"rate": FLOOD_RATE, "window": FLOOD_WINDOW, "runs": []}
    with server:
        check_fill(server, server.fill(1_000, 50))
        flood_run(server, options, 0, None)
        result["before"] = server.memory()
        phases = [("none", "quiet", None)]
        for kind in FLOOD_KINDS:
            phases += [(kind, "sink", ("--kind", kind, "--sink")),
                       (kind, "flood", ("--kind", kind, "--port", server.port))]
        for number in range(min(options.rounds, FLOOD_ROUNDS)):
            for kind, where, arguments in phases:
                run = flood_run(server, options, number, arguments)
                result["runs"].append(run | {"kind": kind, "where": where})
                say(f"flood, {kind} {where}: {run['sent']} sent, p50 {run['p50_us']:.0f} us, "
                    f"p99 {run['p99_us']:.0f} us, {run['lost']} lost, {run['failed']} failed, "
                    f"{cpu(run):.2f} us")
            result.setdefault("after_first", server.memory())
        result["after"] = server.memory()
    return result


def fairness(options):
    """How evenly the peers of one swarm are handed out, and how far replies repeat each other."""
    peers, requests = (1_000, 20_000) if options.quick else (10_000, 100_000)
    rows = []
    for server in filter(None, (*others(options, 1), present(UdpChihaya, options.tools))):
        with server, left_out_if_foreign(server):
            rows += fairness_rows(server, peers, requests)
    return rows


def fairness_rows(server, peers, requests):
    check_fill(server, server.fill(1, peers))
    for askers, options in (("everyone", ()), ("one client", ("--askers", 1))):
        run = server.load("--swarms", 1, "--peers", peers, "--selection", "--requests", requests,
                          *options)["measure"]
        say(f"fairness, {server.name}, {askers}: {run['selection']}")
        yield run | {"name": server.name, "askers": askers, "peers": peers}
