"""Results over UDP as Markdown tables."""

from running import cpu
from tables import cpu_table, head, latencies, least, median, row

FLOOR = "recvmmsg floor"


def udp_tables(udp):
    for key, note in (("small", ", 30 peers back"), ("large", "")):
        swarms, peers = udp[f"{key}_size"]
        yield f"\n### UDP announce, {swarms} swarms x {peers} peers{note}\n"
        yield from cpu_table(udp[key], FLOOR)


def size_table(rows):
    yield from head("swarms", "peers of each", "CPU µs, least", "median", "x floor, least",
                    "p50 µs", "p99", "p99.9", "bytes a peer", "idle, % of a core", "filled in s",
                    "longest answer then, ms", "failed")
    for r in rows:
        runs = r["runs"]
        yield row(r["swarms"], r["peers"], f"{least(runs):.2f}", f"{median(runs, cpu):.2f}",
                  f"{least(runs) / least(r['floor']):.2f}", *latencies(runs),
                  f"{r['grown'] / r['swarms'] / r['peers']:.1f}",
                  f"{r['idle_share'] * 100:.1f}", f"{r['fill']['seconds']:.0f}",
                  f"{r['fill']['max_us'] / 1000:.0f}",
                  r["fill"]["failed"] + sum(run["failed"] for run in runs))


def scaling_tables(scaling):
    for key, title in (("swarms", "Growth with swarms"), ("peers", "Growth with peers of a swarm")):
        if scaling[key]:
            yield f"\n### {title}\n"
            yield from size_table(scaling[key])
    if scaling["workers"]:
        yield "\n### Growth with workers\n"
        yield from cpu_table(scaling["workers"], "1 worker")


def expiry_table(expiry):
    peers = expiry["swarms"] * expiry["peers"]
    yield f"\n### Forgetting {expiry['swarms']} x {expiry['peers']} peers while nobody asks\n"
    yield from head("CPU s", "CPU µs a peer", "% of a core", "over s", "peers left in the sample",
                    "bytes a peer when full", "MiB after", "filled in s", "failed")
    yield row(f"{expiry['cpu_seconds']:.1f}", f"{expiry['cpu_seconds'] / peers * 1e6:.3f}",
              f"{expiry['cpu_seconds'] / expiry['seconds'] * 100:.1f}",
              f"{expiry['seconds']:.0f}", expiry["left"], f"{expiry['full'] / peers:.1f}",
              f"{expiry['after'] / 2**20:.1f}", f"{expiry['fill']['seconds']:.0f}",
              expiry["fill"]["failed"])
    if not expiry["whole"]:
        yield "\nSome had gone before the last came: the figures are of the rest."


def flood_share(run, quiet):
    """The share of a core that the server spent on what was not the honest load."""
    spent = run["server_cpu_seconds"] - run["verified"] * quiet / 1e6
    return max(0.0, spent / run["seconds"])


def flood_rows(flood):
    """(kind, runs beside the flood that goes nowhere, runs under it, the server's share for it)"""
    quiet = least([run for run in flood["runs"] if run["where"] == "quiet"])
    for kind in dict.fromkeys(run["kind"] for run in flood["runs"] if run["where"] == "flood"):
        sink, under = ([run for run in flood["runs"]
                        if run["kind"] == kind and run["where"] == where]
                       for where in ("sink", "flood"))
        yield kind, sink, under, median(under, lambda run: flood_share(run, quiet))


def flood_tables(flood):
    yield f"\n### {flood['window']} honest requests in flight beside a flood of {flood['rate']} " \
          "datagrams a second\n"
    yield from head("flood", "sent to", "datagrams", "p50 µs", "p99", "p99.9", "lost",
                    "answers/s", "server's share", "failed")
    quiet = [run for run in flood["runs"] if run["where"] == "quiet"]
    rows = [("none", "", quiet, 0)]
    for kind, sink, under, share in flood_rows(flood):
        rows += [(kind, "nobody", sink, 0), (kind, "the tracker", under, share)]
    for kind, where, runs, share in rows:
        yield row(kind, where, sum(run["sent"] for run in runs), *latencies(runs),
                  sum(run["lost"] for run in runs),
                  f"{median(runs, lambda r: r['verified'] / r['seconds']):.0f}",
                  f"{share * 100:.0f} %", sum(run["failed"] for run in runs))
    before, first, after = (f"{flood[key] / 2**20:.2f}"
                            for key in ("before", "after_first", "after"))
    yield f"\nMemory: {before} MiB before, {first} after the first round, {after} after the last."


def fairness_tables(rows):
    yield f"\n### Choice of peers in a swarm of {rows[0]['peers']}\n"
    yield from head("server", "asked by", "replies", "peers in each", "chi-square", "degrees", "z",
                    "never given", "peers in two consecutive replies", "expected", "most", "failed")
    for r in rows:
        s = r["selection"]
        yield row(r["name"], r["askers"], s["replies"], f"{s['mean_reply']:.1f}",
                  f"{s['chi_square']:.0f}", f"{s['degrees']:.0f}", f"{s['z']:.1f}",
                  s["never_given"], f"{s['overlap']:.3f}", f"{s['overlap_expected']:.3f}",
                  s["overlap_max"], r["failed"])
