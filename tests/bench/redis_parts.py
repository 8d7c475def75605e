"""The part that looks at the Redis driver: alone, and within a tracker."""

import json
import subprocess
from contextlib import ExitStack

from redis_servers import (CLUSTER_NODES, HttpMemory, HttpOnRedis, Redis, RedisCluster, UdpMemory,
                           UdpOnRedis)
from running import Candidate, check_fill, present, say
from servers import LOAD_CORE, SERVER_CORE

# What the driver alone is measured with: (swarms, peers, quick swarms, options)
DRIVERS = {
    "public, IPv4": (10_000, 300, 1_000, ()),
    "public, IPv4, 30 peers back": (1_000, 300, 500, ("--numwant", "30")),
    "public, both families": (1_000, 300, 500, ("--mix", "families", "--lanes", "announce,ping")),
    "accounts": (1_000, 300, 500, ("--mix", "accounts", "--lanes", "announce,ping")),
    "public, IPv4, Cluster of 3": (1_000, 300, 500, ("--nodes", CLUSTER_NODES)),
}

MEMORY_SWARMS = (1_000, 10_000)
MEMORY_PEERS = 100

IN_FLIGHT = (64, 1)


def redis(options):
    if present(Redis, options.tools) is None:
        return None
    return {"driver": {name: driver(options, name, *about) for name, about in DRIVERS.items()},
            "tracker": trackers(options), "memory": memory(options)}


def driver_bench(options, *arguments):
    """Runs the bench of the driver, on the load's core; its figures as a dictionary."""
    command = ["taskset", "-c", LOAD_CORE, options.tools / "redis_driver_bench",
               "--seconds", options.seconds, *arguments]
    done = subprocess.run(list(map(str, command)), stdout=subprocess.PIPE, check=False)
    if done.returncode not in (0, 1) or not done.stdout:
        raise RuntimeError(f"redis_driver_bench ended with {done.returncode}")
    return json.loads(done.stdout)


def driver(options, name, swarms, peers, quick_swarms, more):
    say(f"redis driver, {name}:")
    place = () if "--nodes" in more else ("--redis-core", SERVER_CORE)
    return driver_bench(options, "--swarms", quick_swarms if options.quick else swarms,
                        "--peers", peers, "--rounds", options.rounds, *place, *more)


class Ping:
    """Round trips to the same Redis, measured as a candidate is."""

    def __init__(self, options, server, in_flight):
        self.options = options
        self.server = server
        self.lane = "ping_alone" if in_flight == 1 else "ping"
        self.runs = []

    def measure(self, _, seconds):
        urls = [word for url in self.server.urls() for word in ("--url", url)]
        figures = driver_bench(self.options, "--lanes", "ping", "--rounds", 1, "--batches", 1,
                               "--seconds", seconds, *urls)
        self.runs += figures[self.lane]


def trackers(options):
    """A tracker on Redis, on a Cluster and in memory, and PING, in turn, several times over."""
    size = (1_000, 300) if options.quick else (10_000, 300)
    result = {"size": size}
    with ExitStack() as running:
        single, cluster = (running.enter_context(kind(options.tools))
                           for kind in (Redis, RedisCluster))
        for mode, memory_kind, redis_kind, in_flight in (
                ("UDP", UdpMemory, UdpOnRedis, "--window"),
                ("HTTP", HttpMemory, HttpOnRedis, "--connections")):
            servers = [memory_kind(options.tools), redis_kind(options.tools, single),
                       redis_kind(options.tools, cluster)]
            for count, runs in trackers_in_turn(options, servers, size, in_flight).items():
                result[f"{mode}, {count} in flight"] = runs
    return result


def trackers_in_turn(options, servers, size, in_flight):
    single = servers[1].redis
    with ExitStack() as running:
        for server in servers:
            running.enter_context(server)
            check_fill(server, server.fill(*size))
        result = {}
        for count in IN_FLIGHT:
            candidates = {server.name: Candidate(server, *size, in_flight, count)
                          for server in servers}
            candidates |= {"PING": Ping(options, single, count)}
            for number in range(options.rounds):
                for candidate in candidates.values():
                    candidate.measure(number, options.seconds)
            result[count] = {name: candidate.runs for name, candidate in candidates.items()}
    return result


def memory(options):
    """What Redis needs for each peer, and then whether a sample of the swarms is all there."""
    rows = []
    for swarms in MEMORY_SWARMS[:1] if options.quick else MEMORY_SWARMS:
        for kind in (Redis, RedisCluster):
            with kind(options.tools) as server, UdpOnRedis(options.tools, server) as tracker:
                rows.append(memory_row(tracker, server, swarms))
    return rows


def memory_row(tracker, server, swarms):
    before = server.used_memory()
    fill = tracker.fill(swarms, MEMORY_PEERS)
    check_fill(tracker, fill)
    after = server.used_memory()
    sample = tracker.load("--swarms", swarms, "--peers", MEMORY_PEERS,
                          "--requests", 10_000)["measure"]
    each = (after - before) / swarms / MEMORY_PEERS
    say(f"memory {swarms} x {MEMORY_PEERS} {server.name}: {each:.1f} bytes a peer, "
        f"{sample['failed']} failed, filled in {fill['seconds']:.0f} s")
    return {"name": server.name, "swarms": swarms, "peers": MEMORY_PEERS, "bytes_a_peer": each,
            "fill": fill, "sample": sample}
