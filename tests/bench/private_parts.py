"""The part that looks at private trackers: what counting for a site costs, and how fast it goes."""

import time
from contextlib import ExitStack

from gazelle_servers import HttpGazelle, HttpNoop, UdpGazelle, UdpNoop
from mariadb import Mariadb
from redis_servers import cpu_seconds
from running import check_fill, present, say
from servers import LOAD_CORE

# What Ocelot was measured with: torrents, peers of each, users
SITE = (10_000, 10, 2_000)
QUICK_SITE = (1_000, 10, 2_000)

MEMORY_PEERS = (10, 100)  # of each torrent of SITE


def private(options):
    database = present(Mariadb, core=LOAD_CORE)
    if database is None:
        return None
    with database:
        site = QUICK_SITE if options.quick else SITE
        result = {"site": site}
        result |= {"cpu": announces(options, database, site),
                   "drained": drained(options, database, site),
                   "memory": memory(options, site)}
        big = 10_000 if options.quick else 1_000_000
        result["start"] = starts(options, database, big)
        return result


class Measured:
    """A server whose threads are looked at one by one."""

    def __init__(self, server, site):
        self.server = server
        self.size = ("--swarms", site[0], "--peers", site[1])
        self.runs = []
        self.worker = server.worker()

    def measure(self, number, seconds):
        threads = self.server.thread_seconds()
        run = self.server.load(*self.size, "--seed", number, "--seconds", seconds)["measure"]
        run["worker_seconds"] = spent(threads, self.server.thread_seconds())[self.worker]
        self.server.drain()
        run["all_seconds"] = sum(spent(threads, self.server.thread_seconds()).values())
        self.runs.append(run)
        announces = max(run["verified"], 1)
        say(f"{self.server.mode:10} round {number + 1} {self.server.name:10} worker "
            f"{run['worker_seconds'] / announces * 1e6:.2f} us, all threads "
            f"{run['all_seconds'] / announces * 1e6:.2f} us, {run['failed']} failed")


def spent(before, after):
    return {task: seconds - before.get(task, 0) for task, seconds in after.items()}


def new_site(options, database, site):
    """One that remembers no peers."""
    torrents, _, users = site
    database.create_site(options.tools, users, torrents)


def announces(options, database, site):
    """CPU for each announce with a site's database behind it and without, in turn."""
    result = {}
    for mode, kinds in (("keep-alive", (HttpNoop, HttpGazelle)), ("udp", (UdpNoop, UdpGazelle))):
        new_site(options, database, site)
        with ExitStack() as running:
            candidates = []
            for kind in kinds:
                needs = (database,) if issubclass(kind, HttpGazelle) else ()
                server = running.enter_context(kind(options.tools, *needs, mode=mode))
                server.prepare(site[0])
                check_fill(server, server.fill(*site[:2]))
                server.drain()
                candidates.append(Measured(server, site))
            for number in range(options.rounds):
                for candidate in candidates:
                    candidate.measure(number, options.seconds)
        result[mode] = {c.server.name: c.runs for c in candidates}
    return result


def drained(options, database, site):
    """How fast what was recorded comes into the database."""
    new_site(options, database, site)
    rows = []
    with HttpGazelle(options.tools, database) as server:
        server.prepare(site[0])
        check_fill(server, server.fill(*site[:2]))
        server.drain()
        for what, is_away, load in (
                ("by the same peers, database there", False, ("--seconds", 10 * options.seconds)),
                ("by the same peers, database away", True, ("--seconds", 3 * options.seconds)),
                ("each by another peer, database away", True, ("--fill",))):
            rows.append(drained_row(server, database, site, (what, is_away, load)))
    return rows


def drained_row(server, database, site, about):
    what, is_away, load = about
    swarms, peers = site[0], site[1] * (3 if "--fill" in load else 1)
    before = server.metric("recorded_deltas")
    start = time.monotonic()
    cpu = cpu_seconds(database.process.pid)
    if is_away:
        database.stop()
    phases = server.load("--swarms", swarms, "--peers", peers, "--pipeline", 1, *load)
    recorded = server.metric("recorded_deltas") - before
    waited = server.metric("spooled_deltas")
    if is_away:
        database.start()
        start = time.monotonic()
        cpu = cpu_seconds(database.process.pid)
    server.drain()
    seconds = time.monotonic() - start
    cpu = cpu_seconds(database.process.pid) - cpu
    failed = sum(phase["failed"] for phase in phases.values() if phase)
    say(f"{recorded} announces {what}: {waited} waited, drained in {seconds:.1f} s, "
        f"{recorded / seconds:.0f} a second, {failed} failed")
    return {"what": what, "recorded": recorded, "waited": waited, "seconds": seconds,
            "database_cpu_seconds": cpu, "failed": failed}


def memory(options, site):
    """Of a private peer, its history included."""
    rows = []
    for peers in MEMORY_PEERS[:1] if options.quick else MEMORY_PEERS:
        with HttpNoop(options.tools) as server:
            server.prepare(site[0])
            check_fill(server, server.fill(64, 1))
            before = server.memory()
            fill = server.fill(site[0], peers)
            check_fill(server, fill)
            rows.append({"swarms": site[0], "peers": peers, "before": before,
                         "after": server.memory(), "failed": fill["failed"]})
            grown = (rows[-1]["after"] - before) / site[0] / peers
            say(f"memory {site[0]} x {peers} private peers: {grown:.1f} bytes a peer")
    return rows


def starts(options, database, size):
    """Until the site has been read and announces are answered."""
    rows = []
    for users, torrents in ((1, 1), (size, 1), (size, size)):
        database.create_site(options.tools, users, torrents)
        server = HttpGazelle(options.tools, database)
        start = time.monotonic()
        with server:
            server.wait_for_site(users - 1)
            seconds = time.monotonic() - start
            rows.append({"users": users, "torrents": torrents, "seconds": seconds,
                         "memory": server.memory()})
        say(f"start with {users} users, {torrents} torrents: {seconds:.2f} s, "
            f"{rows[-1]['memory'] / 2**20:.1f} MiB")
    return rows
