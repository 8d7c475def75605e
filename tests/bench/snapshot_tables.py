"""Results of the snapshot part as Markdown tables, and its goals."""

from tables import head, median, row

PEERS = 10_000_000  # what the goals are for


def tails(result, saving):
    runs = [run for run in result["slices"] if run["saving"] == saving]
    return median(runs, lambda run: run["p999_us"]) if runs else None


def words(value):
    return "" if value is None else f"{value:.0f}"


def snapshot_tables(rows):
    yield "\n### Snapshots, UDP, one worker\n"
    yield from head("swarms", "peers of each", "MiB", "bytes a peer", "s to write",
                    "p99.9 µs without", "during", "s to stop", "s to start", "s of it restoring",
                    "memory after / before", "failed")
    for r in rows:
        failed = r["sample"]["failed"] + sum(run["failed"] for run in r["slices"])
        yield row(r["swarms"], r["peers"], f"{r['bytes'] / 2**20:.0f}",
                  f"{r['bytes'] / r['swarms'] / r['peers']:.1f}", f"{r['write_seconds']:.2f}",
                  words(tails(r, False)), words(tails(r, True)), f"{r['stop_seconds']:.2f}",
                  f"{r['start_seconds']:.2f}", f"{r['report']['restore_seconds']:.2f}",
                  f"{r['after'] / r['before']:.3f}", failed)


def snapshot_goals(rows):
    for r in rows:
        size = f"{r['swarms']} x {r['peers']}"
        if tails(r, True) and tails(r, False):
            yield f"snapshot, {size}, p99.9 during / without", 2, tails(r, True) / tails(r, False)
        if r["swarms"] * r["peers"] * 1.02 >= PEERS:
            yield f"s to start with {size}", 10, r["start_seconds"]
        yield f"memory after a restart / before, {size}", 1.1, r["after"] / r["before"]
