"""The goals that results are held against."""

import statistics

import udp_tables
from redis_tables import least_of_redis
from tables import FLOOR, least, median, tail

OURS = "chihaya"

REDIS_ANNOUNCES = 80_000  # a second, of one core of Redis
NAIVE_ANNOUNCES = 29_000  # what naive scripts reach there


def no_goals(_):
    return ()


def http_goals(http):
    """(what, goal, measured) for the CPU ratios; what was not measured is left out."""
    for mode, other, goal in (("keep-alive", FLOOR, 1.25),
                              ("keep-alive", "Poco::Net::HTTPServer", 0.25),
                              ("close", FLOOR, 1.15), ("close", "opentracker", 0.8)):
        rounds = http["modes"][mode]
        if OURS in rounds and other in rounds:
            yield f"HTTP {mode}, CPU / {other}", goal, least(rounds[OURS]) / least(rounds[other])
    for mode, rounds in http["modes"].items():
        if OURS in rounds:
            yield f"HTTP {mode}, p99.9 / p50", 4, median(rounds[OURS], tail)


def udp_goals(udp):
    rounds = udp["small"]
    if OURS not in rounds:
        return
    for other, goal in ((udp_tables.FLOOR, 1.4), ("opentracker", 0.5), ("aquatic_udp", 1)):
        if other in rounds:
            yield f"UDP, CPU / {other}", goal, least(rounds[OURS]) / least(rounds[other])
    yield "UDP, p99.9 / p50", 4, median(rounds[OURS], tail)
    large = udp["large"]
    near = next((runs for name, runs in large.items() if name.startswith(f"{OURS}, ")), None)
    if near:
        swarms, peers = udp["large_size"]
        yield f"UDP, {swarms} x {peers}, CPU / own of few swarms", 1.3, \
            least(large[OURS]) / least(near)


def memory_goals(rows):
    """The goals are for these sizes: in smaller ones, what a tracker reserves once dominates."""
    named = {(10_000, 300): ("bytes a peer at 300 a swarm", 15, 300),
             (1_000_000, 1): ("bytes for a swarm of one", 80, 1),
             (1_000_000, 3): ("bytes for a swarm of three", 110, 1)}
    for r in rows:
        if r["name"] == OURS and (r["swarms"], r["peers"]) in named:
            what, goal, share = named[r["swarms"], r["peers"]]
            yield what, goal, (r["after"] - r["before"]) / r["swarms"] / share


def scaling_goals(scaling):
    workers = scaling["workers"]
    if workers:
        one, two = map(least, workers.values())
        yield "CPU of two workers / of one (1.8 times the answers)", 1.11, two / one


def latency_goals(latency):
    for mode, result in latency.items():
        during = [tail(s) for s in (result or {}).get("slices", []) if s["expiring"]]
        if during:
            yield f"{mode}, p99.9 / p50 while peers expire", 4, statistics.median(during)


def flood_goals(flood):
    for kind, sink, under, share in udp_tables.flood_rows(flood):
        rise = median(under, lambda r: r["p99_us"]) / median(sink, lambda r: r["p99_us"])
        yield f"p99 under a flood of {kind} / p99 with that share of CPU gone", 1, \
            rise * (1 - min(share, 0.99))
    yield "MiB that a flood leaves behind", 0.5, (flood["after"] - flood["before"]) / 2**20


def fairness_goals(rows):
    for r in rows:
        s = r["selection"]
        if r["name"] == OURS:
            yield f"chi-square / degrees, asked by {r['askers']}", 1.2, \
                s["chi_square"] / s["degrees"]
            yield f"overlap of replies / expected, asked by {r['askers']}", 1.5, \
                s["overlap"] / s["overlap_expected"]


def allocation_goals(allocations):
    for mode, result in allocations.items():
        yield f"allocations an announce, {mode}", 0, abs(round(result["per_announce"], 3))


def p50(runs):
    return median(runs, lambda run: run["p50_us"])


def redis_goals(redis):
    figures = redis["driver"]["public, IPv4"]
    spent = least_of_redis(figures["announce"])
    yield f"CPU of Redis an announce, µs ({REDIS_ANNOUNCES} a second)", 1e6 / REDIS_ANNOUNCES, spent
    yield "CPU of Redis an announce / of the naive script", NAIVE_ANNOUNCES / REDIS_ANNOUNCES, \
        spent / least_of_redis(figures["naive"])
    yield "p50 of an announce alone, by the driver / of a PING", 2, \
        p50(figures["announce_alone"]) / p50(figures["ping_alone"])
    alone = redis["tracker"]["UDP, 1 in flight"]
    yield "p50 of a UDP announce alone, on Redis less in memory / of a PING", 2, \
        (p50(alone["chihaya on redis-server"]) - p50(alone["chihaya in memory"])) \
        / p50(alone["PING"])
    for r in redis["memory"]:
        yield f"bytes a peer in Redis, {r['name']}, {r['swarms'] * r['peers']} peers", 60, \
            r["bytes_a_peer"]
