"""Results as Markdown tables: HTTP, memory, latency, calls for memory, and what all tables use."""

import statistics

from running import cpu

FLOOR = "epoll floor"


def least(runs):
    return min(map(cpu, runs))


def median(runs, key):
    return statistics.median(map(key, runs))


def row(*cells):
    return "| " + " | ".join(map(str, cells)) + " |"


def head(*cells):
    return [row(*cells), "|" + "---|" * len(cells)]


def cpu_table(rounds, floor):
    """Every candidate's CPU for each answer, and its ratio to the floor's."""
    yield from head("server", "CPU µs, least", "median", "x floor, least", "median",
                    "answers/s", "p50 µs", "p99", "p99.9", "failed")
    floor = rounds[floor]
    for name, runs in rounds.items():
        yield row(name, f"{least(runs):.2f}", f"{median(runs, cpu):.2f}",
                  f"{least(runs) / least(floor):.2f}",
                  f"{median(runs, cpu) / median(floor, cpu):.2f}",
                  f"{median(runs, lambda r: r['verified'] / r['seconds']):.0f}",
                  *latencies(runs), sum(run["failed"] for run in runs))


def latencies(runs):
    return [f"{median(runs, lambda r, k=key: r[k]):.0f}" for key in ("p50_us", "p99_us", "p999_us")]


def http_tables(http):
    for mode, rounds in http["modes"].items():
        yield f"\n### HTTP announce, {mode}, {http['swarms']} swarms x {http['peers']} peers, " \
              "30 peers back\n"
        yield from cpu_table(rounds, FLOOR)


def memory_tables(rows):
    yield "\n### Memory, IPv4, public\n"
    yield from head("server", "swarms", "peers of each", "bytes a peer", "bytes a swarm",
                    "filled in s", "failed")
    for r in rows:
        grown = r["after"] - r["before"]
        yield row(r["name"], r["swarms"], r["peers"], f"{grown / r['swarms'] / r['peers']:.1f}",
                  f"{grown / r['swarms']:.1f}", f"{r['fill']['seconds']:.0f}",
                  r["fill"]["failed"] + r["sample"]["failed"])


def tail(run):
    return run["p999_us"] / max(run["p50_us"], 1e-3)


def latency_tables(latency):
    for mode, result in latency.items():
        if result:
            yield from latency_table(mode, result)


def latency_table(mode, result):
    yield f"\n### Latency, {mode}, while {result['swarms']} x {result['peers']} peers expire\n"
    yield from head("", "slices of 2 s", "p50 µs", "p99.9", "p99.9 / p50, median", "worst",
                    "failed")
    for title, expiring in (("before", False), ("during", True)):
        runs = [s for s in result["slices"] if s["expiring"] == expiring]
        if runs:
            ratios = list(map(tail, runs))
            yield row(title, len(runs), f"{median(runs, lambda r: r['p50_us']):.0f}",
                      f"{median(runs, lambda r: r['p999_us']):.0f}",
                      f"{statistics.median(ratios):.2f}", f"{max(ratios):.2f}",
                      sum(run["failed"] for run in runs))


def allocation_tables(allocations):
    yield "\n### Calls for memory on the steady state\n"
    yield from head("mode", "per announce", "per second when idle", "failed")
    for mode, result in allocations.items():
        yield row(mode, f"{result['per_announce']:.4f}", f"{result['idle_per_second']:.0f}",
                  result["failed"])
