"""Results as Markdown tables, and the goals they are held against."""

import statistics

FLOOR = "epoll floor"
OURS = "chihaya"


def cpu(run):
    """Microseconds of the server's CPU for each verified answer."""
    return run["server_cpu_seconds"] / max(run["verified"], 1) * 1e6


def least(runs):
    return min(map(cpu, runs))


def median(runs, key):
    return statistics.median(map(key, runs))


def row(*cells):
    return "| " + " | ".join(map(str, cells)) + " |"


def head(*cells):
    return [row(*cells), "|" + "---|" * len(cells)]


def http_tables(http):
    for mode, rounds in http["modes"].items():
        yield f"\n### HTTP announce, {mode}, {http['swarms']} swarms x {http['peers']} peers, " \
              "30 peers back\n"
        yield from head("server", "CPU µs, least", "median", "x floor, least", "median",
                        "answers/s", "p50 µs", "p99", "p99.9", "failed")
        floor = rounds[FLOOR]
        for name, runs in rounds.items():
            yield row(name, f"{least(runs):.2f}", f"{median(runs, cpu):.2f}",
                      f"{least(runs) / least(floor):.2f}",
                      f"{median(runs, cpu) / median(floor, cpu):.2f}",
                      f"{median(runs, lambda r: r['verified'] / r['seconds']):.0f}",
                      *(f"{median(runs, lambda r, k=key: r[k]):.0f}"
                        for key in ("p50_us", "p99_us", "p999_us")),
                      sum(run["failed"] for run in runs))


def memory_table(rows):
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


def latency_table(latency):
    yield f"\n### Latency while {latency['swarms']} x {latency['peers']} peers expire\n"
    yield from head("", "slices of 2 s", "p50 µs", "p99.9", "p99.9 / p50, median", "worst",
                    "failed")
    for title, expiring in (("before", False), ("during", True)):
        runs = [s for s in latency["slices"] if s["expiring"] == expiring]
        if runs:
            ratios = list(map(tail, runs))
            yield row(title, len(runs), f"{median(runs, lambda r: r['p50_us']):.0f}",
                      f"{median(runs, lambda r: r['p999_us']):.0f}",
                      f"{statistics.median(ratios):.2f}", f"{max(ratios):.2f}",
                      sum(run["failed"] for run in runs))


def allocation_table(allocations):
    yield "\n### Calls for memory on the steady state\n"
    yield from head("mode", "per announce", "per second when idle", "failed")
    for mode, result in allocations.items():
        yield row(mode, f"{result['per_announce']:.4f}", f"{result['idle_per_second']:.0f}",
                  result["failed"])


def ratio_goals(http):
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


def memory_goals(rows):
    """The goals are for these sizes: in smaller ones, what a tracker reserves once dominates."""
    named = {(10_000, 300): ("bytes a peer at 300 a swarm", 15, 300),
             (1_000_000, 1): ("bytes for a swarm of one", 80, 1),
             (1_000_000, 3): ("bytes for a swarm of three", 110, 1)}
    for r in rows:
        if r["name"] == OURS and (r["swarms"], r["peers"]) in named:
            what, goal, share = named[r["swarms"], r["peers"]]
            yield what, goal, (r["after"] - r["before"]) / r["swarms"] / share


def goals(results):
    if results.get("http"):
        yield from ratio_goals(results["http"])
    if results.get("memory"):
        yield from memory_goals(results["memory"])
    if results.get("latency"):
        during = [tail(s) for s in results["latency"]["slices"] if s["expiring"]]
        if during:
            yield "p99.9 / p50 while peers expire", 4, statistics.median(during)
    for mode, result in (results.get("allocations") or {}).items():
        yield f"allocations an announce, {mode}", 0, abs(round(result["per_announce"], 3))


def failures(results):
    """Answers that were wrong or did not come, over all parts."""
    runs = [run for rounds in (results.get("http") or {}).get("modes", {}).values()
            for each in rounds.values() for run in each]
    runs += [phase for r in results.get("memory") or [] for phase in (r["fill"], r["sample"])]
    runs += (results.get("latency") or {}).get("slices", [])
    runs += (results.get("allocations") or {}).values()
    return sum(run["failed"] for run in runs)


def markdown(results):
    machine = results["machine"]
    lines = [f"{machine['date']}, commit {machine['commit']}, Linux {machine['kernel']}, "
             f"{machine['cpu']}"]
    for part, table in (("http", http_tables), ("memory", memory_table),
                        ("latency", latency_table), ("allocations", allocation_table)):
        if results.get(part):
            lines += table(results[part])
    held = list(goals(results))
    if held:
        lines += ["\n### Goals\n", *head("what", "goal", "measured", "met")]
        lines += [row(what, f"≤ {goal}", f"{value:.2f}", "yes" if value <= goal else "**no**")
                  for what, goal, value in held]
    return "\n".join(lines) + "\n"
