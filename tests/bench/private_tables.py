"""Results of private trackers as Markdown tables."""

from tables import head, median, row

OCELOT = 57  # CPU µs of an announce, keep-alive, database threads included; the least that was seen


def worker(run):
    """Microseconds of the thread that answers, for each verified answer."""
    return run["worker_seconds"] / max(run["verified"], 1) * 1e6


def whole(run):
    """The same of all threads, until everything is in the database."""
    return run["all_seconds"] / max(run["verified"], 1) * 1e6


def private_tables(private):
    swarms, peers, users = private["site"]
    for mode, rounds in private["cpu"].items():
        yield f"\n### Private announce, {mode}, {swarms} torrents x {peers} peers, {users} users\n"
        yield from head("backend", "CPU µs of the worker, least", "median", "of all threads, least",
                        "median", "answers/s", "failed")
        for name, runs in rounds.items():
            yield row(name, f"{min(map(worker, runs)):.2f}", f"{median(runs, worker):.2f}",
                      f"{min(map(whole, runs)):.2f}", f"{median(runs, whole):.2f}",
                      f"{median(runs, lambda r: r['verified'] / r['seconds']):.0f}",
                      sum(run["failed"] for run in runs))
    yield "\n### Announces on their way into the database\n"
    yield from head("announces", "recorded", "waited", "s until they are there", "a second",
                    "CPU µs of MariaDB, each", "failed")
    for r in private["drained"]:
        yield row(r["what"], r["recorded"], r["waited"], f"{r['seconds']:.1f}",
                  f"{r['recorded'] / r['seconds']:.0f}",
                  f"{r['database_cpu_seconds'] / max(r['recorded'], 1) * 1e6:.1f}", r["failed"])
    yield "\n### Memory of private peers, IPv4, their history included\n"
    yield from head("torrents", "peers of each", "bytes a peer")
    for r in private["memory"]:
        yield row(r["swarms"], r["peers"], f"{bytes_a_peer(r):.1f}")
    yield "\n### Start of a site\n"
    yield from head("users", "torrents", "s until the first answer", "MiB", "bytes a user, torrent")
    for r, less in zip(private["start"], [None, *private["start"]]):
        yield row(r["users"], r["torrents"], f"{r['seconds']:.2f}", f"{r['memory'] / 2**20:.1f}",
                  f"{bytes_of_one(r, less):.0f}" if less else "")


def bytes_a_peer(memory):
    return (memory["after"] - memory["before"]) / memory["swarms"] / memory["peers"]


def bytes_of_one(start, less):
    more = start["users"] + start["torrents"] - less["users"] - less["torrents"]
    return (start["memory"] - less["memory"]) / more


def private_goals(private):
    for mode, rounds in private["cpu"].items():
        yield f"private, {mode}: CPU of the worker, gazelle / noop", 1.2, \
            min(map(worker, rounds["gazelle"])) / min(map(worker, rounds["noop"]))
    yield "private, keep-alive: CPU of all threads / Ocelot's 57 µs", 0.3, \
        min(map(whole, private["cpu"]["keep-alive"]["gazelle"])) / OCELOT
    for r in private["drained"]:
        yield f"µs for each announce {r['what']} (20000 a second)", 50, \
            r["seconds"] / max(r["recorded"], 1) * 1e6
    for r in private["memory"]:
        yield f"bytes a private peer, {r['peers']} a torrent", 120, bytes_a_peer(r)
