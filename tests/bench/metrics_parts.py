"""The part that looks at what it costs to be watched."""

import os
import threading
import time
import urllib.request

from goals import least
from running import check_fill, cpu, present, say
from servers import Chihaya
from tables import head, row
from udp_servers import UdpChihaya

PAGES = ("/metrics", "/stats")
RATES = (0, 1, 10)  # readings of both pages a second
CALLS = 200         # to measure one
TICK = os.sysconf("SC_CLK_TCK")


class Watcher:
    """Reads the pages so often while the `with` block runs."""

    def __init__(self, server, rate):
        self.server = server
        self.rate = rate
        self.done = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.readings = 0

    def run(self):
        while not self.done.wait(1 / self.rate):
            for page in PAGES:
                read(self.server, page)
            self.readings += 1

    def __enter__(self):
        if self.rate:
            self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        if self.rate:
            self.thread.join()


def read(server, page):
    address = server.config_written["management"]["addr"]
    with urllib.request.urlopen(f"http://{address}{page}", timeout=10) as reply:
        return reply.read()


def cpu_seconds(server):
    fields = open(f"/proc/{server.process.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def metrics(options):
    """CPU of the server for each announce, watched and not, in turn; and for one reading."""
    swarms = 1_000 if options.quick else 10_000
    result = {"modes": {}, "pages": [], "swarms": swarms}
    for kind in (Chihaya, UdpChihaya):
        server = present(kind, options.tools)
        if server is None:
            continue
        with server:
            check_fill(server, server.fill(swarms, 50))
            result["modes"][server.mode] = watched(server, swarms, options)
            if kind is UdpChihaya:
                result["pages"] += pages_of(server, swarms)
    many = 50_000 if options.quick else 1_000_000
    server = present(UdpChihaya, options.tools)
    if server is not None:
        with server:
            check_fill(server, server.fill(many, 1))
            result["pages"] += pages_of(server, many)
    return result


def watched(server, swarms, options):
    runs = {rate: [] for rate in RATES}
    size = ("--swarms", swarms, "--peers", 50)
    for number in range(options.rounds):
        for rate in RATES:
            with Watcher(server, rate) as watcher:
                run = server.load(*size, "--seed", number, "--seconds", options.seconds)["measure"]
            runs[rate].append(run | {"readings": watcher.readings})
            say(f"{server.mode:10} round {number + 1} {rate:3} readings a second "
                f"{cpu(run):7.3f} us {run['failed']} failed")
    return runs


def pages_of(server, swarms):
    for page in PAGES:
        body = read(server, page)
        before, start = cpu_seconds(server), time.monotonic()
        for _ in range(CALLS):
            read(server, page)
        spent = (cpu_seconds(server) - before) / CALLS
        passed = (time.monotonic() - start) / CALLS
        say(f"{page}, {swarms} swarms: {spent * 1e3:.2f} ms of CPU, {passed * 1e3:.2f} ms, "
            f"{len(body)} bytes")
        yield {"page": page, "swarms": swarms, "cpu": spent, "passed": passed,
               "bytes": len(body)}


def metrics_tables(metrics):
    lines = [f"\n### Watched, {metrics['swarms']} swarms x 50 peers\n",
             *head("", "pages read a second", "CPU µs for an answer, least", "ratio", "failed")]
    for mode, runs in metrics["modes"].items():
        for rate, some in runs.items():
            lines.append(row(mode, rate, f"{least(some):.3f}", f"{least(some) / least(runs[0]):.3f}",
                             sum(r["failed"] for r in some)))
    lines += ["", *head("page", "swarms", "ms of CPU", "ms until it is read", "bytes")]
    lines += [row(p["page"], p["swarms"], f"{p['cpu'] * 1e3:.2f}", f"{p['passed'] * 1e3:.2f}",
                  p["bytes"]) for p in metrics["pages"]]
    return lines


def metrics_goals(metrics):
    for mode, runs in metrics["modes"].items():
        yield f"{mode}, CPU watched once a second / not watched", 1.02, \
            least(runs[1]) / least(runs[0])
