"""Results of the Redis driver as Markdown tables."""

from running import cpu
from tables import head, latencies, least, median, row

LANES = {"announce": "announces", "naive": "one naive script an announce", "ping": "PING",
         "announce_alone": "an announce, alone", "ping_alone": "a PING, alone",
         "fill": "first announces"}


def redis_cpu(run):
    """Microseconds of Redis for each verified answer."""
    return run["redis_cpu_seconds"] / max(run["verified"], 1) * 1e6


def own_cpu(run):
    return run["own_cpu_seconds"] / max(run["verified"], 1) * 1e6


def least_of_redis(runs):
    return min(map(redis_cpu, runs))


def rate(runs):
    return f"{median(runs, lambda r: r['verified'] / r['seconds']):.0f}"


def redis_tables(redis):
    for name, figures in redis["driver"].items():
        yield from driver_table(name, figures)
    swarms, peers = redis["tracker"]["size"]
    for name, rounds in redis["tracker"].items():
        if name != "size":
            yield f"\n### {name}, {swarms} swarms x {peers} peers, in Redis and in memory\n"
            yield from tracker_table(rounds)
    yield "\n### Memory of Redis, IPv4, public\n"
    yield from head("redis", "swarms", "peers of each", "bytes a peer", "filled in s", "failed")
    for r in redis["memory"]:
        yield row(r["name"], r["swarms"], r["peers"], f"{r['bytes_a_peer']:.1f}",
                  f"{r['fill']['seconds']:.0f}", r["fill"]["failed"] + r["sample"]["failed"])


def driver_table(name, figures):
    yield f"\n### Redis driver, {name}: {figures['swarms']} swarms x {figures['peers']} peers, " \
          f"{figures['want']} peers back\n"
    yield from head("", "CPU of Redis µs, least", "median", "a second of one core of Redis",
                    "CPU of the driver µs, least", "answers/s", "bytes there", "bytes back",
                    "p50 µs", "p99", "p99.9", "failed")
    for lane, title in LANES.items():
        runs = figures.get(lane)
        if runs:
            spent = least_of_redis(runs)
            yield row(title, f"{spent:.2f}", f"{median(runs, redis_cpu):.2f}",
                      f"{1e6 / spent:.0f}", f"{min(map(own_cpu, runs)):.2f}", rate(runs),
                      *(f"{median(runs, lambda r, k=key: r[k]):.0f}"
                        for key in ("bytes_in", "bytes_out")),
                      *latencies(runs), sum(run["failed"] for run in runs))
    yield f"\nRedis {figures['redis']}: {figures['bytes_a_peer']:.1f} bytes a peer. " \
          f"{figures['replanned'] * 100:.2f} % of the announces took a second look at the swarm; " \
          f"{figures['missing']:.4f} peers too few an announce. Latencies are of batches."


def tracker_table(rounds):
    yield from head("server", "CPU of the tracker µs, least", "median", "CPU of Redis µs, least",
                    "median", "a second of one core of Redis", "answers/s", "p50 µs", "p99",
                    "p99.9", "failed")
    for name, runs in rounds.items():
        tracker = ["", ""]
        if "server_cpu_seconds" in runs[0]:
            tracker = [f"{least(runs):.2f}", f"{median(runs, cpu):.2f}"]
        spent = ["", "", ""]
        if "redis_cpu_seconds" in runs[0]:
            spent = [f"{least_of_redis(runs):.2f}", f"{median(runs, redis_cpu):.2f}",
                     f"{1e6 / max(least_of_redis(runs), 1e-3):.0f}"]
        yield row(name, *tracker, *spent, rate(runs), *latencies(runs),
                  sum(run["failed"] for run in runs))
